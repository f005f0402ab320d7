// Tables for a point of one's own, Jacobian coordinates and a curve's Montgomery context: all deprecated since
// OpenSSL 3.0, which has nothing in their place.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "fixed_point.h"

#include <openssl/opensslv.h>
#include <stddef.h>

#if OPENSSL_VERSION_MAJOR >= 4 || defined(OPENSSL_NO_DEPRECATED_3_0)

struct inkan_fixed_p256 inkan_fixed_p256_make(const uint8_t point[65]) {
    (void)point;
    return (struct inkan_fixed_p256){NULL};
}

int inkan_fixed_p256_verify(struct inkan_fixed_p256 key, const uint8_t digest[32], const uint8_t signature[64]) {
    (void)key, (void)digest, (void)signature;
    return -1;
}

void inkan_fixed_p256_free(struct inkan_fixed_p256 key) { (void)key; }

#else

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

struct inkan_fixed_p256_tables {
    /// The curve with its own generator, for whose multiples libcrypto brings a table.
    EC_GROUP *curve;
    /// The curve with the key's point as its generator.
    EC_GROUP *key;
    /// The order less 2: what inverts when it is the exponent, in less time than Euclid's algorithm takes.
    BIGNUM *inverting;
};

/// Whether the point was the curve's, and its multiples are tabled.
static int table(EC_GROUP *key, const EC_GROUP *curve, const uint8_t point[65]) {
    EC_POINT *generator = EC_POINT_new(curve);
    // Reading an uncompressed point fails when it is not on the curve.
    int is_tabled = generator && point[0] == POINT_CONVERSION_UNCOMPRESSED &&
                    EC_POINT_oct2point(curve, generator, point, 65, NULL) == 1 &&
                    EC_GROUP_set_generator(key, generator, EC_GROUP_get0_order(curve), BN_value_one()) == 1 &&
                    EC_GROUP_precompute_mult(key, NULL) == 1 && EC_GROUP_have_precompute_mult(key) == 1;
    EC_POINT_free(generator);
    return is_tabled;
}

static int fill(struct inkan_fixed_p256_tables *tables, const uint8_t point[65]) {
    tables->curve = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    tables->key = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    if (!tables->curve || !tables->key) return 0;
    tables->inverting = BN_dup(EC_GROUP_get0_order(tables->curve));
    return tables->inverting && BN_sub_word(tables->inverting, 2) && table(tables->key, tables->curve, point);
}

struct inkan_fixed_p256 inkan_fixed_p256_make(const uint8_t point[65]) {
    struct inkan_fixed_p256 made = {OPENSSL_zalloc(sizeof *made.tables)};
    if (made.tables && !fill(made.tables, point)) {
        inkan_fixed_p256_free(made);
        made.tables = NULL;
    }
    if (!made.tables) ERR_clear_error();
    return made;
}

void inkan_fixed_p256_free(struct inkan_fixed_p256 key) {
    if (!key.tables) return;
    EC_GROUP_free(key.tables->curve);
    EC_GROUP_free(key.tables->key);
    BN_free(key.tables->inverting);
    OPENSSL_free(key.tables);
}

/// Whether x of the point is `x`: 1, 0, or -1. In Jacobian coordinates it is X/Z², and nothing has to be inverted.
static int has_x(const EC_GROUP *curve, const EC_POINT *point, const BIGNUM *x, BN_CTX *context) {
    const BIGNUM *prime = EC_GROUP_get0_field(curve);
    BIGNUM *X = BN_CTX_get(context), *Z = BN_CTX_get(context), *expected = BN_CTX_get(context);
    if (!expected || !EC_POINT_get_Jprojective_coordinates_GFp(curve, point, X, NULL, Z, context) ||
        !BN_mod_sqr(expected, Z, prime, context) || !BN_mod_mul(expected, expected, x, prime, context))
        return -1;
    return BN_cmp(X, expected) == 0;
}

/// Whether x of the point, modulo the order, is r: 1, 0, or -1. The order is less than the prime, and more than half of
/// it: x is r or r + order.
static int has_r(const EC_GROUP *curve, const EC_POINT *point, const BIGNUM *r, BN_CTX *context) {
    int is_r = has_x(curve, point, r, context);
    BIGNUM *x = BN_CTX_get(context);
    if (is_r != 0) return is_r;
    if (!x || !BN_add(x, r, EC_GROUP_get0_order(curve))) return -1;
    return BN_cmp(x, EC_GROUP_get0_field(curve)) < 0 ? has_x(curve, point, x, context) : 0;
}

static int is_in_range(const BIGNUM *value, const BIGNUM *order) {
    return !BN_is_zero(value) && BN_cmp(value, order) < 0;
}

/// The steps of FIPS 186-5 6.4.2 from the digest on, in its letters. R and part are room for points.
static int verify(const struct inkan_fixed_p256_tables *tables, const uint8_t digest[32], const uint8_t signature[64],
                  EC_POINT *R, EC_POINT *part, BN_CTX *context) {
    const BIGNUM *n = EC_GROUP_get0_order(tables->curve);
    BIGNUM *e = BN_CTX_get(context), *r = BN_CTX_get(context), *s = BN_CTX_get(context);
    BIGNUM *w = BN_CTX_get(context), *u = BN_CTX_get(context), *v = BN_CTX_get(context);
    if (!v || !BN_bin2bn(digest, 32, e) || !BN_bin2bn(signature, 32, r) || !BN_bin2bn(signature + 32, 32, s)) return -1;
    if (!is_in_range(r, n) || !is_in_range(s, n)) return 0;
    if (!BN_mod_exp_mont(w, s, tables->inverting, n, context, EC_GROUP_get_mont_data(tables->curve)) ||
        !BN_mod_mul(u, e, w, n, context) || !BN_mod_mul(v, r, w, n, context))
        return -1;
    // Asked for multiples of the generator alone, libcrypto takes them from the table.
    if (!EC_POINT_mul(tables->curve, R, u, NULL, NULL, context) ||
        !EC_POINT_mul(tables->key, part, v, NULL, NULL, context) || !EC_POINT_add(tables->curve, R, R, part, context))
        return -1;
    return EC_POINT_is_at_infinity(tables->curve, R) ? 0 : has_r(tables->curve, R, r, context);
}

int inkan_fixed_p256_verify(struct inkan_fixed_p256 key, const uint8_t digest[32], const uint8_t signature[64]) {
    BN_CTX *context = BN_CTX_new();
    EC_POINT *R = EC_POINT_new(key.tables->curve), *part = EC_POINT_new(key.tables->key);
    int answer = -1;
    if (context && R && part) {
        BN_CTX_start(context);
        answer = verify(key.tables, digest, signature, R, part, context);
        BN_CTX_end(context);
    }
    EC_POINT_free(R);
    EC_POINT_free(part);
    BN_CTX_free(context);
    if (answer < 0) ERR_clear_error();
    return answer;
}

#endif
