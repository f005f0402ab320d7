import PKCS11
import Testing

@Suite("Keys that leave the token wrapped") struct ExportableKeyTests {
    @Test(
        "One whose attributes are not as they must be is refused, and neither of its halves stays",
        arguments: Session.exportAttributes.map(\.type.rawValue)
    )
    func refusedAttributes(type: UInt) async throws {
        let token = try TestToken.make()
        try token.order("C_GetAttributeValue 1 0 attribute \(type)")
        let (folder, serial) = (token.folder, token.serial)
        await #expect(processExitsWith: .success) {
            [folder = folder as String, serial = serial as String, type = type as UInt] in
            let session = try TokenContents.session(folder, serial: serial, faulty: true)
            do throws(PKCS11Error) {
                let key = try session.generateExportableKeyPair(.ec(.p256))
                Issue.record("accepted \(key.publicKey)")
            } catch {
                guard case .attributesRefused(let names) = error else {
                    Issue.record("\(error)")
                    return
                }
                #expect(names.count == 1 && names[0].hasPrefix(AttributeType(rawValue: type).description))
            }
            #expect(try session.findObjects([]).isEmpty)
        }
    }

    @Test("A fault while it is looked at stays that fault, also when its halves cannot be destroyed")
    func passingFault() async throws {
        let token = try TestToken.make()
        // CKR_DEVICE_ERROR, CKR_SESSION_HANDLE_INVALID
        try token.order("C_GetAttributeValue 1 0 return 0x30", "C_DestroyObject 1 0 return 0xb3")
        let (folder, serial) = (token.folder, token.serial)
        await #expect(processExitsWith: .success) { [folder = folder as String, serial = serial as String] in
            let session = try TokenContents.session(folder, serial: serial, faulty: true)
            let error = #expect(throws: PKCS11Error.self) { try session.generateExportableKeyPair(.ec(.p256)) }
            #expect(error?.answer?.rawValue == 0x30, "\(String(describing: error))")
        }
    }
}
