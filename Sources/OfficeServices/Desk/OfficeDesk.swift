package import Clocks
package import Office
package import OfficeStore

/// The office's use cases, each a method in the file of its subject: what people may do, in one transaction each.
package struct OfficeDesk: Sendable {
    package let store: OfficeStore
    package let settings: OfficeSettings
    package let clock: any WallClock
    let appliance: Appliance
    let vault: Vault
    let passwords: PasswordKeeper
    let inFlight = InFlight()
    let dueWork = Turn()
    let withdrawals = Withdrawals()
    let probes: DomainProbes

    /// - Parameters:
    ///   - appliance: the signer behind its socket.
    ///   - vault: seals what the office must be able to read again.
    package init(
        store: OfficeStore,
        settings: OfficeSettings,
        clock: any WallClock,
        appliance: Appliance,
        vault: Vault,
        passwords: PasswordKeeper,
        probes: DomainProbes = DomainProbes()
    ) {
        (self.store, self.settings, self.clock) = (store, settings, clock)
        (self.appliance, self.vault, self.passwords) = (appliance, vault, passwords)
        self.probes = probes
    }

    package var calendar: BusinessCalendar { settings.calendar }

    package var now: Timestamp { clock.now }

    func entry(
        _ action: HistoryEntry.Action,
        of target: String,
        in tenant: String,
        by actor: Actor,
        at now: Timestamp,
        succeeded: Bool = true,
        detail: String = ""
    ) -> HistoryEntry {
        HistoryEntry(
            id: Draw.token(),
            tenant: tenant,
            target: target,
            time: now,
            actor: actor,
            action: action,
            succeeded: succeeded,
            detail: detail
        )
    }

    /// A new identifier of the family, not used before.
    func newIdentifier<Entity>(
        _ family: IdentifierFamily,
        in records: Repository<Entity>,
        at now: Timestamp
    ) throws -> String {
        let day = calendar.day(of: now)
        for _ in 0..<1000 {
            let id = family.make(day: day, number: Int.random(in: 0..<family.numbers))
            if try !records.exists(id) { return id }
        }
        throw Refusal(
            .unavailable,
            Text("本日の番号をすべて使い切りました。明日お試しください。", "All numbers of this day are used. Try again tomorrow.")
        )
    }
}

/// Who is logged in, and from where the request came.
package struct Caller: Sendable {
    package let user: User
    package let address: String

    package init(user: User, address: String) {
        (self.user, self.address) = (user, address)
    }

    package var actor: Actor { Actor(name: user.id, address: address) }
    package var tenant: String { user.tenant }
}

/// An operator of the CA who is logged in.
package struct OperatorCaller: Sendable {
    package let person: Operator
    package let address: String

    package init(person: Operator, address: String) {
        (self.person, self.address) = (person, address)
    }

    package var actor: Actor { Actor(name: person.id, address: address) }
}
