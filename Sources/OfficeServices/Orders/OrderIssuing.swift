import Clocks
package import Office
import OfficeStore
import SignerAPI
import SignerClient
import Varlink

/// From an opened pick-up to the certificate: what is asked of the appliance is written down first, so that after a crash
/// the same thing is asked again, and never are there two valid certificates of one order.
extension OfficeDesk {
    /// Has a key and a certificate made, as a PKCS#12 file (PKP-05, PKP-06).
    ///
    /// - Parameter filePassword: the subscriber's; where the profile's are the appliance's, nil.
    package func pickUpFile(
        link: String,
        password: String,
        filePassword: String?,
        address: String
    ) async throws -> PickedUp {
        try await pickUp(link: link, password: password, address: address, option: .pkcs12) { order, plan in
            let key = KeyOrder(
                certificateOrder(order, plan, request: ""),
                keyAlgorithm: settings.issuing.keyAlgorithm,
                variant: "modern",
                password: filePassword.map { ConfidentialText($0) }
            )
            let made = try await appliance.ask { client throws(SignerClientError) in try client.issueKey(key) }
            let generated = made.password.map { secret in
                secret.secret.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
            }
            return Made(made.issued, file: made.pkcs12, password: generated)
        }
    }

    /// Has a certificate made for the key of a PKCS#10 request, from a file or from the browser (PKP-07).
    package func pickUp(
        link: String,
        password: String,
        request: String,
        option: Order.KeyOption,
        address: String
    ) async throws -> PickedUp {
        try await pickUp(link: link, password: password, address: address, option: option) { order, plan in
            let asked = certificateOrder(order, plan, request: request)
            let issued = try await appliance.ask { client throws(SignerClientError) in try client.issue(asked) }
            return Made(issued)
        }
    }

    /// Seconds after which the appliance is not at an order any more: twice what a call to it may take.
    private static let longestAsking: Int64 = 60

    private func pickUp(
        link: String,
        password: String,
        address: String,
        option: Order.KeyOption,
        _ make: (Order, IssuancePlan) async throws -> Made
    ) async throws -> PickedUp {
        let opened = try await open(link: link, password: password, address: address)
        try inFlight.enter(opened.id)
        defer { inFlight.leave(opened.id) }
        var tries = 3
        let earlier = opened.pickUp.asked
        while true {
            let (order, plan) = try await begin(opened.id, option: option)
            do {
                let made = try await make(order, plan)
                return try await finish(order, plan, made, by: Actor(name: "", address: address))
            } catch let SignerClientError.refused(error) {
                tries -= 1
                guard tries > 0, try await giveUpLost(error, order, askedBefore: earlier) else {
                    throw Refusal(error, field: "request")
                }
            }
        }
    }

    /// Writes down what will be asked.
    func begin(_ id: String, option: Order.KeyOption) async throws -> (Order, IssuancePlan) {
        let now = now
        return try await store.write { [self] records in
            guard var order = try records.orders.get(id), let profile = try records.profiles.get(order.profile) else {
                throw Refusal.notFound
            }
            guard order.status == .waiting, order.keyOption == option else {
                throw Refusal(
                    .state,
                    Text("この証明書はすでに取得されています。", "This certificate has been picked up already.")
                )
            }
            guard profile.isUsable(at: now) else {
                throw Refusal(
                    .state,
                    Text(
                        "プロファイルが有効でないため発行できません。証明書管理者にお問い合わせください。",
                        "The profile is not valid, so nothing can be issued. Ask your certificate manager."
                    )
                )
            }
            guard profile.settings.allows(option) else { throw Refusal.exportForbidden }
            let plan = plan(order, profile, at: order.pickUp.begun ?? now)
            if order.pickUp.notAfter == nil {
                order.pickUp.begun = now
                order.pickUp.notAfter = Timestamp(seconds: now.seconds + Int64(plan.validityDays) * 86_400 - 1)
            }
            order.pickUp.asked = now
            try records.orders.save(order)
            return (order, plan)
        }
    }

    /// What is asked for the order, as its profile stands and from whom at that moment.
    func plan(_ order: Order, _ profile: Profile, at begun: Timestamp) -> IssuancePlan {
        IssuancePlan(
            order: order,
            profile: profile,
            shortTermDays: settings.catalogue.shortTermDays,
            issuer: settings.issuing.issuers(for: profile.settings.use).issuer(at: begun, calendar: calendar)
        )
    }

    func finish(_ order: Order, _ plan: IssuancePlan, _ made: Made, by actor: Actor) async throws -> PickedUp {
        let now = now
        let done = try await store.write { [self] records -> PickedUp in
            guard var order = try records.orders.get(order.id), let notAfter = order.pickUp.notAfter else {
                throw Refusal.notFound
            }
            let certificate = OrderCertificate(
                serial: made.serial,
                issuer: plan.issuer,
                use: plan.use,
                issued: now,
                notAfter: notAfter,
                pem: made.certificate,
                chain: made.chain,
                fileName: order.fileName
            )
            order.certificate = certificate
            order.status = .issued
            try records.orders.save(order)
            if let file = made.file {
                let last = calendar.end(of: calendar.day(of: now) + Order.fileDays)
                try records.files.save(KeyFile(id: order.id, until: last, content: file))
            }
            try records.history.insert(entry(.certificateIssued, of: order.id, in: order.tenant, by: actor, at: now))
            try postIssued(order, asFile: made.file != nil, in: records, at: now)
            return PickedUp(order: order, certificate: certificate, file: made.file, password: made.password)
        }
        return done
    }

    /// Where the appliance has fulfilled the order and its answer was lost: that certificate is given back, and the order
    /// is asked anew under another name.
    ///
    /// - Parameter askedBefore: when the appliance was asked for it before, if it was.
    /// - Returns: whether asking again makes sense.
    private func giveUpLost(_ error: ServiceError, _ order: Order, askedBefore: Timestamp?) async throws -> Bool {
        guard error.name.hasSuffix(".KeyGone") || error.name.hasSuffix(".OrderConflict") else { return false }
        let name = order.applianceOrder
        do {
            _ = try await appliance.ask { client throws(SignerClientError) in
                try client.status(.cancelCertificate) { $0.member("order", name) }
            }
        } catch SignerClientError.refused(let refusal) {
            // Given back already, and the office ended before it wrote that down; or the appliance ended before it had
            // anything to give back. What it may still be at is waited for.
            let isOver = askedBefore.map { now.seconds - $0.seconds > Self.longestAsking } ?? false
            let isSettled = refusal.name.hasSuffix(".StatusConflict") || refusal.name.hasSuffix(".NotFound") && isOver
            guard isSettled else { throw Refusal.applianceUnavailable }
        }
        try await store.write { records in
            guard var order = try records.orders.get(order.id) else { throw Refusal.notFound }
            order.pickUp.attempt += 1
            (order.pickUp.notAfter, order.pickUp.begun) = (nil, nil)
            try records.orders.save(order)
        }
        return true
    }

    /// An order that ends without its pick-up may have led to a certificate whose answer was lost: that is nobody's.
    func giveBackLost(_ order: Order) async throws {
        if order.keyOption == .token { return try await giveBackFromStation(order) }
        let name = order.applianceOrder
        do {
            _ = try await appliance.ask { client throws(SignerClientError) in
                try client.status(.cancelCertificate) { $0.member("order", name) }
            }
        } catch SignerClientError.refused(let refusal) {
            let isSettled = [".NotFound", ".StatusConflict"].contains { refusal.name.hasSuffix($0) }
            guard isSettled else { throw SignerClientError.refused(refusal) }
        }
    }

    func certificateOrder(_ order: Order, _ plan: IssuancePlan, request: String) -> CertificateOrder {
        var asked = CertificateOrder(
            order: order.applianceOrder,
            profile: plan.issuanceProfile,
            request: request,
            subject: plan.subject.map { .init($0.kind, $0.value) }
        )
        asked.issuer = plan.issuer
        asked.alternativeNames = plan.alternativeNames.map { .init($0.kind, $0.value) }
        asked.securityIdentifier = plan.securityIdentifier
        asked.extendedKeyUsages = plan.extendedKeyUsages
        asked.signatureAlgorithm = plan.signatureAlgorithm
        asked.notAfter = order.pickUp.notAfter.map(\.internetTime)
        return asked
    }
}

/// What the appliance has made of an order.
struct Made: Sendable {
    let serial: String
    let certificate: String
    let chain: [String]
    /// A PKCS#12 file, where the appliance has made the key, and its password, where that is the appliance's too.
    let file: [UInt8]?
    let password: String?

    init(serial: String, certificate: String, chain: [String]) {
        (self.serial, self.certificate, self.chain) = (serial, certificate, chain)
        (file, password) = (nil, nil)
    }

    init(_ issued: IssuedCertificate, file: [UInt8]? = nil, password: String? = nil) {
        (serial, certificate, chain) = (issued.serial, issued.certificate, issued.chain)
        (self.file, self.password) = (file, password)
    }
}

extension Refusal {
    /// PKP-04
    package static let exportForbidden = Refusal(
        .state,
        Text(
            "このプロファイルでは秘密鍵のエクスポートが禁止されているため、この方法では証明書を取得できません。秘密鍵を取り出せないUSBトークンでの発行を、証明書管理者に依頼してください。",
            "This profile forbids export of private keys, so the certificate cannot be picked up in this way. Ask your certificate manager to have it made in a USB token, which lets no key out."
        )
    )

    /// An answer of the appliance as people see it: what was wrong with the request is said, what concerns the office's
    /// own doing is not theirs to mend.
    init(_ error: ServiceError, field: String) {
        if error.name.hasSuffix(".RequestRejected") {
            self.init(
                .input,
                [
                    Problem(
                        field,
                        Text(
                            "このCSRは使用できません(\(error.message))。CSRを作り直してください。",
                            "This request cannot be used: \(error.message). \(error.mend)"
                        )
                    )
                ]
            )
        } else {
            self.init(
                .state,
                Text(
                    "認証局がこの内容の証明書を発行できませんでした(\(error.rule))。証明書管理者にお問い合わせください。",
                    "The certificate authority does not issue this certificate (\(error.rule)). Ask your certificate manager."
                )
            )
        }
    }
}

extension Timestamp {
    /// RFC 3339 in UTC, to the second.
    var internetTime: String {
        let time = CivilTime(secondsSinceEpoch: seconds)
        return
            "\(time.year)-\(time.month.twoDigits)-\(time.day.twoDigits)T\(time.hour.twoDigits):\(time.minute.twoDigits)"
            + ":\(time.second.twoDigits)Z"
    }
}
