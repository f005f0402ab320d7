import PKCS12
import Secrets
import Threads

/// A private key on its way to its owner: held from its making to its packing, and nowhere else.
final class KeyDelivery: Sendable {
    private struct Contents: Sendable {
        let key: Secret
        let password: Secret
    }

    let route: KeyRoute
    private let variant: PKCS12Variant
    /// Answered with the file, once; none where the caller has given it.
    private let madePassword: Guarded<Secret?>
    private let contents: Guarded<Contents?>
    /// Whether the caller still waits. Nobody could give the key to a later one.
    let isWanted: @Sendable () -> Bool

    init(
        key: Secret,
        route: KeyRoute,
        variant: PKCS12Variant,
        givenPassword: Secret?,
        madePassword: Secret?,
        isWanted: @escaping @Sendable () -> Bool
    ) {
        self.route = route
        self.variant = variant
        self.isWanted = isWanted
        self.madePassword = Guarded(madePassword)
        contents = Guarded((givenPassword ?? madePassword).map { Contents(key: key, password: $0) })
    }

    /// Packs the key with its certificate, and forgets it.
    ///
    /// - Parameters:
    ///   - chain: DER, the issuer's certificate first.
    ///   - name: what importers show the key as.
    func pack(certificate: [UInt8], chain: [[UInt8]], name: String) throws(IssuanceError) -> PackedKey {
        let taken = contents.withLock { contents in
            defer { contents = nil }
            return contents
        }
        let password = madePassword.withLock { password in
            defer { password = nil }
            return password
        }
        guard let taken else {
            throw IssuanceError(
                .internalError,
                rule: "key.delivery",
                message: "the key has no password, or was packed before; nothing was released",
                mend: "report it with the service's log"
            )
        }
        do throws(PKCS12Error) {
            let file = try PKCS12File.pack(
                privateKey: taken.key,
                certificate: certificate,
                chain: chain,
                name: name,
                password: taken.password,
                variant: variant
            )
            return PackedKey(pkcs12: file, password: password, route: route)
        } catch {
            throw IssuanceError(ownFault: error)
        }
    }
}

/// A key that is ready to leave.
package struct PackedKey: Sendable {
    /// PKCS#12 in DER.
    package let pkcs12: [UInt8]
    /// The service's own; none where the caller has given one.
    package let password: Secret?
    package let route: KeyRoute
}
