internal import CPKCS11

/// A token's address (RFC 7512). It says where the module is, which token is meant and where its PIN lies; it never
/// holds the PIN, and it never depends on a slot number.
public struct TokenURI: Hashable, Sendable, CustomStringConvertible {
    /// The absolute path of the PKCS#11 module.
    public let modulePath: String
    public let serial: String?
    public let label: String?
    public let manufacturer: String?
    public let model: String?
    /// A file that holds the PIN. `nil` where the token has a keypad or wants no log-in.
    public let pinSource: String?
    /// The URI as it was given.
    public let description: String

    /// Reads a URI strictly: `module-path` and one of `serial` and `token` are required; `pin-value`, slot numbers and
    /// whatever RFC 7512 does not know are refused.
    public init(_ text: String) throws(PKCS11Error) {
        guard let uri = p11_kit_uri_new() else { throw .uri(reason: "out of memory") }
        defer { p11_kit_uri_free(uri) }
        let result = p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, uri)
        guard result == P11_KIT_URI_OK.rawValue else {
            throw .uri(reason: p11_kit_uri_message(result).map { String(cString: $0) } ?? "it cannot be read")
        }
        guard p11_kit_uri_any_unrecognized(uri) == 0 else { throw .uri(reason: "it has attributes of no known name") }
        guard p11_kit_uri_get_pin_value(uri) == nil else {
            throw .uri(reason: "pin-value would put the PIN into the configuration; use pin-source with a file")
        }
        guard p11_kit_uri_get_slot_id(uri) == CK_SLOT_ID.max else {
            throw .uri(reason: "slot numbers change; name the token by serial")
        }
        guard let path = p11_kit_uri_get_module_path(uri).map({ String(cString: $0) }), path.hasPrefix("/") else {
            throw .uri(reason: "module-path must name the module by an absolute path")
        }
        modulePath = path
        pinSource = try TokenURI.file(p11_kit_uri_get_pin_source(uri).map { String(cString: $0) })
        let token = p11_kit_uri_get_token_info(uri).pointee
        serial = TokenURI.text(token.serialNumber)
        label = TokenURI.text(token.label)
        manufacturer = TokenURI.text(token.manufacturerID)
        model = TokenURI.text(token.model)
        guard serial != nil || label != nil else { throw .uri(reason: "it must name the token by serial or by label") }
        description = text
    }

    /// p11-kit leaves a field that is not in the URI all zero, and pads one that is with blanks.
    private static func text<Field>(_ field: Field) -> String? {
        let text = unpadded(field)
        return text.isEmpty ? nil : text
    }

    private static func file(_ source: String?) throws(PKCS11Error) -> String? {
        guard let source else { return nil }
        if source.hasPrefix("/") { return source }
        for scheme in ["file:///", "file:/"] where source.hasPrefix(scheme) {
            return "/" + source.dropFirst(scheme.count)
        }
        throw .uri(reason: "pin-source must be the absolute path of a file")
    }

    /// Whether a token is the one that is meant. With a serial in the URI, the label is a hint for people.
    public func matches(_ token: TokenInfo) -> Bool {
        if let serial {
            guard token.serial == serial else { return false }
        } else if let label {
            guard token.label == label else { return false }
        }
        return (manufacturer.map { $0 == token.manufacturer } ?? true) && (model.map { $0 == token.model } ?? true)
    }

    /// Which of a module's tokens are meant, by their places in the list. Some modules give all their tokens one serial
    /// (tpm2-pkcs11, opencryptoki), blank ones too: then the label is no hint but decides.
    public func matches(among tokens: [TokenInfo]) -> [Int] {
        let fitting = tokens.indices.filter { matches(tokens[$0]) }
        guard fitting.count > 1, let label else { return fitting }
        return fitting.filter { tokens[$0].label == label && tokens[$0].flags.contains(.tokenInitialized) }
    }

    /// The URI of a token, as `inkan token init` prints it.
    public static func text(modulePath: String, token: TokenInfo, pinSource: String?) -> String {
        var text = "pkcs11:token=\(escaped(token.label));serial=\(escaped(token.serial))"
        text += "?module-path=\(escaped(modulePath))"
        if let pinSource { text += "&pin-source=\(escaped(pinSource))" }
        return text
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for byte in text.utf8 {
            let scalar = Unicode.Scalar(byte)
            let isPlain = byte < 0x80 && (Character(scalar).isLetter || Character(scalar).isNumber)
            if isPlain || "-._~/".unicodeScalars.contains(scalar) {
                escaped.unicodeScalars.append(scalar)
            } else {
                escaped += (byte < 16 ? "%0" : "%") + String(byte, radix: 16)
            }
        }
        return escaped
    }
}
