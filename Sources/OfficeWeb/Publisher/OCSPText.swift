import Foundation

/// An OCSP request in an address (RFC 6960, A.1), and the answer where none can be had.
enum OCSPText {
    static func decode(_ text: String) -> [UInt8]? {
        Data(base64Encoded: text).map { [UInt8]($0) }
    }

    /// OCSPResponse with the status tryLater (3), unsigned as RFC 6960 2.3 has it.
    static let tryLater: [UInt8] = [0x30, 0x03, 0x0A, 0x01, 0x03]
}
