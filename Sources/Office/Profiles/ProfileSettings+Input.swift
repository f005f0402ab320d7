extension ProfileSettings {
    /// What was chosen and typed in the settings form.
    package struct Input: Sendable {
        /// Empty where the choice was not open: it stays as it is.
        package var use = ""
        package var signature = ""
        package var renewal = ""
        package var encryptingFileSystem = ""
        package var smartCardLogon = ""
        package var forbidsExport = ""
        package var sendsRenewalMail = ""
        package var apiAddresses = ""

        package init() {}
    }

    /// The settings with what was chosen in the form; everything that is wrong is said at once (PRO-09, PRO-20 to PRO-23).
    package func changed(by input: Input, conditions: SMIMEConditions) throws(Refusal) -> ProfileSettings {
        var settings = self
        var check = FormCheck()
        let use = check.value("use") { () throws(Refusal) in
            input.use.isEmpty ? self.use : try choice(input.use) as CertificateUse
        }
        if use == .smime, self.use != .smime, !conditions.areMet {
            check.note(
                "use",
                Text(
                    "S/MIME用CAを選択するには次の条件が必要です: "
                        + conditions.missing.map(\.japanese).joined(separator: "、"),
                    "The S/MIME CA needs: " + conditions.missing.map(\.english).joined(separator: "; ") + "."
                )
            )
        }
        let signature = check.value("signature") { () throws(Refusal) in
            try choice(input.signature) as CertificateSignature
        }
        let renewal = check.value("renewal") { () throws(Refusal) in try choice(input.renewal) as Renewal }
        let encrypting = check.value("encryptingFileSystem") { () throws(Refusal) in
            try yesOrNo(input.encryptingFileSystem)
        }
        let smartCard = check.value("smartCardLogon") { () throws(Refusal) in try yesOrNo(input.smartCardLogon) }
        let forbids = check.value("forbidsExport") { () throws(Refusal) in try yesOrNo(input.forbidsExport) }
        let sends = check.value("sendsRenewalMail") { () throws(Refusal) in try yesOrNo(input.sendsRenewalMail) }
        let addresses = check.value("apiAddresses") { () throws(Refusal) in
            try APIAddresses(parsing: input.apiAddresses)
        }
        try check.finish()
        guard let use, let signature, let renewal, let encrypting, let smartCard, let forbids, let sends, let addresses
        else { throw Refusal(.input, check.problems) }
        (settings.use, settings.signature, settings.renewal) = (use, signature, renewal)
        (settings.encryptingFileSystem, settings.smartCardLogon) = (encrypting, smartCard)
        (settings.forbidsExport, settings.sendsRenewalMail) = (forbids, sends)
        settings.apiAddresses = addresses
        return settings
    }
}

extension PortalSettings {
    /// The most characters of a portal's title, and of a tenant's own terms.
    package static let longestTitle = 64
    package static let longestTerms = 50_000

    /// Checks a title and terms; empty terms leave the standard ones (WIZ-04).
    package func changed(title: String, terms: String, showsBoth: Bool) throws(Refusal) -> PortalSettings {
        var check = FormCheck()
        let checked = check.value("portalTitle") { () throws(Refusal) in
            try DNText.check(title, Text("ポータルのタイトル", "Portal title"), limit: Self.longestTitle)
        }
        check.require(
            terms.unicodeScalars.count <= Self.longestTerms
                && !terms.unicodeScalars.contains {
                    $0.properties.generalCategory == .control && $0 != "\n" && $0 != "\t"
                },
            "ownTerms",
            Text(
                "利用規約は制御文字を含まない\(Self.longestTerms)文字以内のテキストで入力してください。",
                "Terms are text of at most \(Self.longestTerms) characters without control characters."
            )
        )
        try check.finish()
        guard let checked else { throw Refusal(.input, check.problems) }
        var portal = self
        portal.title = checked
        portal.ownTerms = terms.allSatisfy(\.isWhitespace) ? "" : terms
        portal.showsBothTerms = !portal.ownTerms.isEmpty && showsBoth
        return portal
    }
}

/// Reads a pair of radio buttons.
package func yesOrNo(_ text: String) throws(Refusal) -> Bool {
    switch text {
    case "yes": true
    case "no": false
    default: throw Refusal(.input, Text("いずれかを選択してください。", "Choose one."))
    }
}
