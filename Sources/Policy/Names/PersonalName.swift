/// Whether a common name says the same as the name attributes.
enum PersonalName {
    /// The surname, the given name with the surname in either order, with or without spaces between: `山田 太郎`,
    /// `Taro Yamada`. Given name alone is no name here.
    static func isPresented(by commonName: String, surname: String?, givenName: String?) -> Bool {
        guard let surname else { return false }
        let presented = withoutSpaces(commonName)
        let last = withoutSpaces(surname)
        guard presented != last else { return true }
        guard let first = givenName.map(withoutSpaces) else { return false }
        return presented == last + first || presented == first + last
    }

    private static func withoutSpaces(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars where scalar != " " && scalar.value != 0x3000 { result.append(scalar) }
        return String(result)
    }
}
