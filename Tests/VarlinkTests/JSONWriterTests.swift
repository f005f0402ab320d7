import Testing
import Varlink

@Suite("Writing JSON")
struct JSONWriterTests {
    @Test("commas come by themselves")
    func commas() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("text", "a\"b\\c\u{1}山")
        writer.member("missing", nil as String?)
        writer.member("number", -5)
        writer.member("flag", true)
        writer.member("list", ["x", "y"])
        writer.object("inner") { $0.member("value", value: [1, .null]) }
        writer.name("raw")
        writer.raw("[1,2]")
        writer.name("raw2")
        writer.raw(Array("{}".utf8))
        writer.name("data")
        writer.base64([1, 2, 3, 4])
        writer.name("infinite")
        writer.double(.infinity)
        writer.name("empty")
        writer.beginArray()
        writer.endArray()
        writer.endObject()
        let expected =
            #"{"text":"a\"b\\c\u0001山","number":-5,"flag":true,"list":["x","y"],"inner":{"value":[1,null]},"#
            + #""raw":[1,2],"raw2":{},"data":"AQIDBA==","infinite":null,"empty":[]}"#
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
    }
}
