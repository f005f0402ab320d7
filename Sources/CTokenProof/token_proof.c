#include "token_proof.h"

#include <libp11.h>
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

typedef struct inkan_token_proof Proof;

/// What is held in the token, and what must be given back.
struct held {
    PKCS11_CTX *context;
    PKCS11_SLOT *slots;
    unsigned int slot_count;
    EVP_PKEY *key;
    X509 *certificate;
    STACK_OF(X509) *chain;
    X509_STORE *roots;
};

static int fail(Proof *proof, const char *what) {
    unsigned long code = ERR_get_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    snprintf(proof->problem, sizeof proof->problem, "%s%s%s", what, reason ? ": " : "", reason ? reason : "");
    ERR_clear_error();
    return -1;
}

static int fits(const char *wanted, const char *found) { return !wanted || (found && strcmp(wanted, found) == 0); }

// MARK: The token

static PKCS11_SLOT *find_slot(struct held *held, const char *serial, const char *label) {
    for (PKCS11_SLOT *slot = PKCS11_find_token(held->context, held->slots, held->slot_count); slot;
         slot = PKCS11_find_next_token(held->context, held->slots, held->slot_count, slot)) {
        if (fits(serial, slot->token->serialnr) && fits(label, slot->token->label)) return slot;
    }
    return NULL;
}

/// The first certificate that has its key in the token; the others are its chain.
static int take_certificates(struct held *held, PKCS11_TOKEN *token, Proof *proof) {
    PKCS11_CERT *certificates;
    unsigned int count;
    if (PKCS11_enumerate_certs(token, &certificates, &count) != 0) return fail(proof, "the certificates cannot be read");
    held->chain = sk_X509_new_null();
    if (!held->chain) return fail(proof, "out of memory");
    for (unsigned int i = 0; i < count; i++) {
        PKCS11_KEY *key = held->key ? NULL : PKCS11_find_key(&certificates[i]);
        EVP_PKEY *found = key ? PKCS11_get_private_key(key) : NULL;
        if (found && X509_check_private_key(certificates[i].x509, found) == 1) {
            held->key = found;
            held->certificate = certificates[i].x509;
            X509_up_ref(held->certificate);
            continue;
        }
        EVP_PKEY_free(found);
        X509_up_ref(certificates[i].x509);
        if (!sk_X509_push(held->chain, certificates[i].x509)) return fail(proof, "out of memory");
    }
    ERR_clear_error();
    if (!held->key) return fail(proof, "no certificate in the token has its key there");
    X509_NAME_oneline(X509_get_subject_name(held->certificate), proof->subject, sizeof proof->subject);
    return 0;
}

static int open_token(struct held *held, const char *module, const char *serial, const char *label, const char *pin,
                      Proof *proof) {
    held->context = PKCS11_CTX_new();
    if (!held->context || PKCS11_CTX_load(held->context, module) != 0) return fail(proof, "the module cannot be loaded");
    if (PKCS11_enumerate_slots(held->context, &held->slots, &held->slot_count) != 0) {
        return fail(proof, "the slots cannot be listed");
    }
    PKCS11_SLOT *slot = find_slot(held, serial, label);
    if (!slot) return fail(proof, "no such token is there");
    if (slot->token->userPinFinalTry) return fail(proof, "the next wrong PIN would lock the token, so none is tried");
    if (PKCS11_login(slot, 0, pin) != 0) return fail(proof, "the log-in was refused; the PIN was tried once");
    return take_certificates(held, slot->token, proof);
}

static int read_roots(struct held *held, const char *path, Proof *proof) {
    held->roots = X509_STORE_new();
    if (!held->roots || X509_STORE_load_file(held->roots, path) != 1) return fail(proof, "the roots cannot be read");
    return 0;
}

/// Whether the certificate's extensions allow its owner a use.
static int suits(struct held *held, int purpose) { return X509_check_purpose(held->certificate, purpose, 0) == 1; }

// MARK: Logging in

/// A server's certificate that signs itself, made for this one connection.
static int dress_server(SSL_CTX *server) {
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    int made = key && certificate && X509_set_version(certificate, X509_VERSION_3) &&
               ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) &&
               X509_gmtime_adj(X509_getm_notBefore(certificate), -60) &&
               X509_gmtime_adj(X509_getm_notAfter(certificate), 3600) &&
               X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                                          (const unsigned char *)"localhost", -1, -1, 0) &&
               X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) &&
               X509_set_pubkey(certificate, key) && X509_sign(certificate, key, EVP_sha256()) > 0 &&
               SSL_CTX_use_certificate(server, certificate) == 1 && SSL_CTX_use_PrivateKey(server, key) == 1;
    X509_free(certificate);
    EVP_PKEY_free(key);
    return made ? 0 : -1;
}

/// Both ends take turns until neither has anything to say.
static int shake_hands(SSL *client, SSL *server) {
    for (int turn = 0; turn < 64; turn++) {
        int there = SSL_do_handshake(client), here = SSL_do_handshake(server);
        if (there == 1 && here == 1) return 0;
        int client_error = SSL_get_error(client, there), server_error = SSL_get_error(server, here);
        int waits = (there == 1 || client_error == SSL_ERROR_WANT_READ || client_error == SSL_ERROR_WANT_WRITE) &&
                    (here == 1 || server_error == SSL_ERROR_WANT_READ || server_error == SSL_ERROR_WANT_WRITE);
        if (!waits) return -1;
    }
    return -1;
}

static int converse(SSL *client, SSL *server, Proof *proof) {
    static const char hello[] = "inkan: hello";
    char heard[sizeof hello] = {0};
    if (shake_hands(client, server) != 0) return fail(proof, "the TLS handshake failed");
    if (SSL_write(client, hello, sizeof hello) != sizeof hello ||
        SSL_read(server, heard, sizeof heard) != sizeof heard || strcmp(hello, heard) != 0) {
        return fail(proof, "the server did not hear the client");
    }
    if (!SSL_get0_peer_certificate(server) || SSL_get_verify_result(server) != X509_V_OK) {
        return fail(proof, "the server does not know the client");
    }
    snprintf(proof->session, sizeof proof->session, "%s, %s", SSL_get_version(server), SSL_get_cipher(server));
    return 0;
}

static int prove_login(struct held *held, Proof *proof) {
    SSL_CTX *server_context = SSL_CTX_new(TLS_server_method()), *client_context = SSL_CTX_new(TLS_client_method());
    SSL *server = NULL, *client = NULL;
    BIO *server_end = NULL, *client_end = NULL;
    int result = -1;
    if (!server_context || !client_context || dress_server(server_context) != 0) {
        fail(proof, "no TLS server can be made");
        goto out;
    }
    SSL_CTX_set_verify(server_context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set1_cert_store(server_context, held->roots);
    if (SSL_CTX_use_cert_and_key(client_context, held->certificate, held->key, held->chain, 1) != 1) {
        fail(proof, "OpenSSL does not take certificate and key from the token");
        goto out;
    }
    server = SSL_new(server_context);
    client = SSL_new(client_context);
    if (!server || !client || BIO_new_bio_pair(&server_end, 0, &client_end, 0) != 1) {
        fail(proof, "no TLS connection can be made");
        goto out;
    }
    SSL_set_bio(server, server_end, server_end);
    SSL_set_bio(client, client_end, client_end);
    SSL_set_accept_state(server);
    SSL_set_connect_state(client);
    result = converse(client, server, proof);
out:
    SSL_free(client);
    SSL_free(server);
    SSL_CTX_free(client_context);
    SSL_CTX_free(server_context);
    return result;
}

// MARK: Signing a message

/// A certificate for mail is judged as one; with another, a signature is all that is proven.
static int prove_mail(struct held *held, Proof *proof) {
    int purpose = suits(held, X509_PURPOSE_SMIME_SIGN) ? X509_PURPOSE_SMIME_SIGN : X509_PURPOSE_ANY;
    static const char text[] = "Content-Type: text/plain\r\n\r\ninkan: a message that the token has signed\r\n";
    BIO *message = BIO_new_mem_buf(text, sizeof text - 1), *again = BIO_new_mem_buf(text, sizeof text - 1);
    CMS_ContentInfo *signed_message = NULL;
    int result = -1;
    if (!message || !again) {
        fail(proof, "out of memory");
    } else if (!(signed_message =
                     CMS_sign(held->certificate, held->key, held->chain, message, CMS_DETACHED | CMS_BINARY))) {
        fail(proof, "the message cannot be signed");
    } else if (X509_STORE_set_purpose(held->roots, purpose) != 1 ||
               CMS_verify(signed_message, NULL, held->roots, again, NULL, CMS_DETACHED | CMS_BINARY) != 1) {
        fail(proof, "the signed message does not verify");
    } else {
        result = 0;
    }
    CMS_ContentInfo_free(signed_message);
    BIO_free(message);
    BIO_free(again);
    return result;
}

int inkan_prove_token(const char *module, const char *serial, const char *label, const char *pin, const char *roots,
                      struct inkan_token_proof *proof) {
    struct held held = {0};
    memset(proof, 0, sizeof *proof);
    int result = read_roots(&held, roots, proof);
    if (result == 0) result = open_token(&held, module, serial, label, pin, proof);
    if (result == 0) {
        proof->steps = 1;
        proof->is_for_mail = suits(&held, X509_PURPOSE_SMIME_SIGN);
        proof->is_for_login = suits(&held, X509_PURPOSE_SSL_CLIENT);
        if (proof->is_for_login) result = prove_login(&held, proof);
    }
    if (result == 0) {
        proof->steps = 2;
        result = prove_mail(&held, proof);
    }
    if (result == 0) proof->steps = 3;
    EVP_PKEY_free(held.key);
    X509_free(held.certificate);
    sk_X509_pop_free(held.chain, X509_free);
    X509_STORE_free(held.roots);
    if (held.slots) PKCS11_release_all_slots(held.context, held.slots, held.slot_count);
    if (held.context) {
        PKCS11_CTX_unload(held.context);
        PKCS11_CTX_free(held.context);
    }
    return result;
}
