import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
package import Logging
import NIOCore
import NIOSSL
import Office
package import OfficeServices
package import ServiceLifecycle

/// The servers of the office: the console, the certificate area behind the administrator certificates, and over plain HTTP
/// what relying parties fetch.
package struct OfficeServer: Sendable {
    package struct Address: Sendable {
        package var host: String
        /// 0: one that is free.
        package var port: Int

        package init(host: String, port: Int) {
            (self.host, self.port) = (host, port)
        }
    }

    /// PEM files.
    package struct Identity: Sendable {
        package var certificates: String
        package var key: String
        /// The authorities whose certificates open the area.
        package var clientAuthorities: [String]

        package init(certificates: String, key: String, clientAuthorities: [String]) {
            (self.certificates, self.key, self.clientAuthorities) = (certificates, key, clientAuthorities)
        }
    }

    package let services: [any Service]

    /// - Parameter isReady: is told the port of each server that listens.
    package init(
        desk: OfficeDesk,
        console: Address,
        area: Address,
        publisher: Address,
        identity: Identity,
        limits: RequestLimits = RequestLimits(),
        log: Logger,
        isReady: @escaping @Sendable (Site.Server, Int) async -> Void
    ) async throws {
        let template = try Self.template()
        let (consoleRoutes, areaRoutes) = Self.routes(desk, template, limits)
        for routes in [consoleRoutes, areaRoutes] { try routes.staticFiles() }
        services = [
            try Self.application(consoleRoutes, .console, console, identity, log, isReady),
            try Self.application(areaRoutes, .area, area, identity, log, isReady),
            Application(
                router: Publisher(desk: desk).router,
                server: .http1(configuration: Self.connections),
                configuration: .init(address: .hostname(publisher.host, port: publisher.port), serverName: "Inkan"),
                onServerRunning: { channel in await isReady(.publisher, channel.localAddress?.port ?? 0) },
                logger: log
            ),
        ]
    }

    private static func template() throws -> Template {
        try Template.page(in: Bundle.module.bundlePath + "/Templates")
    }

    private static func routes(
        _ desk: OfficeDesk,
        _ template: Template,
        _ limits: RequestLimits
    ) -> (console: Routes, area: Routes) {
        let console = Routes(Site(desk: desk, server: .console, template: template, limits: limits))
        let area = Routes(Site(desk: desk, server: .area, template: template, limits: limits))
        console.console()
        area.area()
        return (console, area)
    }

    /// Every address of both servers with who may come to it.
    package static func pages(_ desk: OfficeDesk) throws -> [PageEntry] {
        let (console, area) = routes(desk, try template(), RequestLimits())
        return console.pages + area.pages
    }

    /// What a connection may bring before it is closed.
    private static let connections = HTTP1Channel.Configuration(
        additionalChannelHandlers: [RequestDeadline()],
        idleTimeout: .seconds(60),
        httpDecoderConfiguration: .init(
            maxHeaderFieldSize: 16 * 1024,
            maxHeaderListSize: 32 * 1024,
            maxHeaderFieldCount: 100
        )
    )

    private static func application(
        _ routes: Routes,
        _ server: Site.Server,
        _ address: Address,
        _ identity: Identity,
        _ log: Logger,
        _ isReady: @escaping @Sendable (Site.Server, Int) async -> Void
    ) throws -> some ApplicationProtocol {
        let chain = try NIOSSLCertificate.fromPEMFile(identity.certificates).map {
            NIOSSLCertificateSource.certificate($0)
        }
        let key = try NIOSSLPrivateKey(file: identity.key, format: .pem)
        var tls = TLSConfiguration.makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key))
        tls.minimumTLSVersion = .tlsv12
        if server == .area {
            // Who shows no certificate is shown the gate. So is who shows one that has ended or is not ours: the office
            // knows the certificates that it accepts one by one, and the handshake proves that the client has the key.
            tls.certificateVerification = .optionalVerification
            tls.trustRoots = .certificates(
                try identity.clientAuthorities.flatMap { try NIOSSLCertificate.fromPEMFile($0) }
            )
            tls.sendCANameList = true
        }
        var channel = TLSChannelConfiguration(tlsConfiguration: tls)
        if server == .area {
            channel.customVerificationCallback = { _, result in result.succeed(.certificateVerified) }
        }
        return Application(
            router: routes.router,
            server: try .tls(.http1(configuration: Self.connections), configuration: channel),
            configuration: .init(address: .hostname(address.host, port: address.port), serverName: "Inkan"),
            onServerRunning: { channel in await isReady(server, channel.localAddress?.port ?? 0) },
            logger: log
        )
    }
}
