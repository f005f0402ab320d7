import PKCS11
import Testing

@Suite("Answers of a module")
struct ReturnValueTests {
    @Test("Answers have the standard's names, or a number")
    func names() {
        #expect(ReturnValue(rawValue: 0x30).description == "CKR_DEVICE_ERROR")
        #expect(ReturnValue(rawValue: 0xa0).description == "CKR_PIN_INCORRECT")
        #expect(ReturnValue(rawValue: 0x8000_0001).description == "0x80000001")
    }

    @Test("What may be tried again is told from what may not, and from what costs a PIN try")
    func consequences() {
        #expect(ReturnValue.ok.consequence == .none)
        for pin in [0xa0, 0xa1, 0xa2, 0xa3, 0xa4] as [UInt] {
            #expect(ReturnValue(rawValue: pin).consequence == .pinDangerous)
        }
        for lasting in [0x21, 0x54, 0x63, 0x70, 0xd0, 0xe2] as [UInt] {
            #expect(ReturnValue(rawValue: lasting).consequence == .permanent)
        }
        for passing in [0x5, 0x30, 0x32, 0x60, 0x82, 0x90, 0xb3, 0x101, 0x190, 0x8000_0001] as [UInt] {
            #expect(ReturnValue(rawValue: passing).consequence == .transient)
        }
    }

    @Test("Errors name the function and the answer")
    func errors() {
        let error = PKCS11Error.call(function: "C_Sign", answer: .deviceError)
        #expect(error.description == "C_Sign answered CKR_DEVICE_ERROR")
        #expect(error.answer == .deviceError)
        #expect(PKCS11Error.keyMissing.answer == nil)
    }
}
