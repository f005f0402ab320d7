// A P-256 public key under which many signatures are verified: its multiples are tabled once, as those of the curve's
// own generator are.
#ifndef INKAN_FIXED_POINT_H
#define INKAN_FIXED_POINT_H

#include <stdint.h>

/// Nothing in it changes after it was made, so any number of threads use it at once.
struct __attribute__((swift_attr("@Sendable"))) inkan_fixed_p256 {
    struct inkan_fixed_p256_tables *tables;
};

/// Makes the tables: 15 ms and 150 kB. point: uncompressed (SEC 1 2.3.3). The tables are NULL when the point is none of
/// the curve, or when this libcrypto does not make tables.
struct inkan_fixed_p256 inkan_fixed_p256_make(const uint8_t point[65]);

/// ECDSA (FIPS 186-5 6.4.2) with the leftmost 32 octets of a digest. signature: r and s. Answers 1 when it is right, 0
/// when it is not, -1 when libcrypto failed.
int inkan_fixed_p256_verify(struct inkan_fixed_p256 key, const uint8_t digest[32], const uint8_t signature[64]);

void inkan_fixed_p256_free(struct inkan_fixed_p256 key);

#endif
