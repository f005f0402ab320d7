extension String {
    /// Whether every octet of the UTF-8 form passes. Over the memory in one piece: `utf8` goes from index to index.
    @inlinable package func octetsAllSatisfy(_ passes: (UInt8) -> Bool) -> Bool {
        let octets = utf8Span.span
        for index in octets.indices where !passes(octets[index]) { return false }
        return true
    }

    /// The text of octets that are UTF-8 throughout; nil for others.
    package init?(utf8 octets: [UInt8], in range: Range<Int>) {
        do throws(Unicode.UTF8.ValidationError) {
            self.init(copying: try UTF8Span(validating: octets.span.extracting(range)))
        } catch {
            return nil
        }
    }
}
