// Passwords of PKCS#12 files: what is accepted, and how the page makes one.

/** What the issuer's service accepts as well: more is not imported everywhere. */
const shortest = 12;
const longest = 117;
/** About 115 bits. */
const madeLength = 20;

// Without characters that are taken for each other when they are read from paper.
const classes = ["ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnopqrstuvwxyz", "23456789"];
const symbols = "-_.+=@";

/** Whether a password is 12 to 117 letters and digits of ASCII, with at least one of each. */
export function isAcceptable(password) {
    return password.length >= shortest && password.length <= longest
        && /^[A-Za-z0-9]+$/.test(password) && /[A-Za-z]/.test(password) && /[0-9]/.test(password);
}

/** A new password with a character of each class. */
export function makePassword({ withSymbols = false, length = madeLength } = {}) {
    const wanted = withSymbols ? [...classes, symbols] : classes;
    const alphabet = wanted.join("");
    for (;;) {
        const password = Array.from({ length }, () => alphabet[randomBelow(alphabet.length)]).join("");
        // Choosing again as a whole leaves all passwords that are left equally likely.
        if (wanted.every((each) => Array.from(password).some((character) => each.includes(character)))) return password;
    }
}

/** A number below `bound` (at most 256), each equally likely. */
function randomBelow(bound) {
    const byte = new Uint8Array(1);
    do crypto.getRandomValues(byte); while (byte[0] >= 256 - 256 % bound);
    return byte[0] % bound;
}
