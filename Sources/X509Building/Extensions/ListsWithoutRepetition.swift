extension Array where Element: Equatable {
    /// Whether no element equals another. Each with each: the lists of a certificate are short, and a set would have to
    /// hash and keep what is looked at once.
    package var areAllDifferent: Bool {
        indices.dropFirst().allSatisfy { !self[..<$0].contains(self[$0]) }
    }
}
