import Crypto
package import Hummingbird
import HummingbirdTLS
import NIOCore
import NIOSSL
import OfficeServices
import TextForms

/// What a request brings beside its bytes: the connection that it came through.
package struct OfficeRequestContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    let channel: any Channel

    package init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    package var maxUploadSize: Int { FormValues.longest }

    /// The address of the other end, without the port.
    var remoteAddress: String {
        channel.remoteAddress?.ipAddress ?? ""
    }

    /// The certificate that the client showed, with proof of its key by the handshake; its chain and dates are not looked
    /// at, for the office knows each certificate that it accepts.
    func shownCertificate() async throws -> ShownCertificate? {
        guard let certificate = try await channel.nioSSL_peerCertificate().get() else { return nil }
        let hash = SHA256.hash(data: try certificate.toDERBytes())
        return ShownCertificate(
            serial: serialText(certificate.serialNumber),
            fingerprint: HexText.encode(Array(hash))
        )
    }
}

/// Lower case, without the octet that keeps the number positive: as the appliance writes serials.
func serialText(_ serial: [UInt8]) -> String {
    HexText.encode(Array(serial.drop { $0 == 0 }))
}
