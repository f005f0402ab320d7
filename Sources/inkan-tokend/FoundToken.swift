import PKCS11

/// A token in its slot, to be told from others that answer to the same name.
struct FoundToken {
    let slot: Slot
    let info: TokenInfo
    /// What the module calls the slot.
    let place: String

    /// OpenSC puts the name of the PIN behind the card's label, in brackets.
    private var cardLabel: Substring {
        guard info.label.hasSuffix(")"), let bracket = info.label.range(of: " (") else { return info.label[...] }
        return info.label[..<bracket.lowerBound]
    }

    func isSameCard(as other: FoundToken) -> Bool {
        place == other.place && cardLabel == other.cardLabel
    }
}
