import Testing

@testable import Policy

@Suite("Passwords of delivered keys (P12-03)")
struct DeliveryPasswordTests {
    private static let profiles = Result { try ProfileSet(path: TestAuthorities.profilesPath) }

    private func rule(_ password: String, profile: String) throws -> PolicyRule? {
        let profiles = try Self.profiles.get()
        do throws(PolicyViolation) {
            try Array(password.utf8).withUnsafeBufferPointer { (bytes) throws(PolicyViolation) in
                try profiles.checkPassword(UnsafeRawBufferPointer(bytes), profile: profile)
            }
            return nil
        } catch {
            #expect(password.utf8.count < 8 || !error.description.contains(password))
            return error.rule
        }
    }

    @Test("12 to 117 letters and digits are taken where the profile lets the caller choose")
    func lengths() throws {
        for count in 12...117 { #expect(try rule(String(repeating: "a", count: count), profile: "access-1y") == nil) }
        for count in Array(0...11) + [118, 256, 4096] {
            #expect(try rule(String(repeating: "a", count: count), profile: "access-1y") == .passwordForm)
        }
    }

    @Test("any other octet is refused, wherever it stands")
    func characters() throws {
        let allowed = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".utf8)
        for octet in UInt8.min...UInt8.max {
            for place in [0, 6, 11] {
                var bytes = [UInt8](repeating: UInt8(ascii: "x"), count: 12)
                bytes[place] = octet
                #expect(bytes.withUnsafeBytes { DeliveryPassword.isWellFormed($0) } == allowed.contains(octet))
            }
        }
    }

    @Test("a profile for mail takes no password of the caller's, and there is none for a profile that is not there")
    func profiles() throws {
        #expect(try rule("Aa1Bb2Cc3Dd4", profile: "smime-personal") == .passwordNotAllowed)
        #expect(try rule("Aa1Bb2Cc3Dd4", profile: "nothing") == .profileUnknown)
    }

    @Test("a profile that delivers keys says who makes their passwords; for mail it is the service")
    func profileFiles() throws {
        let text = try String(contentsOfFile: TestAuthorities.profilesPath, encoding: .utf8)
        for changed in [
            text.replacing("    keyPassword: service\n", with: ""),
            text.replacing("keyPassword: service", with: "keyPassword: caller"),
            text.replacing("keyPassword: caller", with: "keyPassword: anybody"),
        ] {
            #expect(throws: (any Error).self) { try ProfileSet(yaml: Array(changed.utf8)) }
        }
        #expect(throws: Never.self) { try ProfileSet(yaml: Array(text.utf8)) }
    }
}
