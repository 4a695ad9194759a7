// SPDX-License-Identifier: Apache-2.0
#ifndef TINYML_OS_BOOT_MBEDTLS_CONFIG_H
#define TINYML_OS_BOOT_MBEDTLS_CONFIG_H

/* The part of mbedTLS that a bootloader needs: SHA-256 and checking ECDSA P-256 signatures. Sizes
 * were measured on Thumb-2 with -Os; the notes say what an option costs. */

#include <stddef.h>

#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA256_SMALLER /* -1.2 KB; hashing is not what an update waits for */

#define MBEDTLS_BIGNUM_C
#define MBEDTLS_ECP_C
#define MBEDTLS_ECDSA_C
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED
#define MBEDTLS_ECP_NIST_OPTIM      /* the fast reduction modulo p: 4 times faster */
#define MBEDTLS_ECP_NO_INTERNAL_RNG /* only public values are multiplied here: nothing to blind */

/* The least tables: working memory instead of speed. */
#define MBEDTLS_MPI_WINDOW_SIZE 1
#define MBEDTLS_MPI_MAX_SIZE 64
#define MBEDTLS_ECP_WINDOW_SIZE 2
#define MBEDTLS_ECP_FIXED_POINT_OPTIM 0
#define MBEDTLS_ECP_MAX_BITS 256

/* ecdsa.h asks for these declarations; nothing of theirs is linked. */
#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C

/* Memory comes from the block that the caller of a check lends (os/boot/lent_heap.hpp). */
#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_PLATFORM_NO_STD_FUNCTIONS
#define MBEDTLS_PLATFORM_CALLOC_MACRO tinyml_lent_calloc
#define MBEDTLS_PLATFORM_FREE_MACRO tinyml_lent_free

#ifdef __cplusplus
extern "C" {
#endif
void *tinyml_lent_calloc(size_t count, size_t size);
void tinyml_lent_free(void *block);
#ifdef __cplusplus
}
#endif

#endif
