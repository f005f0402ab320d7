internal import CLinux
internal import COpenSSL

/// libcrypto's first moment in this process. Whoever calls it looks here first: after its first allocation it takes no
/// other allocator.
package enum LibCryptoStart {
    /// Whether every block that libcrypto frees is overwritten first, and no configuration file of the machine is read.
    /// False when something else has used it before.
    package static let isDone: Bool = {
        let isWiping = CRYPTO_set_mem_functions(inkan_wiping_malloc, inkan_wiping_realloc, inkan_wiping_free) == 1
        return isWiping && OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_LOAD_CONFIG), nil) == 1
    }()
}
