// A certification request (PKCS#10, RFC 2986) for a key that WebCrypto made, and what a certificate says of its key.
//
// The request names nobody but a common name for people who look into it: the names in the certificate come from the
// order, never from here. It has no attributes.

import {
    bitString, elements, integer, nothing, objectIdentifier, pem, sequence, setOf, tagged, utf8String,
} from "./der.js";

const sha256WithRSA = sequence(objectIdentifier("1.2.840.113549.1.1.11"), nothing());
const ecdsaWithSHA256 = sequence(objectIdentifier("1.2.840.10045.4.3.2"));
const rsa = (bits) => ({
    make: {
        name: "RSASSA-PKCS1-v1_5", modulusLength: bits, publicExponent: Uint8Array.of(1, 0, 1), hash: "SHA-256",
    },
    sign: { name: "RSASSA-PKCS1-v1_5" },
    identifier: sha256WithRSA,
    signature: (bytes) => bytes,
});

/** The kinds of key that can be made, by the names that forms use. */
const kinds = {
    "rsa-2048": rsa(2048),
    "rsa-3072": rsa(3072),
    "p-256": {
        make: { name: "ECDSA", namedCurve: "P-256" },
        sign: { name: "ECDSA", hash: "SHA-256" },
        identifier: ecdsaWithSHA256,
        // WebCrypto gives r and s end to end (IEEE P1363); X.509 wants SEQUENCE { r, s } (RFC 3279, 2.2.3).
        signature: (bytes) => sequence(
            integer(bytes.subarray(0, bytes.length / 2)), integer(bytes.subarray(bytes.length / 2)),
        ),
    },
};

/** X.520's upper bound of a common name. */
const longestCommonName = 64;

/** Whether a key of this kind can be made. */
export const isKnownKind = (kind) => Object.hasOwn(kinds, kind);

/** A new key pair. It can be exported, because it has to go into the PKCS#12 file. */
export const makeKeyPair = (kind) => crypto.subtle.generateKey(kinds[kind].make, true, ["sign", "verify"]);

/** The SubjectPublicKeyInfo of a pair, DER. */
export async function publicKeyOf(pair) {
    return new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
}

/** The request as PEM, signed by the key that it is for. An empty common name makes an empty subject. */
export async function certificationRequest(kind, pair, commonName) {
    const { sign, signature, identifier } = kinds[kind];
    const information = sequence(integer(0), subject(commonName), await publicKeyOf(pair), tagged(0));
    const signed = new Uint8Array(await crypto.subtle.sign(sign, pair.privateKey, information));
    return pem("CERTIFICATE REQUEST", sequence(information, identifier, bitString(signature(signed))));
}

function subject(commonName) {
    const shortened = Array.from(commonName.trim()).slice(0, longestCommonName).join("");
    if (shortened === "") return sequence();
    return sequence(setOf(sequence(objectIdentifier("2.5.4.3"), utf8String(shortened))));
}

/** The SubjectPublicKeyInfo in a certificate (RFC 5280, 4.1), both DER. Throws RangeError when there is none. */
export function publicKeyIn(certificate) {
    const [whole] = elements(certificate);
    const [body] = elements(whole.content);
    const fields = elements(body.content);
    // [0] version, which version 1 leaves out; serialNumber, signature, issuer, validity, subject; then the key.
    const key = fields[fields[0].tag === 0xa0 ? 6 : 5];
    if (key?.tag !== 0x30) throw new RangeError("the certificate has no public key where one has to be");
    return key.whole;
}

/** Whether two arrays hold the same bytes. */
export function areEqual(one, other) {
    return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
