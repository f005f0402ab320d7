import Tokens

extension TokenExamination {
    /// What was found, the token first, then each key.
    package var findings: [Finding] {
        tokenFindings + needFindings + keys.flatMap(findings(of:)) + furtherFindings
    }

    private var tokenFindings: [Finding] {
        let token = inspection.token
        var findings = [
            Finding(
                verdict: .fine,
                text:
                    "\(token.manufacturer) \(token.model), serial \(token.serial), PKCS#11 \(token.interfaceVersion), "
                    + "\(inspection.mechanisms.count) mechanisms, \(inspection.keys.count + inspection.furtherKeys) private keys",
                mend: ""
            )
        ]
        if let randomProblem {
            findings.append(
                Finding(
                    verdict: .advice,
                    text: "its random source gives nothing: \(randomProblem)",
                    mend: "authorities take their serial numbers from it: put them into another token"
                )
            )
        }
        if !inspection.mechanisms.contains(where: { $0.isInHardware && $0.canSign }) {
            findings.append(
                Finding(
                    verdict: .advice,
                    text: "the module claims no signing mechanism in hardware (CKF_HW)",
                    mend: "use it for development and tests; whoever reads its files may have its keys"
                )
            )
        }
        if let most = inspection.maximumSessions, most < 4 {
            findings.append(
                Finding(
                    verdict: .advice,
                    text: "it allows \(most) sessions, and the service keeps two for log-in and key making",
                    mend: "set sessions: 1 for this token"
                )
            )
        }
        if inspection.isWriteProtected {
            findings.append(
                Finding(verdict: .advice, text: "it is write-protected", mend: "unprotect it for the ceremony")
            )
        }
        return findings
    }

    private var needFindings: [Finding] {
        needs.map { need in
            guard let offer = need.offer else {
                let isPlain = need.mechanism == "CKM_ML_DSA"
                return Finding(
                    verdict: isPlain ? .fine : .advice,
                    text: "\(need.mechanism) is not there: no \(need.purpose)",
                    mend: isPlain ? "" : "put such keys into another token"
                )
            }
            let sizes =
                offer.maximumKeySize > 0 ? ", keys of \(offer.minimumKeySize) to \(offer.maximumKeySize) bits" : ""
            return Finding(
                verdict: .fine,
                text: "\(need.mechanism) for \(need.purpose)\(sizes)\(offer.isInHardware ? ", in hardware" : "")",
                mend: ""
            )
        }
    }

    private func findings(of key: Key) -> [Finding] {
        let name = "key \(key.inspected.label.isEmpty ? "without label" : key.inspected.label)"
        guard let publicKey = key.publicKey else {
            return [
                Finding(
                    verdict: .advice,
                    text: "\(name): \(key.inspected.problem)",
                    mend: "the service cannot use it; write its public half into the token beside it"
                )
            ]
        }
        let kind = publicKey.keyAlgorithm?.rawValue ?? "RSA of an odd size"
        var findings = [proof(of: key, "\(name) (\(kind))")]
        findings += attributeFindings(of: key, name)
        return findings
    }

    private func proof(of key: Key, _ name: String) -> Finding {
        let proven = key.trials.filter { $0.problem == nil }
        let failed = key.trials.filter { $0.problem != nil }
        if key.inspected.attributes["CKA_SIGN"] == false {
            return Finding(verdict: .fine, text: "\(name): it does not sign", mend: "")
        }
        guard let slowest = proven.map(\.microseconds).max() else {
            let reason = failed.first?.problem ?? "the token has no mechanism for it"
            return Finding(
                verdict: .problem,
                text: "\(name): no test signature verifies: \(reason)",
                mend: "take the key out of service and examine the token"
            )
        }
        let pin = key.inspected.attributes["CKA_ALWAYS_AUTHENTICATE"] == true ? ", each after its PIN" : ""
        let done = proven.map(\.algorithm.rawValue).joined(separator: ", ")
        let text = "\(name): test signatures verify\(pin): \(done); at most \(slowest) µs in the token"
        guard let first = failed.first else { return Finding(verdict: .fine, text: text, mend: "") }
        let others = failed.map(\.algorithm.rawValue).joined(separator: ", ")
        return Finding(
            verdict: .advice,
            text: "\(text). Not proven: \(others): \(first.problem ?? "")",
            mend: "let no profile sign with those on this token"
        )
    }

    /// What TOK-04 asks of a key that was made here.
    private func attributeFindings(of key: Key, _ name: String) -> [Finding] {
        let attributes = key.inspected.attributes
        var findings: [Finding] = []
        if attributes["CKA_EXTRACTABLE"] != false || attributes["CKA_SENSITIVE"] != true {
            findings.append(
                Finding(
                    verdict: .problem,
                    text: "\(name): the token does not say that the key cannot leave it",
                    mend:
                        "make a key in the token by a ceremony or an order, or where the module says this of all its keys "
                        + "with the token's own tool; and retire this one"
                )
            )
        }
        let origin = ["CKA_LOCAL", "CKA_ALWAYS_SENSITIVE", "CKA_NEVER_EXTRACTABLE"].filter { attributes[$0] != true }
        if !origin.isEmpty {
            findings.append(
                Finding(
                    verdict: .advice,
                    text:
                        "\(name): it was not made in this token, or the module does not tell (\(origin.joined(separator: ", ")))",
                    mend:
                        "find out where it was made and who has copies; a ceremony makes keys that say where they are from"
                )
            )
        }
        let uses = ["CKA_DECRYPT", "CKA_UNWRAP", "CKA_DERIVE"].filter { attributes[$0] == true }
        if !uses.isEmpty {
            findings.append(
                Finding(
                    verdict: .fine,
                    text: "\(name): it may also be used otherwise (\(uses.joined(separator: ", ")))",
                    mend: ""
                )
            )
        }
        return findings
    }

    private var furtherFindings: [Finding] {
        guard inspection.furtherKeys > 0 else { return [] }
        return [
            Finding(
                verdict: .advice,
                text: "\(inspection.furtherKeys) further private keys were not looked at",
                mend: "keep what has no business here in another token"
            )
        ]
    }
}
