import CCurl
import Foundation

/// Somebody at a browser: connections that stay, cookies, a certificate to show. One thread's alone.
final class Visitor {
    struct Answer {
        let status: Int
        let body: String

        /// What the form of this page carries unseen.
        var hidden: [(String, String)] {
            guard let main = body.range(of: "<main") else { return [] }
            let mark = "<input type=\"hidden\" name=\""
            return body[main.upperBound...].components(separatedBy: mark).dropFirst().compactMap { part in
                let name = part.prefix { $0 != "\"" }
                let rest = part.dropFirst(name.count)
                guard rest.hasPrefix("\" value=\"") else { return nil }
                return (String(name), Self.plain(String(rest.dropFirst("\" value=\"".count).prefix { $0 != "\"" })))
            }
        }

        private static func plain(_ text: String) -> String {
            guard text.contains("&") else { return text }
            return text.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&quot;", with: "\"")
                .replacing("&#39;", with: "'").replacing("&amp;", with: "&")
        }
    }

    private final class Received { var bytes: [UInt8] = [] }

    private let handle: UnsafeMutableRawPointer
    private let received = Received()

    /// Once, before the first.
    static let isReady = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK

    /// - Parameters:
    ///   - trust: PEM file of the server's certificate.
    ///   - certificate: PEM file with a key and its certificate, for the certificate area.
    init(trust: String, certificate: String) throws {
        guard Self.isReady, let handle = curl_easy_init() else { throw BenchFailure("libcurl cannot be started") }
        self.handle = handle
        try set(CURLOPT_CAINFO, trust)
        try set(CURLOPT_SSLCERT, certificate)
        try set(CURLOPT_SSLKEY, certificate)
        // An empty name switches cookies on.
        try set(CURLOPT_COOKIEFILE, "")
        try set(CURLOPT_ACCEPT_ENCODING, "")
        try check(inkan_curl_set_number(handle, CURLOPT_NOSIGNAL, 1))
        try check(inkan_curl_set_number(handle, CURLOPT_TIMEOUT_MS, 60_000))
        try check(
            inkan_curl_set_flow(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, place in
                guard let bytes, let place else { return 0 }
                let received = Unmanaged<Received>.fromOpaque(place).takeUnretainedValue()
                received.bytes.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: size * count))
                return size * count
            }
        )
        try check(
            inkan_curl_set_place(handle, CURLOPT_WRITEDATA, Unmanaged.passUnretained(received).toOpaque())
        )
    }

    deinit {
        curl_easy_cleanup(handle)
    }

    func get(_ address: String) throws -> Answer {
        try check(inkan_curl_set_number(handle, CURLOPT_HTTPGET, 1))
        return try visit(address)
    }

    func post(_ address: String, _ values: [(String, String)]) throws -> Answer {
        let form = values.map { "\(Self.encoded($0.0))=\(Self.encoded($0.1))" }.joined(separator: "&")
        try check(inkan_curl_set_number(handle, CURLOPT_POST, 1))
        try set(CURLOPT_COPYPOSTFIELDS, form)
        return try visit(address)
    }

    private func visit(_ address: String) throws -> Answer {
        try set(CURLOPT_URL, address)
        received.bytes.removeAll(keepingCapacity: true)
        try check(curl_easy_perform(handle))
        var status = 0
        try check(inkan_curl_get_number(handle, CURLINFO_RESPONSE_CODE, &status))
        return Answer(status: status, body: String(decoding: received.bytes, as: UTF8.self))
    }

    private func set(_ option: CURLoption, _ value: String) throws {
        try check(inkan_curl_set_text(handle, option, value))
    }

    private func check(_ code: CURLcode) throws {
        guard code == CURLE_OK else { throw BenchFailure(String(cString: curl_easy_strerror(code))) }
    }

    /// As forms and addresses carry it.
    static func encoded(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default: encoded += (byte < 16 ? "%0" : "%") + String(byte, radix: 16)
            }
        }
        return encoded
    }
}
