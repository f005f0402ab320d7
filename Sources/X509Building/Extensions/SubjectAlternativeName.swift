extension Extension {
    /// subjectAltName (RFC 5280 4.2.1.6); critical when the subject is empty.
    ///
    /// - Throws: `valueInvalid` for an empty list or a repeated name, `nameInvalid` for a name that breaks a rule.
    package static func subjectAlternativeName(
        _ names: [GeneralName],
        critical: Bool = false
    ) throws(X509Error) -> Extension {
        try check(names)
        return try Extension(.subjectAlternativeName, critical: critical) { writer throws(X509Error) in
            let list = writer.begin(.sequence)
            for name in names { try name.write(to: &writer) }
            writer.end(list)
        }
    }

    package func readSubjectAlternativeName() throws(X509Error) -> [GeneralName] {
        var value = try reader(expecting: .subjectAlternativeName)
        var list = try value.enter(.sequence)
        try value.finish()
        var names: [GeneralName] = []
        while !list.isAtEnd { names.append(try GeneralName(from: &list)) }
        try Self.check(names)
        return names
    }

    private static func check(_ names: [GeneralName]) throws(X509Error) {
        guard (1...64).contains(names.count), names.areAllDifferent else {
            throw X509Error(
                .valueInvalid,
                "1 to 64 different names are taken",
                clause: "RFC 5280 4.2.1.6",
                field: "subjectAltName"
            )
        }
    }
}
