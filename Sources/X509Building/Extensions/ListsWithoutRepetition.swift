extension Array where Element: Equatable {
    /// Whether no element equals another. Each with each: the lists of a certificate are short, and a set would have to
    /// hash and keep what is looked at once.
    @inlinable package var areAllDifferent: Bool {
        for place in indices {
            for earlier in 0..<place where self[earlier] == self[place] { return false }
        }
        return true
    }
}
