// Pick-up of a certificate whose key is made in the person's browser, and never leaves it.
//
// The page makes a key pair, sends a certification request, packs key, certificate and chain into a PKCS#12 file under
// a password that stays here too, and offers the file as a download. Nothing is written into the browser's storage.
//
// The form (the words in it are the server's, so there are none here):
//
//   <form data-pickup-key method="post" action="…"          where the request is posted
//         data-key-algorithm="rsa-2048"                     or rsa-3072, p-256
//         data-common-name="…"                              optional: in the request, and what importers show
//         data-password="generated"                         optional: the page makes the password, no fields for it
//         data-text-…="…">                                  see `texts` below
//     <input type="hidden" name="csrf" value="…">           posted, like each hidden input
//     <div class="field"><label …> <input id="password" name="password" type="password"></div>
//     <div class="field"><label …> <input id="passwordAgain" name="passwordAgain" type="password"></div>
//     <input type="checkbox" name="acceptsTerms" value="yes">   optional: has to be ticked
//     <button class="primary" disabled>…</button>           enabled here: without this script nothing can be posted
//
//     Where these are not there, they are made, before the button:
//     <p data-pickup-alert role="alert" hidden></p>         what went wrong
//     <p data-pickup-status role="status"></p>              what is going on
//     <output data-pickup-password hidden></output>         for data-password="generated": the password, shown once
//     <a data-pickup-download class="button" hidden>…</a>   the file
//   </form>
//   <script type="module" src="/static/pickup-key.js"></script>
//
// Posted: `request` (PEM), the hidden inputs and the ticked boxes, as application/x-www-form-urlencoded. Answers:
//
//   200  {"certificate": PEM, "chain": [PEM, …], "fileName": "….pfx"}
//   4xx  {"error": "a sentence for the person"}
//   422  the same, and this very request will never be accepted: the next attempt is with a new key
//
// After any other failure, and after an answer that was lost, the next attempt posts the same request again. So the
// server has to answer a request that it has certified with the certificate that it has for it.

import { fromPEM } from "./der.js";
import { isAcceptable, makePassword } from "./password.js";
import { areEqual, certificationRequest, isKnownKind, makeKeyPair, publicKeyIn, publicKeyOf } from "./pkcs10.js";
import { pack } from "./pkcs12.js";

/** The form's data-text- attributes (`textMaking` is data-text-making, and so on). */
const texts = {
    making: "textMaking", // the key is being made
    sending: "textSending", // the request is on its way
    packing: "textPacking", // the file is being packed
    done: "textDone", // the file is there; keep the password
    download: "textDownload", // the link to the file, where the form has none of its own
    again: "textAgain", // the button's words after a failure that the same request may overcome
    weak: "textPasswordWeak", // beside the first field: 12 to 117 letters and digits, both of them
    differs: "textPasswordDiffers", // beside the second field
    terms: "textTerms", // beside the box of the terms
    lost: "textLost", // no answer came; asking again is safe
    refused: "textRefused", // the server refused and gave no reason
    wrongCertificate: "textWrongCertificate", // what came is no certificate, or not for this key
    unsupported: "textUnsupported", // this browser cannot do it, or the page is not on https
};

/** A signature in a queue of others takes a while; after this the answer counts as lost. */
const answerDeadline = 60_000;

/** A failure with the words for it, from the form or the server. */
class Failure extends Error {
    constructor(message, { needsNewKey = false } = {}) {
        super(message);
        this.needsNewKey = needsNewKey;
    }
}

class PickUp {
    /** From the first attempt to the file: the pair, its request, and the password that was made for it. */
    #kept = null;
    #form;
    #button;
    #alert;
    #status;
    #shownPassword;
    #link;

    constructor(form) {
        this.#form = form;
        this.#button = form.querySelector("button:not([type=button])");
        this.#alert = this.#part("pickup-alert", "p", { className: "notice error", role: "alert", hidden: true });
        this.#status = this.#part("pickup-status", "p", { role: "status" });
        this.#shownPassword = this.#part("pickup-password", "output", { className: "secret", hidden: true });
        const words = { className: "button primary", textContent: this.#text("download"), hidden: true };
        this.#link = this.#part("pickup-download", "a", words);
        if (!globalThis.crypto?.subtle || !isKnownKind(form.dataset.keyAlgorithm)) {
            this.#complain(this.#text("unsupported"));
            return;
        }
        form.addEventListener("submit", (event) => {
            event.preventDefault();
            if (!this.#button.disabled) this.#attempt();
        });
        // Leaving now would lose a key that a certificate may have been issued for.
        addEventListener("beforeunload", (event) => { if (this.#kept) event.preventDefault(); });
        this.#button.disabled = false;
    }

    async #attempt() {
        this.#complain("");
        const password = this.#password();
        if (!this.#accepts() || password === null) return;
        this.#button.disabled = true;
        this.#form.setAttribute("aria-busy", "true");
        try {
            const file = await this.#fetchAndPack(password);
            this.#offer(file, password);
        } catch (failure) {
            if (!(failure instanceof Failure)) console.error(failure);
            if (failure.needsNewKey) this.#kept = null;
            this.#tell("");
            this.#complain(failure instanceof Failure ? failure.message : this.#text("unsupported"));
            this.#button.textContent = this.#text("again") || this.#button.textContent;
            this.#button.disabled = false;
        } finally {
            this.#form.removeAttribute("aria-busy");
        }
    }

    async #fetchAndPack(password) {
        const { keyAlgorithm, commonName = "" } = this.#form.dataset;
        if (!this.#kept) {
            this.#tell(this.#text("making"));
            const pair = await makeKeyPair(keyAlgorithm);
            this.#kept = { pair, request: await certificationRequest(keyAlgorithm, pair, commonName), password };
        }
        const { pair, request } = this.#kept;
        this.#tell(this.#text("sending"));
        const answer = await this.#ask(request);
        const [certificate, ...chain] = this.#read(answer, await publicKeyOf(pair));
        this.#tell(this.#text("packing"));
        const privateKey = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
        const bytes = await pack({
            privateKey, certificate, chain, password, name: commonName || answer.fileName.replace(/\.[^.]*$/, ""),
        });
        privateKey.fill(0);
        return { bytes, name: answer.fileName };
    }

    /** Posts the request; what the server answered, or a Failure. */
    async #ask(request) {
        const body = new URLSearchParams({ request });
        const unseen = "input[type=hidden][name], input[type=checkbox][name]:checked";
        for (const { name, value } of this.#form.querySelectorAll(unseen)) body.append(name, value);
        let response, answer;
        try {
            response = await fetch(this.#form.getAttribute("action"), {
                method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin",
                cache: "no-store", redirect: "error", signal: AbortSignal.timeout(answerDeadline),
            });
            answer = await response.json();
        } catch (reason) {
            // Refused without JSON, or anything between here and there that broke: the second may be overcome.
            console.error(reason);
            throw new Failure(this.#text(response && response.status < 500 && !response.ok ? "refused" : "lost"));
        }
        if (response.ok) return answer;
        const message = answer?.error || this.#text(response.status < 500 ? "refused" : "lost");
        throw new Failure(message, { needsNewKey: response.status === 422 });
    }

    /** The certificates of an answer, DER, the one for this key first. */
    #read({ certificate, chain }, publicKey) {
        try {
            const certificates = [certificate, ...chain].map((each) => fromPEM("CERTIFICATE", each));
            if (areEqual(publicKeyIn(certificates[0]), publicKey)) return certificates;
        } catch (reason) {
            console.error(reason);
        }
        throw new Failure(this.#text("wrongCertificate"));
    }

    /** Hands the file out, and lets go of everything else. */
    #offer({ bytes, name }, password) {
        this.#kept = null;
        for (const name of ["password", "passwordAgain", "acceptsTerms"]) {
            const field = this.#field(name);
            if (!field) continue;
            if (field.type !== "checkbox") field.value = "";
            // There is nothing more to be typed.
            (field.closest(".field") ?? field).hidden = true;
        }
        const link = this.#link;
        link.href = URL.createObjectURL(new Blob([bytes], { type: "application/x-pkcs12" }));
        link.download = name;
        link.hidden = false;
        // The file is encrypted; it can be fetched again for as long as the page is open.
        addEventListener("pagehide", () => URL.revokeObjectURL(link.href), { once: true });
        if (this.#isGenerated) {
            this.#shownPassword.value = password;
            this.#shownPassword.hidden = false;
        }
        this.#button.hidden = true;
        // The page cannot be had again with the file, so not in another language either.
        document.querySelector("header button[value=same]")?.setAttribute("hidden", "");
        this.#tell(this.#text("done"));
        this.#status.className = "notice ok";
        link.click();
        link.focus();
    }

    get #isGenerated() {
        return this.#form.dataset.password === "generated";
    }

    /** The password to use, or null after a complaint beside the field that is at fault. */
    #password() {
        if (this.#isGenerated) return this.#kept?.password ?? makePassword({ withSymbols: true });
        const [first, second] = [this.#field("password"), this.#field("passwordAgain")];
        const isWeak = !isAcceptable(first.value);
        const differs = first.value !== second.value;
        this.#mark(first, isWeak ? this.#text("weak") : "");
        this.#mark(second, !isWeak && differs ? this.#text("differs") : "");
        if (!isWeak && !differs) return first.value;
        (isWeak ? first : second).focus();
        return null;
    }

    /** Whether the box of the terms is ticked, where the form has one; else a complaint stands beside it. */
    #accepts() {
        const box = this.#field("acceptsTerms");
        if (!box) return true;
        this.#mark(box, box.checked ? "" : this.#text("terms"));
        if (!box.checked) box.focus();
        return box.checked;
    }

    /** Shows a complaint beside a field, or takes it away. */
    #mark(field, complaint) {
        const id = `${field.id || field.name}-error`;
        const others = (field.getAttribute("aria-describedby") ?? "").split(" ").filter((each) => each && each !== id);
        document.getElementById(id)?.remove();
        if (complaint) {
            const error = document.createElement("p");
            error.className = "error";
            error.id = id;
            error.textContent = complaint;
            (field.closest("label.choice") ?? field).after(error);
            others.push(id);
            field.setAttribute("aria-invalid", "true");
        } else {
            field.removeAttribute("aria-invalid");
        }
        if (others.length > 0) field.setAttribute("aria-describedby", others.join(" "));
        else field.removeAttribute("aria-describedby");
    }

    #complain(text) {
        this.#alert.textContent = text;
        this.#alert.hidden = text === "";
    }

    #tell(text) {
        this.#status.textContent = text;
    }

    /** A part of the form by its data- attribute; made before the button's paragraph where the form has none. */
    #part(name, tag, properties) {
        const present = this.#form.querySelector(`[data-${name}]`);
        if (present) return present;
        const part = Object.assign(document.createElement(tag), properties);
        part.setAttribute(`data-${name}`, "");
        (this.#button.closest("p") ?? this.#button).before(part);
        return part;
    }

    #text(key) {
        return this.#form.dataset[texts[key]] ?? "";
    }

    #field(name) {
        return this.#form.elements.namedItem(name);
    }
}

for (const form of document.querySelectorAll("form[data-pickup-key]")) new PickUp(form);
