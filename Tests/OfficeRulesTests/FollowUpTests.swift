import Clocks
import Office
import Testing

/// Which CA issues when, and which certificates go on under it (sections 4.1, 4.3).
@Suite("Issuers, renewals and reissues: the rules")
struct FollowUpTests {
    private let calendar = BusinessCalendar.japan
    private let change = Day(year: 2024, month: 12, day: 9)

    private func succession(crossings: Set<IssuerSuccession.Crossing> = []) -> IssuerSuccession {
        IssuerSuccession("access-r3", then: [.init("access-r45", from: change)], crossings: crossings)
    }

    private func issued(_ profile: Profile, by issuer: String = "access-r45") -> Order {
        var order = Samples.order(of: profile)
        (order.status, order.certificate) = (.issued, Samples.certificate(of: issuer))
        return order
    }

    @Test("CA-01 R3 issues until the last second of 2024-12-08 in Japan, R45 from the first one of the next day")
    func succeeds() throws {
        let first = calendar.start(of: change)
        let issuers = succession()
        #expect(issuers.issuer(at: Timestamp(seconds: first.seconds - 1), calendar: calendar) == "access-r3")
        #expect(issuers.issuer(at: first, calendar: calendar) == "access-r45")
        let later = IssuerSuccession(
            "access-r3",
            then: [.init("access-r99", from: Day(year: 2030, month: 1, day: 1)), .init("access-r45", from: change)]
        )
        #expect(
            later.issuer(at: Samples.noon, calendar: calendar) == "access-r45",
            "the order in the file is no matter"
        )
    }

    @Test("CA-02 A renewal from one CA to another is refused, unless that pair is named; a reissue is not a renewal")
    func crossing() throws {
        let profile = try Samples.usableProfile()
        func obstacle(_ order: Order, _ followUp: FollowUp, _ issuers: IssuerSuccession) -> FollowUpObstacle? {
            order.obstacle(to: followUp, profile: profile, issuers: issuers, at: Samples.noon, calendar: calendar)
        }
        let old = issued(profile, by: "access-r3")
        let refused = try #require(obstacle(old, .renewal, succession()))
        #expect(refused == .otherIssuer(was: "access-r3", now: "access-r45"))
        #expect(refused.text.japanese.contains("access-r3") && refused.text.english.contains("order a new one"))
        #expect(obstacle(issued(profile), .renewal, succession()) == nil)
        let named = succession(crossings: [.init(from: "access-r3", to: "access-r45")])
        #expect(obstacle(old, .renewal, named) == nil)
        #expect(obstacle(issued(profile, by: "smime-r6"), .renewal, named) != nil, "another pair is not that one")
        #expect(obstacle(old, .reissue, succession()) == nil)
    }

    @Test("CA-12 From 2025-05-26 a personal S/MIME certificate without name attributes is neither renewed nor reissued")
    func withoutName() throws {
        let issuers = IssuerSuccession("smime-r6")
        let (last, first) = (Day(year: 2025, month: 5, day: 25), Day(year: 2025, month: 5, day: 26))
        var profile = try Samples.usableProfile(.smime)
        profile.end = nil
        func obstacle(
            _ kind: LicenceKind,
            _ names: (String, String, String),
            _ followUp: FollowUp,
            on day: Day,
            use: CertificateUse = .smime
        ) -> FollowUpObstacle? {
            var order = Samples.order(of: profile, names: names, kind: kind)
            let issued = calendar.start(of: Day(year: 2024, month: 11, day: 1))
            (order.status, order.certificate) = (
                .issued, Samples.certificate(of: "smime-r6", use: use, issued: issued)
            )
            return order.obstacle(
                to: followUp,
                profile: profile,
                issuers: issuers,
                at: calendar.start(of: day),
                calendar: calendar
            )
        }
        for followUp in FollowUp.allCases {
            #expect(obstacle(.personal, ("", "", ""), followUp, on: last) == nil)
            let refused = obstacle(.personal, ("", "", ""), followUp, on: first)
            #expect(refused == .withoutName)
            #expect(refused?.text.japanese.contains("新規に申請") == true)
            for names in [("山田", "", ""), ("山田", "太郎", ""), ("", "", "社員4711")] {
                #expect(obstacle(.personal, names, followUp, on: first) == nil)
            }
            #expect(obstacle(.corporate, ("", "", ""), followUp, on: first) == nil, "a department has no name")
            #expect(obstacle(.personal, ("", "", ""), followUp, on: first, use: .access) == nil)
        }
    }

    @Test("REN-08, REI-04 What is not in use, of administrator bulk, or of a closed profile is not followed up")
    func closed() throws {
        var profile = try Samples.usableProfile()
        let order = issued(profile)
        func obstacle(_ order: Order) -> FollowUpObstacle? {
            order.obstacle(
                to: .reissue,
                profile: profile,
                issuers: succession(),
                at: Samples.noon,
                calendar: calendar
            )
        }
        #expect(obstacle(order) == nil)
        for state in CertificateState.allCases where state != .issued {
            var other = order
            other.certificate?.state = state
            #expect(obstacle(other) == .notInUse)
        }
        for status in Order.Status.allCases where status != .issued {
            var other = order
            other.status = status
            #expect(obstacle(other) == .notInUse)
        }
        var bulk = order
        bulk.registration = .administratorBulk
        #expect(obstacle(bulk) == .administratorBulk)
        try profile.suspend()
        #expect(obstacle(order) == .profileClosed)
    }
}
