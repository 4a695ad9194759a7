// SPDX-License-Identifier: Apache-2.0
#ifndef TINYML_TENDER_MONITOR_MBEDTLS_CONFIG_H
#define TINYML_TENDER_MONITOR_MBEDTLS_CONFIG_H

/* The bootloaders' part of mbedTLS, where memory is no matter and time is. */
#include "os/boot/mbedtls_config.h"

#define MBEDTLS_HAVE_ASM
#undef MBEDTLS_SHA256_SMALLER
#undef MBEDTLS_MPI_WINDOW_SIZE
#define MBEDTLS_MPI_WINDOW_SIZE 4
#undef MBEDTLS_ECP_WINDOW_SIZE
#define MBEDTLS_ECP_WINDOW_SIZE 5

#undef MBEDTLS_PLATFORM_CALLOC_MACRO
#undef MBEDTLS_PLATFORM_FREE_MACRO
#define MBEDTLS_PLATFORM_CALLOC_MACRO calloc
#define MBEDTLS_PLATFORM_FREE_MACRO free
#include <stdlib.h>

#endif
