// A PKCS#12 file (RFC 7292) with one private key, its certificate and the chain, packed in the browser.
//
// The bags are encrypted with PBES2: PBKDF2 with HMAC-SHA-256, then AES-256-CBC (RFC 8018). The whole carries a MAC:
// HMAC-SHA-256 under a key of PKCS#12's own derivation (RFC 7292, appendix B). That is what OpenSSL 3 writes too, and
// what current systems import.

import {
    bmpString, concat, integer, nothing, objectIdentifier, octetString, sequence, setOf, tagged, taggedPrimitive, utf16,
} from "./der.js";

/**
 * How often a password is hashed: the same for the bags and for the MAC, since a guesser takes the cheapest of the
 * three. It is what the service takes for the files that it packs itself. More would not help: the MAC has to be hashed
 * a call at a time (WebCrypto has no such derivation), which takes half a second here and longer on a slow telephone,
 * and importers have limits of their own (.NET's loader, for each derivation and for their sum).
 */
const iterations = 100_000;
/** After how many rounds of the MAC the page gets a turn. */
const roundsAtATime = 10_000;
const saltLength = 16;
/** What importers show of a name; the service's own files stop there too. */
const longestName = 64;

const oid = {
    data: "1.2.840.113549.1.7.1",
    encryptedData: "1.2.840.113549.1.7.6",
    shroudedKeyBag: "1.2.840.113549.1.12.10.1.2",
    certBag: "1.2.840.113549.1.12.10.1.3",
    x509Certificate: "1.2.840.113549.1.9.22.1",
    friendlyName: "1.2.840.113549.1.9.20",
    localKeyID: "1.2.840.113549.1.9.21",
    pbes2: "1.2.840.113549.1.5.13",
    pbkdf2: "1.2.840.113549.1.5.12",
    hmacWithSHA256: "1.2.840.113549.2.9",
    aes256CBC: "2.16.840.1.101.3.4.1.42",
    sha256: "2.16.840.1.101.3.4.2.1",
};

const algorithm = (name, ...parameters) => sequence(objectIdentifier(name), ...parameters);
const random = (count) => crypto.getRandomValues(new Uint8Array(count));
const digest = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

/**
 * The file's bytes.
 *
 * - `privateKey`: PKCS#8, DER
 * - `certificate`: DER
 * - `chain`: DER each, the issuer's certificate first
 * - `name`: what importers show
 * - `password`: ASCII, so that every importer makes the same bytes of it
 */
export async function pack({ privateKey, certificate, chain, name, password }) {
    const marks = setOf(
        sequence(objectIdentifier(oid.localKeyID), setOf(octetString(await digest(certificate)))),
        ...friendlyName(name),
    );
    const certificates = sequence(certificateBag(certificate, marks), ...chain.map((each) => certificateBag(each)));
    const keys = sequence(bag(oid.shroudedKeyBag, await encryptedKey(privateKey, password), marks));
    const safes = sequence(await encryptedSafe(certificates, password), contentInfo(oid.data, octetString(keys)));
    return sequence(integer(3), contentInfo(oid.data, octetString(safes)), await seal(safes, password));
}

const contentInfo = (type, content) => sequence(objectIdentifier(type), tagged(0, content));

const bag = (type, value, ...attributes) => sequence(objectIdentifier(type), tagged(0, value), ...attributes);

function certificateBag(certificate, ...attributes) {
    const value = sequence(objectIdentifier(oid.x509Certificate), tagged(0, octetString(certificate)));
    return bag(oid.certBag, value, ...attributes);
}

function friendlyName(name) {
    const shortened = Array.from(name.trim()).slice(0, longestName).join("");
    return shortened === "" ? [] : [sequence(objectIdentifier(oid.friendlyName), setOf(bmpString(shortened)))];
}

/** EncryptedPrivateKeyInfo (RFC 5958, 3). */
async function encryptedKey(privateKey, password) {
    const { identifier, ciphertext } = await encrypt(privateKey, password);
    return sequence(identifier, octetString(ciphertext));
}

/** A ContentInfo with EncryptedData (RFC 5652, 8). */
async function encryptedSafe(safe, password) {
    const { identifier, ciphertext } = await encrypt(safe, password);
    const content = sequence(objectIdentifier(oid.data), identifier, taggedPrimitive(0, ciphertext));
    return contentInfo(oid.encryptedData, sequence(integer(0), content));
}

/** PBES2: the AlgorithmIdentifier and the encrypted bytes. */
async function encrypt(bytes, password) {
    const [salt, iv] = [random(saltLength), random(16)];
    const bytesOfPassword = new TextEncoder().encode(password);
    const secret = await crypto.subtle.importKey("raw", bytesOfPassword, "PBKDF2", false, ["deriveKey"]);
    const key = await crypto.subtle.deriveKey(
        { name: "PBKDF2", hash: "SHA-256", salt, iterations },
        secret, { name: "AES-CBC", length: 256 }, false, ["encrypt"],
    );
    const derivation = sequence(octetString(salt), integer(iterations), algorithm(oid.hmacWithSHA256, nothing()));
    return {
        identifier: algorithm(
            oid.pbes2, sequence(algorithm(oid.pbkdf2, derivation), algorithm(oid.aes256CBC, octetString(iv))),
        ),
        ciphertext: new Uint8Array(await crypto.subtle.encrypt({ name: "AES-CBC", iv }, key, bytes)),
    };
}

/** MacData over the safes. */
async function seal(safes, password) {
    const salt = random(saltLength);
    const bytes = await macKey(password, salt);
    const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    bytes.fill(0);
    const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, safes));
    const digestInfo = sequence(algorithm(oid.sha256, nothing()), octetString(mac));
    return sequence(digestInfo, octetString(salt), integer(iterations));
}

/**
 * RFC 7292, appendix B.2, for purpose 3 (a MAC's key). The key is as long as the hash, so that one block is enough, and
 * step 6 C, which prepares the next, never comes.
 */
async function macKey(password, salt) {
    const blockLength = 64;
    const fill = (bytes) => {
        const filled = new Uint8Array(blockLength * Math.ceil(bytes.length / blockLength));
        return filled.map((_, index) => bytes[index % bytes.length]);
    };
    const purpose = new Uint8Array(blockLength).fill(3);
    // A BMPString with its end marked by two zero bytes (appendix B.1).
    let hash = concat(purpose, fill(salt), fill(utf16(`${password}\0`)));
    for (let round = 0; round < iterations; round += 1) {
        hash = await digest(hash);
        if (round % roundsAtATime === 0) await new Promise((resolve) => { setTimeout(resolve); });
    }
    return hash;
}
