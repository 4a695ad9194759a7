/* SPDX-License-Identifier: Apache-2.0 */
#include <mbedtls/platform_util.h>

/* mbedTLS's own goes through a function pointer, which no stack bound can follow. */
void mbedtls_platform_zeroize(void *bytes, size_t size) {
  volatile unsigned char *at = bytes;
  while (size-- > 0) {
    *at++ = 0;
  }
}
