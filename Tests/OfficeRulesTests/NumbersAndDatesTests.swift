import Clocks
import Office
import Testing

@Suite("Identifiers and dates")
struct NumbersAndDatesTests {
    private let day = Day(year: 2026, month: 11, day: 7)

    @Test(
        "OTH-06 Prefix, day, and four or six digits",
        arguments: [
            (IdentifierFamily.profile, 42, "MP202611070042"), (.licence, 9_999, "ML202611079999"),
            (.batch, 0, "MPB202611070000"), (.order, 42, "MPS20261107000042"), (.mailDomain, 1_704, "20261107001704"),
        ]
    )
    func shapes(family: IdentifierFamily, number: Int, text: String) {
        #expect(family.make(day: day, number: number) == text)
        #expect(family.matches(text))
        for wrong in [String(text.dropLast()), text + "0", text.replacing("1107", with: "1307"), "X" + text, "ＭＰ", ""] {
            #expect(!family.matches(wrong), "\(wrong)")
        }
    }

    @Test("OTH-06 Orders of old data have four digits, those of the other channel another prefix; nothing else does")
    func imported() {
        for old in ["MPS201511172833", "MAS201511172833", "MAS20230823534381"] {
            #expect(IdentifierFamily.order.matches(old))
            #expect(!IdentifierFamily.profile.matches(old) && !IdentifierFamily.batch.matches(old))
        }
        #expect(!IdentifierFamily.mailDomain.matches("202311170001"))
    }

    @Test("OTH-07 Moments are shown to the minute, in histories to the second, with the zone")
    func display() {
        let midnight = Timestamp(seconds: BusinessCalendar.japan.start(of: day).seconds)
        #expect(BusinessCalendar.japan.display(midnight) == "2026年11月07日 00:00(GMT+09:00)")
        let late = Timestamp(seconds: midnight.seconds + 86_399)
        #expect(BusinessCalendar.japan.display(late, seconds: true) == "2026年11月07日 23:59:59(GMT+09:00)")
        #expect(BusinessCalendar(offset: -12_600).display(midnight) == "2026年11月06日 11:30(GMT-03:30)")
    }

    @Test("OTH-07 Searches take yyyy/mm/dd; an empty field narrows nothing, and anything else is said")
    func typed() throws {
        #expect(try Day.typed("2026/11/07") == day)
        #expect(try Day.typed(" 2026/11/07 ") == day)
        #expect(try Day.typed("") == nil)
        for wrong in ["2026-11-07", "07/11/2026", "2026/02/30", "２０２６/11/07", "2026/11/07/1"] {
            #expect(throws: Refusal.self, "\(wrong)") { try Day.typed(wrong) }
        }
    }
}
