package import Clocks
package import Logging
package import OfficeServices
import OfficeStore
package import OfficeWeb
import Secrets
package import ServiceLifecycle

/// The office put together from its settings: what `inkan-frontd` runs.
package struct Front: Sendable {
    private let settings: FrontSettings
    package let desk: OfficeDesk

    /// Opens the database and reads the key.
    package init(
        _ settings: FrontSettings,
        clock: any WallClock,
        passwords: PasswordKeeper = PasswordKeeper()
    ) throws {
        self.settings = settings
        desk = OfficeDesk(
            store: try OfficeStore(path: settings.database),
            settings: settings.office,
            clock: clock,
            appliance: Appliance(socket: settings.signer),
            vault: Vault(key: try SecretFile.read(settings.vaultKey)),
            passwords: passwords,
            probes: settings.probes
        )
    }

    /// Everything that runs.
    ///
    /// - Parameter isReady: is told the port of each server that listens.
    package func services(
        log: Logger,
        isReady: @escaping @Sendable (Site.Server, Int) async -> Void
    ) async throws -> [any Service] {
        var services = try await OfficeServer(
            desk: desk,
            console: settings.console,
            area: settings.area,
            publisher: settings.publisher,
            identity: settings.identity,
            log: log,
            isReady: isReady
        ).services
        services.append(ScheduleService(desk: desk, log: log))
        if let smtp = settings.smtp {
            services.append(OutboxService(desk: desk, sender: try smtp.sender(), log: log))
        } else {
            log.warning("no mail server is set (smtp:): mails wait in the outbox until there is one")
        }
        return services
    }
}
