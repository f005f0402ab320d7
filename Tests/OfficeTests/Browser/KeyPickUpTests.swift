import Testing

/// Each with a real Chromium, before a page that keeps to the form's contract under the office's security policy, and a
/// site that certifies by OpenSSL and notes whatever it is sent.
@Suite("Keys made in the browser", .serialized)
struct KeyPickUpTests {
    @Test(
        "PKP-02 the key is made in the browser; the file opens in OpenSSL, NSS, GnuTLS and Java, and nothing but the request left the browser",
        arguments: ["rsa-2048", "rsa-3072", "p-256"]
    )
    func whole(kind: String) throws {
        try BrowserWalk.expectDone("pickup.py", ["whole", kind], done: "whole")
    }

    @Test(
        "the password",
        arguments: [
            // is made by the page and shown once, where the profile wants that
            "generated",
            // is made at the press of a button
            "button",
            // is refused beside its field when it is weak or was typed otherwise the second time, and nothing is sent
            "passwords",
        ]
    )
    func password(walk: String) throws {
        try BrowserWalk.expectDone("pickup.py", [walk], done: walk)
    }

    @Test("a refusal is shown in the server's words, or the page's where it has none, and can be overcome")
    func refusals() throws {
        try BrowserWalk.expectDone("pickup.py", ["refusals"], done: "refusals")
    }

    @Test("after an answer that was lost, cut or for another's key, the same request is made again and brings the file")
    func lost() throws {
        try BrowserWalk.expectDone("pickup.py", ["lost"], done: "lost")
    }

    @Test("a request that will never be accepted is followed by one for a new key")
    func rejected() throws {
        try BrowserWalk.expectDone("pickup.py", ["rejected"], done: "rejected")
    }

    @Test("without WebCrypto the page says so, and without scripts nothing can be posted")
    func withoutMeans() throws {
        try BrowserWalk.expectDone("pickup.py", ["unsupported"], done: "unsupported")
        try BrowserWalk.expectDone("pickup.py", ["scriptless"], done: "scriptless")
    }

    @Test("a browser logs in with a client certificate, and without the right one does not")
    func login() throws {
        try BrowserWalk.expectDone("login.py", done: "log-in")
    }
}
