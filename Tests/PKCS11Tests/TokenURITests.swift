import PKCS11
import Testing

@Suite("PKCS#11 URIs (RFC 7512)")
struct TokenURITests {
    @Test("All parts are read, with their escapes")
    func parts() throws {
        let uri = try TokenURI(
            "pkcs11:token=My%20token;serial=42;manufacturer=Maker;model=One?module-path=/lib/m.so&pin-source=file:/run/pin"
        )
        #expect(uri.label == "My token" && uri.serial == "42" && uri.manufacturer == "Maker" && uri.model == "One")
        #expect(uri.modulePath == "/lib/m.so" && uri.pinSource == "/run/pin")
    }

    @Test("A PIN source is a path or a file URL", arguments: ["/run/pin", "file:/run/pin", "file:///run/pin"])
    func pinSource(source: String) throws {
        #expect(try TokenURI("pkcs11:serial=1?module-path=/m&pin-source=\(source)").pinSource == "/run/pin")
        #expect(try TokenURI("pkcs11:serial=1?module-path=/m").pinSource == nil)
    }

    @Test(
        "What the service does not want is refused",
        arguments: [
            "", "http://example.net", "pkcs11:", "pkcs11:serial=1", "pkcs11:?module-path=/m",
            "pkcs11:serial=1?module-path=m.so", "pkcs11:serial=1?module-path=/m&pin-value=1234",
            "pkcs11:serial=1;slot-id=3?module-path=/m", "pkcs11:serial=1;unheard=of?module-path=/m",
            "pkcs11:serial=1?module-path=/m&pin-source=pin", "pkcs11:serial=1?module-path=/m&pin-source=%7Ccommand",
            "pkcs11:serial=%zz?module-path=/m",
        ]
    )
    func refused(text: String) {
        #expect(throws: PKCS11Error.self) { try TokenURI(text) }
    }

    @Test("The refusal of a PIN in the URI does not show it")
    func quietRefusal() {
        do {
            _ = try TokenURI("pkcs11:serial=1?module-path=/m&pin-value=13579")
            Issue.record("accepted")
        } catch {
            #expect(!error.description.contains("13579"))
            #expect(error.description.contains("pin-source"))
        }
    }
}
