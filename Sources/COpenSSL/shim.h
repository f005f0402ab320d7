#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// Lists are macros, which Swift cannot see.
static inline void inkan_safes_free(struct stack_st_PKCS7 *safes) { sk_PKCS7_pop_free(safes, PKCS7_free); }

static inline void inkan_bags_free(struct stack_st_PKCS12_SAFEBAG *bags) {
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
}
