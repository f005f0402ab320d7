import PKCS11
import Tokens

/// Makes key pairs for people and takes them out of the token: the private key under a fresh AES key, that one under the
/// public key that came with the request. In clear neither of them leaves the token, and this process has no key to open
/// them with.
enum KeyExport {
    static func make(_ request: KeyExportRequest, _ session: Session) throws(OperationFailure) -> ExportedKeyPair {
        do throws(PKCS11Error) {
            let transport = try session.importTransportKey(
                modulus: request.transportModulus,
                exponent: request.transportExponent
            )
            let wrapping = try session.generateWrappingKey()
            // First the wrapping key: where it cannot leave, no key need be made.
            let wrappedKey = try session.wrap(wrapping, with: transport, .rsaOAEP)
            let key = try session.generateExportableKeyPair(request.algorithm.pkcs11)
            let wrappedPrivateKey = try session.wrap(key.privateHandle, with: wrapping, .aesKeyWrapPad)
            for object in [key.privateHandle, key.publicHandle, wrapping, transport] {
                try session.destroyObject(object)
            }
            return ExportedKeyPair(
                spki: key.publicKey.derEncoded,
                wrappedKey: wrappedKey,
                wrappedPrivateKey: wrappedPrivateKey
            )
        } catch {
            throw failure(error)
        }
    }

    /// Where the module has no such way, the caller takes another; everything else is the fault that it is.
    private static func failure(_ cause: PKCS11Error) -> OperationFailure {
        let isWay =
            switch cause {
            case .attributesRefused, .unsupported: true
            default: cause.answer?.meansNotWrappable ?? false
            }
        guard isWay else { return OperationFailure(cause) }
        return OperationFailure(
            TokenError(
                .mechanismUnavailable,
                "the module lets no key out wrapped: \(cause.description)",
                mend: "nothing; keys for people are then made from the token's random source",
                returnValue: cause.answer?.rawValue
            ),
            .permanent
        )
    }
}
