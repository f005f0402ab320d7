import HTTPTypes
package import Hummingbird
import NIOCore
import Office
package import OfficeServices

/// What relying parties fetch over plain HTTP: CRLs, CA certificates, OCSP answers (RFC 5280 4.2.1.13 and 4.2.2.1,
/// RFC 6960 appendix A). Everything is signed by the appliance; there is no key here, and nothing to log in to.
package struct Publisher: Sendable {
    let desk: OfficeDesk

    package init(desk: OfficeDesk) {
        self.desk = desk
    }

    /// An OCSP request is small; the appliance has its own limit on what it holds.
    private static let longestRequest = 16 * 1024

    package var router: Router<OfficeRequestContext> {
        let router = Router(context: OfficeRequestContext.self)
        router.get("/crl/:file") { _, context in
            try await answer(type: "application/pkix-crl", seconds: 300) {
                let (issuer, part) = try Self.list(named: context.parameters.get("file") ?? "")
                return try await desk.crl(of: issuer, partition: part)
            }
        }
        router.get("/ca/:file") { _, context in
            try await answer(type: "application/pkix-cert", seconds: 86_400) {
                try await desk.authority(named: Self.name(context.parameters.get("file") ?? "", ".cer"))
            }
        }
        router.post("/ocsp/:issuer") { request, _ in
            var request = request
            let body = try await request.collectBody(upTo: Self.longestRequest)
            return try await respond(Array(body.readableBytesView))
        }
        router.get("/ocsp/:issuer/**") { request, context in
            // The request is base64, percent-encoded, behind the issuer's name; base64's own slashes make more parts.
            let parts = request.uri.path.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: true)
            guard let text = parts.last.flatMap({ String($0).removingPercentEncoding }),
                let octets = OCSPText.decode(text), octets.count <= Self.longestRequest
            else { return Response(status: .badRequest) }
            return try await respond(octets)
        }
        return router
    }

    private func respond(_ request: [UInt8]) async throws -> Response {
        do {
            return response(try await desk.ocsp(request), type: "application/ocsp-response", seconds: 0)
        } catch is Refusal {
            return response(OCSPText.tryLater, type: "application/ocsp-response", seconds: 0)
        }
    }

    private func answer(
        type: String,
        seconds: Int,
        _ read: () async throws -> [UInt8]
    ) async throws -> Response {
        do {
            return response(try await read(), type: type, seconds: seconds)
        } catch let refusal as Refusal {
            return Response(status: refusal.kind == .notFound ? .notFound : .serviceUnavailable)
        }
    }

    private func response(_ content: [UInt8], type: String, seconds: Int) -> Response {
        Response(
            status: .ok,
            headers: [
                .contentType: type, .cacheControl: seconds == 0 ? "no-store" : "max-age=\(seconds)",
                .xContentTypeOptions: "nosniff",
            ],
            body: .init(byteBuffer: ByteBuffer(bytes: content))
        )
    }

    /// `access-rsa.crl`, or `access-rsa-3.crl` for a part.
    private static func list(named file: String) throws(Refusal) -> (issuer: String, partition: Int?) {
        let name = try name(file, ".crl")
        let parts = name.split(separator: "-")
        if parts.count > 2, let last = parts.last, last.allSatisfy(\.isASCIIDigit), let number = Int(last) {
            return (parts.dropLast().joined(separator: "-"), number)
        }
        return (name, nil)
    }

    private static func name(_ file: String, _ ending: String) throws(Refusal) -> String {
        guard file.hasSuffix(ending), file.count <= 80,
            file.dropLast(ending.count).allSatisfy({ $0.isASCIIAlphanumeric || $0 == "-" })
        else { throw .notFound }
        return String(file.dropLast(ending.count))
    }
}
