import Testing

@Suite("The stylesheet", .serialized)
struct SampleTests {
    @Test(
        "a page with everything on it keeps to WCAG 2.2 A and AA, in both languages and colour schemes, wide and narrow"
    )
    func sample() throws {
        try BrowserWalk.expectDone("sample.py", ["check"], done: "check")
    }

    @Test("forms show the address, tick all boxes, insert variables and make passwords")
    func comforts() throws {
        try BrowserWalk.expectDone("sample.py", ["comforts"], done: "comforts")
    }
}
