/// A Name (RFC 5280 4.1.2.4) of the attributes of `AttributeType`, one in each relative distinguished name, in the
/// order in which they are encoded.
package struct DistinguishedName: Hashable, Sendable {
    package struct Attribute: Hashable, Sendable {
        package var type: AttributeType
        package var value: String
        /// The string type of the encoding: the type's own unless an outside certificate had it otherwise.
        package var form: TextForm

        package init(_ type: AttributeType, _ value: String) {
            self.type = type
            self.value = value
            form = type.form
        }

        package init(_ type: AttributeType, _ value: String, form: TextForm) {
            self.type = type
            self.value = value
            self.form = form
        }
    }

    package var attributes: [Attribute]

    package init(_ attributes: [Attribute] = []) {
        self.attributes = attributes
    }

    /// The most attributes that a name may have.
    package static let maximumAttributes = 32

    /// The values of a type, in their order.
    package func values(_ type: AttributeType) -> [String] {
        attributes.filter { $0.type == type }.map(\.value)
    }

    /// The first value of a type.
    package func firstValue(_ type: AttributeType) -> String? {
        attributes.first { $0.type == type }?.value
    }

    /// - Throws: `nameInvalid` with the attribute in `field` and the rule in `reason`.
    package func derEncoded() throws(X509Error) -> [UInt8] {
        var writer = DERWriter(reserving: 256)
        try write(to: &writer)
        return writer.bytes
    }

    func write(to writer: inout DERWriter) throws(X509Error) {
        try checkRepetitions()
        let name = writer.begin(.sequence)
        for attribute in attributes {
            try attribute.check()
            let set = writer.begin(.set)
            let pair = writer.begin(.sequence)
            writer.objectIdentifier(attribute.type.oid)
            writer.primitive(attribute.form.tag, attribute.value.utf8)
            writer.end(pair)
            writer.end(set)
        }
        writer.end(name)
    }

    /// Reads what `derEncoded` writes, and DirectoryStrings as PrintableString too, by the same rules.
    ///
    /// - Throws: `malformed`, `unsupportedField` (other attributes, other string types, several attributes in one
    ///   relative distinguished name), `nameInvalid`.
    package init(derEncoded: [UInt8]) throws(X509Error) {
        var outer = DERReader(derEncoded)
        var names = try outer.enter(.sequence)
        try outer.finish()
        try self.init(from: &names)
    }

    init(from names: inout DERReader) throws(X509Error) {
        attributes = []
        while !names.isAtEnd {
            var set = try names.enter(.set)
            var pair = try set.enter(.sequence)
            guard set.isAtEnd else {
                throw X509Error(
                    .unsupportedField,
                    "several attributes in one relative distinguished name",
                    offset: set.position
                )
            }
            attributes.append(try Attribute(from: &pair))
        }
        try checkRepetitions()
    }

    private func checkRepetitions() throws(X509Error) {
        guard attributes.count <= Self.maximumAttributes else {
            throw X509Error(.nameInvalid, "a name of \(attributes.count) attributes; at most \(Self.maximumAttributes)")
        }
        for place in attributes.indices {
            let type = attributes[place].type
            guard type.mayRepeat || !(0..<place).contains(where: { attributes[$0].type == type }) else {
                throw X509Error(
                    .nameInvalid,
                    "the attribute occurs twice; give it once",
                    clause: "CA/B S/MIME BR 7.1.4.2.2",
                    field: type.rawValue
                )
            }
        }
    }
}

extension DistinguishedName: CustomStringConvertible {
    /// For people: the most specific attribute first, as in RFC 4514, with a space after each comma.
    package var description: String {
        attributes.reversed().map { "\($0.type.shortName)=\(Self.escaped($0.value))" }.joined(separator: ", ")
    }

    /// RFC 4514 2.4.
    private static func escaped(_ value: String) -> String {
        var text = ""
        for (index, scalar) in value.unicodeScalars.enumerated() {
            let special = "\"+,;<>\\=".unicodeScalars.contains(scalar) || (index == 0 && scalar == "#")
            if special { text.unicodeScalars.append("\\") }
            text.unicodeScalars.append(scalar)
        }
        return text
    }
}
