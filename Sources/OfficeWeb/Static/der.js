// DER (X.690), as much of it as a certification request and a PKCS#12 file need: values are Uint8Arrays that hold a
// whole element, and are put together by nesting calls.

/** The bytes of several arrays, one after the other. */
export function concat(...parts) {
    const joined = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
    let offset = 0;
    for (const part of parts) {
        joined.set(part, offset);
        offset += part.length;
    }
    return joined;
}

/** The shortest big-endian form of a number that is not negative. */
function bigEndian(number) {
    const bytes = [];
    for (let rest = number; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
    return Uint8Array.from(bytes.length > 0 ? bytes : [0]);
}

/** An element of any tag. */
export function element(tag, ...contents) {
    const content = concat(...contents);
    if (content.length < 0x80) return concat(Uint8Array.of(tag, content.length), content);
    const length = bigEndian(content.length);
    return concat(Uint8Array.of(tag, 0x80 | length.length), length, content);
}

export const sequence = (...elements) => element(0x30, ...elements);
export const octetString = (bytes) => element(0x04, bytes);
/** A BIT STRING of whole bytes. */
export const bitString = (bytes) => element(0x03, Uint8Array.of(0), bytes);
export const utf8String = (text) => element(0x0c, new TextEncoder().encode(text));
export const bmpString = (text) => element(0x1e, utf16(text));
export const nothing = () => element(0x05);
/** `[number] EXPLICIT`, and `[number] IMPLICIT` over what is constructed. */
export const tagged = (number, ...elements) => element(0xa0 | number, ...elements);
/** `[number] IMPLICIT` over what is primitive. */
export const taggedPrimitive = (number, bytes) => element(0x80 | number, bytes);

/** A SET OF: DER wants its elements in the order of their bytes. */
export function setOf(...elements) {
    const order = (a, b) => {
        const differing = a.findIndex((byte, index) => byte !== b[index]);
        return differing < 0 ? a.length - b.length : a[differing] - (b[differing] ?? -1);
    };
    return element(0x31, ...elements.toSorted(order));
}

/** An INTEGER that is not negative: a number, or big-endian bytes without a sign. */
export function integer(value) {
    const bytes = typeof value === "number" ? bigEndian(value) : value;
    const first = bytes.findIndex((byte) => byte !== 0);
    const shortest = first < 0 ? Uint8Array.of(0) : bytes.subarray(first);
    return element(0x02, shortest[0] < 0x80 ? shortest : concat(Uint8Array.of(0), shortest));
}

/** An OBJECT IDENTIFIER from its dotted form. */
export function objectIdentifier(dotted) {
    const [first, second, ...rest] = dotted.split(".").map(Number);
    const base128 = (arc) => {
        const bytes = [arc % 128];
        for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
            bytes.unshift(0x80 | left % 128);
        }
        return bytes;
    };
    return element(0x06, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}

/** UTF-16, big-endian: what a BMPString holds, and what PKCS#12 makes of a password. */
export function utf16(text) {
    const bytes = new Uint8Array(text.length * 2);
    for (let index = 0; index < text.length; index += 1) {
        bytes.set([text.charCodeAt(index) >> 8, text.charCodeAt(index) & 0xff], index * 2);
    }
    return bytes;
}

/**
 * The elements one after the other in `bytes`: tag, the element's own bytes, and its contents.
 * Throws RangeError for what is cut off or too long to be meant.
 */
export function elements(bytes) {
    const found = [];
    for (let start = 0; start < bytes.length; ) {
        let content = start + 2;
        let length = bytes[start + 1];
        if (length >= 0x80) {
            const count = length & 0x7f;
            if (count < 1 || count > 3) throw new RangeError("the length of a DER element is not readable");
            length = bytes.subarray(content, content + count).reduce((value, byte) => value * 256 + byte, 0);
            content += count;
        }
        const end = content + length;
        if (!(end <= bytes.length)) throw new RangeError("a DER element is cut off");
        found.push({ tag: bytes[start], whole: bytes.subarray(start, end), content: bytes.subarray(content, end) });
        start = end;
    }
    return found;
}

/** PEM with 64 characters a line (RFC 7468). */
export function pem(label, bytes) {
    const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
    return `-----BEGIN ${label}-----\n${base64.match(/.{1,64}/g).join("\n")}\n-----END ${label}-----\n`;
}

/** The bytes of the one PEM block in a text. Throws SyntaxError when there is none of this label. */
export function fromPEM(label, text) {
    const match = text.match(new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]+)-----END ${label}-----`));
    if (!match) throw new SyntaxError(`no PEM block of the label ${label}`);
    return Uint8Array.from(atob(match[1].replace(/\s/g, "")), (character) => character.charCodeAt(0));
}
