import Testing
import Varlink

/// Numbers that come again in every run, so that a failure can be looked into.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &+ 0x9E37_79B9_7F4A_7C15 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}

@Suite("JSON of every shape")
struct JSONPropertyTests {
    private static func text(_ random: inout SeededGenerator) -> String {
        let alphabet: [Unicode.Scalar] = [
            "a", "Z", "0", "\"", "\\", "/", "\n", "\u{0}", "\u{1F}", "\u{7F}", "é", "山", "😀", " ",
        ]
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...40, using: &random) { text.append(alphabet.randomElement(using: &random)!) }
        return String(text)
    }

    private static func value(_ random: inout SeededGenerator, depth: Int) -> JSONValue {
        switch Int.random(in: 0...(depth > 0 ? 8 : 5), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2: return .integer(Int64.random(in: .min ... .max, using: &random))
        case 3:
            return .double(
                Double(bitPattern: random.next()).isFinite ? Double.random(in: -1e300...1e300, using: &random) : 0.5
            )
        case 4, 5: return .string(text(&random))
        case 6, 7:
            return .array((0..<Int.random(in: 0...5, using: &random)).map { _ in value(&random, depth: depth - 1) })
        default:
            var object = JSONObject()
            for number in 0..<Int.random(in: 0...20, using: &random) {
                object["\(number)" + text(&random)] = value(&random, depth: depth - 1)
            }
            return .object(object)
        }
    }

    private static let limits = JSONLimits(maximumBytes: 1 << 24, maximumDepth: 16, maximumMembers: 1 << 20)

    @Test("what is written is read again as the same value", arguments: 0..<8)
    func roundTrip(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let value = Self.value(&random, depth: 4)
            #expect(try JSONParser.parse(value.encoded, limits: Self.limits) == value)
        }
    }

    @Test("a damaged text is read or refused, and what is read can be written again", arguments: 0..<8)
    func mutations(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<60 {
            let bytes = Self.value(&random, depth: 3).encoded
            for _ in 0..<60 {
                var damaged = bytes
                for _ in 0...Int.random(in: 0...3, using: &random) { Self.damage(&damaged, &random) }
                do throws(JSONError) {
                    let value = try JSONParser.parse(damaged, limits: Self.limits)
                    #expect(try JSONParser.parse(value.encoded, limits: Self.limits) == value)
                } catch {
                    #expect((0...damaged.count).contains(error.offset))
                }
            }
        }
    }

    private static func damage(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        let place = bytes.isEmpty ? 0 : Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0...4, using: &random) {
        case 0 where !bytes.isEmpty: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1 where !bytes.isEmpty: bytes.remove(at: place)
        case 2: bytes.insert(Array("{}[]\",:\\ue0-.".utf8).randomElement(using: &random)!, at: place)
        case 3: bytes.removeSubrange(place...)
        default: bytes.insert(contentsOf: bytes[place...].prefix(20), at: place)
        }
    }

    @Test("every beginning of a text is refused without harm")
    func truncations() throws {
        let text = #"{"method":"a.b.C","parameters":{"x":[1,-2.5e3,true,null,"\u5c71\ud83d\ude00山"]},"more":false}"#
        let bytes = Array(text.utf8)
        for end in 0..<bytes.count {
            #expect(throws: JSONError.self) { try JSONParser.parse(Array(bytes[..<end])) }
        }
        #expect(throws: Never.self) { try JSONParser.parse(bytes) }
    }
}
