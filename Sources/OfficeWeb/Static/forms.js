// Small comforts of forms. Each page works without them.
//
//   <button type="button" data-generate="#password" hidden>                   makes a password into the field, in clear
//           data-repeat="#passwordAgain"                                      optional: and into this one
//           data-generate-symbols                                             optional: with symbols
//   <input type="checkbox" data-select-all="order">                           ticks all boxes of that name in its form
//   <output data-address-preview="{localPart}{domain}"></output>              the form's fields in place of their names
//   <button type="button" data-insert-into="#body" value="{{variable}}" hidden>   puts its value in at the cursor
//   <button type="button" data-print hidden>                                  prints the page
//
// Buttons that do nothing without this script are `hidden` until it has come.

import { makePassword } from "./password.js";

const changed = (field) => field.dispatchEvent(new Event("input", { bubbles: true }));

function generate(button) {
    const password = makePassword({ withSymbols: button.hasAttribute("data-generate-symbols") });
    const { generate: first, repeat: second } = button.dataset;
    for (const field of document.querySelectorAll(second ? `${first}, ${second}` : first)) {
        if (field instanceof HTMLInputElement) {
            field.type = "text";
            field.autocomplete = "off";
        }
        field.value = password;
        changed(field);
    }
}

function insert(button) {
    const field = document.querySelector(button.dataset.insertInto);
    field.focus();
    field.setRangeText(button.value, field.selectionStart, field.selectionEnd, "end");
    changed(field);
}

/** The boxes that a box for all of them stands for. */
function boxesOf(master) {
    const all = (master.form ?? document).querySelectorAll("input[type=checkbox]:not(:disabled)");
    return Array.from(all).filter((box) => box.name === master.dataset.selectAll && box !== master);
}

function showSelection(master) {
    const boxes = boxesOf(master);
    const ticked = boxes.filter((box) => box.checked).length;
    master.checked = boxes.length > 0 && ticked === boxes.length;
    master.indeterminate = ticked > 0 && ticked < boxes.length;
}

function showAddress(output) {
    const fields = output.form?.elements;
    const value = (name) => fields?.namedItem(name)?.value ?? "";
    output.value = output.dataset.addressPreview.replace(/\{(\w+)\}/g, (_, name) => value(name));
}

const masters = document.querySelectorAll("[data-select-all]");
const previews = document.querySelectorAll("output[data-address-preview]");

document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (button?.dataset.generate) generate(button);
    if (button?.dataset.insertInto) insert(button);
    if (button?.hasAttribute("data-print")) print();
});
document.addEventListener("change", (event) => {
    if (!(event.target instanceof HTMLInputElement) || event.target.type !== "checkbox") return;
    if (event.target.dataset.selectAll) {
        for (const box of boxesOf(event.target)) box.checked = event.target.checked;
    }
    masters.forEach(showSelection);
});
document.addEventListener("input", () => previews.forEach(showAddress));

// A page that the browser brings back has its fields filled in by then.
addEventListener("pageshow", () => {
    masters.forEach(showSelection);
    previews.forEach(showAddress);
});
for (const button of document.querySelectorAll("button:is([data-generate], [data-insert-into], [data-print])")) {
    button.hidden = false;
}
