import Clocks
import Office
import Testing

/// Table 5.17: what the detail of an order offers in each of its states, to whom.
@Suite("Buttons by state")
struct OrderButtonTests {
    private let calendar = BusinessCalendar.japan

    /// A line of the table: when it holds, and its buttons.
    private struct Line {
        var status = Order.Status.issued
        var state = CertificateState.issued
        var days: ClosedRange<Int64> = 0...7
        var keyOptions: [Order.KeyOption] = Order.KeyOption.allCases
        var registrations: [Order.Registration] = Order.Registration.allCases.filter { $0 != .administratorBulk }
        let buttons: Set<OrderAction>
    }

    private static let otherKeys: [Order.KeyOption] = [.csr, .browser, .token]

    private static let table: [Line] = [
        Line(keyOptions: [.pkcs12], buttons: [.revoke, .hold, .cancel, .reissue, .downloadFile]),
        Line(keyOptions: otherKeys, buttons: [.revoke, .hold, .cancel, .reissue]),
        Line(days: 8...30, keyOptions: [.pkcs12], buttons: [.revoke, .hold, .reissue, .downloadFile]),
        Line(days: 8...30, keyOptions: otherKeys, buttons: [.revoke, .hold, .reissue]),
        Line(days: 31...364, buttons: [.revoke, .hold, .reissue]),
        // Administrator bulk: until day 30 its file, then its reissue.
        Line(
            keyOptions: [.pkcs12],
            registrations: [.administratorBulk],
            buttons: [.revoke, .hold, .cancel, .downloadFile]
        ),
        Line(
            days: 8...30,
            keyOptions: [.pkcs12],
            registrations: [.administratorBulk],
            buttons: [.revoke, .hold, .downloadFile]
        ),
        Line(
            days: 31...364,
            keyOptions: [.pkcs12],
            registrations: [.administratorBulk],
            buttons: [.revoke, .hold, .reissueFile]
        ),
        Line(state: .held, registrations: Order.Registration.allCases, buttons: [.revoke, .release, .cancel]),
        Line(state: .held, days: 8...364, registrations: Order.Registration.allCases, buttons: [.revoke, .release]),
        Line(status: .waiting, buttons: [.cancel, .showPassword]),
    ]

    /// Until when a certificate is as it is; then there is the list of mails alone.
    private static let ends: [Line] =
        CertificateState.allCases.filter { $0 != .issued && $0 != .held }.map {
            Line(state: $0, days: 0...364, registrations: Order.Registration.allCases, buttons: [])
        }
        + [.pendingApproval, .cancelled, .autoCancelled, .refused].map { (status: Order.Status) in
            Line(status: status, days: 0...364, registrations: Order.Registration.allCases, buttons: [])
        } + [Line(days: 366...400, registrations: Order.Registration.allCases, buttons: [])]

    @Test("LST-06, PKP-11, CRV-01 In every state, by every way and for every kind of key the buttons equal table 5.17")
    func states() throws {
        let profile = try Samples.usableProfile()
        for line in Self.table + Self.ends {
            for (registration, option) in line.registrations.flatMap({ way in line.keyOptions.map { (way, $0) } }) {
                var order = Samples.order(of: profile, keyOption: option)
                (order.status, order.registration) = (line.status, registration)
                if line.status == .issued {
                    order.certificate = Samples.certificate()
                    order.certificate?.state = line.state
                }
                for day in [line.days.lowerBound, line.days.upperBound] {
                    let now = Timestamp(seconds: Samples.noon.seconds + day * 86_400)
                    let actions = order.actions(at: now, calendar: calendar)
                    #expect(
                        actions == line.buttons,
                        "\(registration) \(option) \(line.status) \(line.state) day \(day)"
                    )
                    for action in OrderAction.allCases where !line.buttons.contains(action) {
                        #expect(throws: Refusal.self) { try order.require(action, at: now, calendar: calendar) }
                    }
                }
            }
        }
    }

    @Test("LST-06, LCK-03 A lock adds its release, for the half hour that it lasts")
    func lock() throws {
        let profile = try Samples.usableProfile()
        var waiting = Samples.order(of: profile)
        for _ in 1..<PickUp.mostFailures { _ = waiting.pickUp.fail(at: Samples.noon) }
        #expect(!waiting.actions(at: Samples.noon, calendar: calendar).contains(.unlock))
        let locks = waiting.pickUp.fail(at: Samples.noon)
        #expect(locks)
        var issued = waiting
        (issued.status, issued.certificate) = (.issued, Samples.certificate())
        for order in [waiting, issued] {
            for (seconds, isLocked) in [(0, true), (29 * 60, true), (30 * 60, false)] as [(Int64, Bool)] {
                let now = Timestamp(seconds: Samples.noon.seconds + seconds)
                #expect(order.actions(at: now, calendar: calendar).contains(.unlock) == isLocked)
            }
        }
    }

    @Test("LST-06 Of an order's buttons everybody has those that their role and grants on its profile allow")
    func roles() throws {
        func staff(_ grants: Set<Grant>, on profile: String = Samples.profileID) -> User {
            var person = user(.staff)
            person.grants = [profile: grants]
            return person
        }
        func user(_ role: Role) -> User {
            User(
                id: "PAR12345_jiro",
                tenant: "PAR12345",
                role: role,
                surname: "佐藤",
                givenName: "次郎",
                mail: "jiro@example.com",
                passwordHash: .none,
                created: Samples.noon
            )
        }
        let application: Set<OrderAction> = [.reissue, .showPassword, .downloadFile, .unlock]
        let revocation: Set<OrderAction> = [.cancel, .revoke, .hold, .release, .unlock]
        let nothing = Set<OrderAction>()
        let people: [(User, Set<OrderAction>)] = [
            (user(.administrator), Set(OrderAction.allCases)), (user(.manager), Set(OrderAction.allCases)),
            (staff([]), nothing), (staff([.application]), application), (staff([.revocation]), revocation),
            (staff([.approval]), nothing), (staff([.application, .revocation]), application.union(revocation)),
            (staff([.application, .revocation], on: "MP202601010002"), nothing),
        ]
        for (person, expected) in people {
            let open = OrderAction.allCases.filter { $0.function.isOpen(to: person, on: Samples.profileID) }
            #expect(Set(open) == expected, "\(person.role) \(person.grants)")
        }
    }
}
