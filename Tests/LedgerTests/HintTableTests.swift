import Testing

@testable import Ledger

@Suite struct HintTableTests {
    @Test("a number that comes again stands in the table once")
    func repeated() {
        var table = HintTable()
        for _ in 0..<1_000 { table.insert(7, 42) }
        #expect(table.hints(7) == [42])
    }

    @Test("a number that takes another's place leaves all the others, and can be put back")
    func replaced() {
        var table = HintTable()
        for number in 0..<20 as Range<Int64> { table.insert(7, number) }
        for number in 100..<1_000 as Range<Int64> { table.insert(UInt64(number), number) }
        table.insert(7, 50, replacing: 3)
        #expect(Set(table.hints(7)) == Set(0..<20).subtracting([3]).union([50]))
        table.insert(7, 3, replacing: 50)
        #expect(Set(table.hints(7)) == Set(0..<20))
        for number in 100..<1_000 as Range<Int64> { #expect(table.hints(UInt64(number)) == [number]) }
    }

    @Test("a number whose place to take is not there is added")
    func nothingToReplace() {
        var table = HintTable()
        table.insert(7, 1)
        table.insert(7, 3, replacing: 2)
        #expect(Set(table.hints(7)) == [1, 3])
    }
}
