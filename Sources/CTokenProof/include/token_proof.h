// A user's token as the user's software will use it: OpenSSL with libp11.
#ifndef INKAN_TOKEN_PROOF_H
#define INKAN_TOKEN_PROOF_H

#include <stddef.h>

enum { INKAN_PROOF_TEXT = 512 };

/// What was proven, or what failed. Texts end with a zero.
struct inkan_token_proof {
    /// 0: nothing, 1: certificate and key were found, 2: the log-in was proven or is not for this certificate, 3: the
    /// message was proven, too.
    int steps;
    char subject[INKAN_PROOF_TEXT];
    /// What the certificate's extensions allow.
    int is_for_login, is_for_mail;
    /// Such as "TLSv1.3, TLS_AES_256_GCM_SHA384"; empty when the certificate is not for log-ins.
    char session[INKAN_PROOF_TEXT];
    /// Empty when all is well.
    char problem[INKAN_PROOF_TEXT];
};

/// Finds a certificate with its key in a token, logs in with it to a TLS server inside this process that demands it, if
/// the certificate is for that, and signs a message with it (CMS), which is verified: as a mail, if the certificate is
/// for mail. Answers 0 when everything was proven.
///
/// module: a PKCS#11 module's path. serial, label: of the token; either may be NULL. pin: ends with a zero.
/// roots: a PEM file with the roots that the server and the reader of the message trust.
int inkan_prove_token(const char *module, const char *serial, const char *label, const char *pin, const char *roots,
                      struct inkan_token_proof *proof);

#endif
