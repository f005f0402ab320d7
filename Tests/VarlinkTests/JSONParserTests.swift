import Testing
import Varlink

@Suite("JSON from hostile hands")
struct JSONParserTests {
    @Test(
        "what RFC 8259 allows is taken",
        arguments: [
            ("null", .null), (" true ", true), ("false", false), ("0", 0), ("-0", 0), ("-12", -12),
            ("9223372036854775807", 9_223_372_036_854_775_807), ("-9223372036854775808", .integer(.min)),
            ("1.5", 1.5), ("1e3", 1000.0), ("-2.5E-1", -0.25), ("\"\"", ""), ("\"a/b\"", "a/b"),
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"), (#""\u0041\u00e9\u5c71""#, "Aé山"),
            (#""\ud83d\ude00""#, "😀"), (#""\u0000""#, "\u{0}"), ("\"山田 太郎\"", "山田 太郎"), ("[]", []),
            (#""山\n\"田\"""#, "山\n\"田\""), (#"["\n","\\\\"]"#, ["\n", #"\\"#]),
            (#""--BEGIN--\nMIIB0123456789\nAB==\n--END--\n""#, "--BEGIN--\nMIIB0123456789\nAB==\n--END--\n"),
            ("[1, [2] ,3]", [1, [2], 3]), ("{}", [:]), ("\t{\"a\" : 1,\r\n\"b\":{}}", ["a": 1, "b": [:]]),
        ] as [(String, JSONValue)]
    )
    func takes(text: String, value: JSONValue) throws {
        #expect(try JSONParser.parse(text) == value)
    }

    @Test(
        "what it does not allow is refused by name and place",
        arguments: [
            ("", .unexpectedEnd, 0), ("  ", .unexpectedEnd, 2), ("nul", .unexpectedEnd, 3),
            ("nulL", .unexpectedByte, 3), ("tru,", .unexpectedByte, 3), ("[1,]", .unexpectedByte, 3),
            ("[1 2]", .unexpectedByte, 3), ("[1", .unexpectedEnd, 2), ("{\"a\":1,}", .unexpectedByte, 7),
            ("{a:1}", .unexpectedByte, 1), ("{\"a\" 1}", .unexpectedByte, 5), ("{\"a\"", .unexpectedEnd, 4),
            ("{\"a\":", .unexpectedEnd, 5), ("{", .unexpectedEnd, 1), ("'a'", .unexpectedByte, 0),
            ("\u{FEFF}1", .unexpectedByte, 0), ("\"abc", .unexpectedEnd, 4), ("\"a\nb\"", .controlCharacter, 2),
            ("\"a\u{1F}\"", .controlCharacter, 2), (#""\n"# + "\u{1}\"", .controlCharacter, 3),
            (#""\n, an end, but no \"#, .unexpectedEnd, 21), (#""\nab"# + "\u{2}cdefghij\"", .controlCharacter, 5),
            (#""\n\x"# + "\u{1}\"", .invalidEscape, 4), (#""\nabcdefgh"#, .unexpectedEnd, 11),
            (#""\n\"#, .unexpectedEnd, 4), (#""\n\""#, .unexpectedEnd, 5),
            (#""\x""#, .invalidEscape, 2), (#""\u12G4""#, .invalidEscape, 5), (#""\u12"#, .unexpectedEnd, 5),
            (#""\"#, .unexpectedEnd, 2), (#""\ud800""#, .loneSurrogate, 1), (#""\udc00""#, .loneSurrogate, 1),
            (#""\ud800\u0041""#, .loneSurrogate, 1), (#""\ud800\n""#, .loneSurrogate, 1),
            (#"{"a":1,"a":2}"#, .duplicateName, 7), (#"{"a":1,"\u0061":2}"#, .duplicateName, 7),
            ("01", .invalidNumber, 0), ("-", .unexpectedEnd, 1), ("-a", .invalidNumber, 1),
            ("+1", .unexpectedByte, 0), (".5", .unexpectedByte, 0), ("1.", .unexpectedEnd, 2),
            ("[1.]", .invalidNumber, 3), ("1e", .unexpectedEnd, 2), ("[1e+]", .invalidNumber, 4),
            ("NaN", .unexpectedByte, 0), ("Infinity", .unexpectedByte, 0), ("0x10", .trailingBytes, 1),
            ("9223372036854775808", .numberOutOfRange, 0), ("-9223372036854775809", .numberOutOfRange, 0),
            ("99999999999999999999999", .numberOutOfRange, 0), ("1e999", .numberOutOfRange, 0),
            ("1 2", .trailingBytes, 2), ("{}{}", .trailingBytes, 2), ("null\u{0}", .trailingBytes, 4),
        ] as [(String, JSONError.Code, Int)]
    )
    func refuses(text: String, code: JSONError.Code, offset: Int) {
        #expect(throws: JSONError(code: code, offset: offset)) { try JSONParser.parse(text) }
    }

    @Test(
        "a string that is not UTF-8 is refused, with and without escapes",
        arguments: [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE5, 0xB1], [0x80],
        ] as [[UInt8]]
    )
    func invalidUTF8(bytes: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        #expect(throws: JSONError(code: .invalidUTF8, offset: 1)) { try JSONParser.parse([quote] + bytes + [quote]) }
        #expect(throws: JSONError(code: .invalidUTF8, offset: 1)) {
            try JSONParser.parse([quote] + Array(#"\n"#.utf8) + bytes + [quote])
        }
        let long = [UInt8](repeating: 65, count: 100)
        #expect(throws: JSONError(code: .invalidUTF8, offset: 1)) {
            try JSONParser.parse([quote] + long + bytes + long + [quote])
        }
    }

    @Test("a number with endless digits is refused")
    func endlessDigits() {
        let text = "0." + String(repeating: "1", count: 1000)
        #expect(throws: JSONError(code: .numberOutOfRange, offset: 0)) { try JSONParser.parse(text) }
    }

    @Test("a duplicate name is noticed among many")
    func duplicateAmongMany() throws {
        let members = (0..<100).map { "\"n\($0)\":\($0)" }
        let good = "{" + members.joined(separator: ",") + "}"
        #expect(try JSONParser.parse(good).objectValue?.count == 100)
        #expect(throws: JSONError.self) { try JSONParser.parse(good.dropLast() + ",\"n7\":1}") }
    }

    @Test("nesting is refused one level beyond the limit, and never costs the stack")
    func nesting() throws {
        let deep = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        #expect(throws: Never.self) { try JSONParser.parse(deep(16)) }
        #expect(throws: JSONError(code: .tooDeep, offset: 16)) { try JSONParser.parse(deep(17)) }
        let boundless = JSONLimits(maximumBytes: .max, maximumDepth: .max, maximumMembers: .max)
        #expect(throws: JSONError(code: .tooDeep, offset: 128)) {
            try JSONParser.parse(deep(500_000), limits: boundless)
        }
        let objects = String(repeating: "{\"a\":", count: 500_000)
        #expect(throws: JSONError.self) { try JSONParser.parse(objects, limits: boundless) }
    }

    @Test("members and bytes beyond the limit are refused")
    func limits() {
        let limits = JSONLimits(maximumBytes: 20, maximumDepth: 4, maximumMembers: 3)
        #expect(throws: Never.self) { try JSONParser.parse("[1,2,3]", limits: limits) }
        #expect(throws: JSONError(code: .tooManyMembers, offset: 7)) {
            try JSONParser.parse("[1,2,3,4]", limits: limits)
        }
        #expect(throws: JSONError(code: .tooManyMembers, offset: 11)) {
            try JSONParser.parse(#"{"a":[1,2],"b":1}"#, limits: limits)
        }
        #expect(throws: JSONError(code: .tooLarge, offset: 20)) {
            try JSONParser.parse(String(repeating: " ", count: 21), limits: limits)
        }
    }

    @Test("each refusal explains itself", arguments: JSONError.Code.allCases)
    func explanations(code: JSONError.Code) {
        #expect(JSONError(code: code, offset: 3).description.hasSuffix("(byte 3)"))
    }
}
