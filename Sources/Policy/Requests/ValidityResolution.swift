import Clocks

extension ValidityRules {
    static let secondsPerDay: Int64 = 86_400

    /// First and last second of the validity. A day has 86,400 seconds, and the last second counts: a certificate of
    /// n days ends one second before its beginning plus n days (RFC 5280 4.1.2.5, S/MIME BR 6.3.2).
    func resolve(
        _ facts: CertificateRequestFacts,
        issuer: IssuerFacts,
        at now: Timestamp
    ) throws(PolicyViolation) -> (notBefore: Int64, notAfter: Int64) {
        guard facts.validityDays == nil || facts.notAfter == nil else {
            throw PolicyViolation(.validityAmbiguous, field: "notAfter", "both validityDays and notAfter are given")
        }
        let earliest = now.seconds - Int64(backdatingSeconds)
        let latest = now.seconds + Int64(latestStartDays) * Self.secondsPerDay
        // Never before the CA itself: right after a ceremony the back-dating would reach behind it.
        let notBefore = facts.notBefore?.seconds ?? max(earliest, min(issuer.notBefore, now.seconds))
        guard facts.notBefore.map(Self.isWholeSecond) != false, (earliest...latest).contains(notBefore),
            notBefore >= issuer.notBefore
        else {
            throw PolicyViolation(
                .validityStart,
                field: "notBefore",
                "the beginning is not a whole second within the profile's range and the CA's validity"
            )
        }
        let days = facts.validityDays ?? defaultDays
        guard facts.notAfter != nil || (1...maximumDays).contains(days) else {
            throw PolicyViolation(
                .validityTooLong,
                field: "validityDays",
                "the profile allows 1 to \(maximumDays) days, not \(days)"
            )
        }
        let notAfter = facts.notAfter?.seconds ?? notBefore + Int64(days) * Self.secondsPerDay - 1
        guard facts.notAfter.map(Self.isWholeSecond) != false, notAfter > notBefore, notAfter > now.seconds else {
            throw PolicyViolation(.validityEnd, field: "notAfter", "the validity ends before it is of any use")
        }
        // Compared before it is subtracted, so that no date of the caller overflows.
        guard notAfter < notBefore + Int64(maximumDays) * Self.secondsPerDay else {
            throw PolicyViolation(
                .validityTooLong,
                field: "notAfter",
                "the validity has more than the \(maximumDays) days that the profile allows"
            )
        }
        guard notAfter <= issuer.notAfter else {
            throw PolicyViolation(.validityBeyondIssuer, field: "notAfter", "the certificate would outlive its CA")
        }
        return (notBefore, notAfter)
    }

    private static func isWholeSecond(_ time: Timestamp) -> Bool {
        time.milliseconds % 1000 == 0
    }
}
