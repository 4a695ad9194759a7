# SPDX-License-Identifier: Apache-2.0
# Target tinyml_mbedtls: on the host Debian's libmbedcrypto, for a device tinyml_mbedtls_small, which is the same release's
# sources (fetched by tools/fetch-mbedtls) with the configuration os/boot/mbedtls_config.h. The host builds the small one
# too, to test it. Where the sources are missing it is absent: a device tree then builds everything but its bootloader.
include_guard(GLOBAL)

set(TINYML_MBEDTLS_DIR ${CMAKE_SOURCE_DIR}/build/third_party/mbedtls)
if(NOT EXISTS ${TINYML_MBEDTLS_DIR}/.complete AND NOT TINYML_BOARD STREQUAL "host")
  execute_process(COMMAND ${CMAKE_SOURCE_DIR}/tools/fetch-mbedtls)
endif()
if(EXISTS ${TINYML_MBEDTLS_DIR}/.complete)
  set(sources bignum constant_time ecdsa ecp ecp_curves sha256)
  list(TRANSFORM sources REPLACE "(.+)" "${TINYML_MBEDTLS_DIR}/library/\\1.c")
  add_library(tinyml_mbedtls_small STATIC EXCLUDE_FROM_ALL ${sources} ${CMAKE_SOURCE_DIR}/os/boot/zeroize.c)
  target_include_directories(tinyml_mbedtls_small SYSTEM PUBLIC ${TINYML_MBEDTLS_DIR}/include)
  target_include_directories(tinyml_mbedtls_small PUBLIC ${CMAKE_SOURCE_DIR})
  target_compile_definitions(tinyml_mbedtls_small PUBLIC "MBEDTLS_CONFIG_FILE=\"os/boot/mbedtls_config.h\"")
  # What the configuration does not use still names functions of files that are not built.
  target_compile_options(tinyml_mbedtls_small PRIVATE -ffunction-sections -fdata-sections)
  target_link_options(tinyml_mbedtls_small INTERFACE -Wl,--gc-sections)
else()
  message(WARNING "no mbedTLS sources in build/third_party: bootloaders cannot be built. Run tools/fetch-mbedtls, then configure again.")
endif()

if(TINYML_BOARD STREQUAL "host")
  find_library(TINYML_MBEDCRYPTO mbedcrypto REQUIRED)
  find_path(TINYML_MBEDTLS_INCLUDE mbedtls/ecdsa.h REQUIRED)
  add_library(tinyml_mbedtls INTERFACE)
  target_include_directories(tinyml_mbedtls SYSTEM INTERFACE ${TINYML_MBEDTLS_INCLUDE})
  target_link_libraries(tinyml_mbedtls INTERFACE ${TINYML_MBEDCRYPTO})
elseif(TARGET tinyml_mbedtls_small)
  add_library(tinyml_mbedtls ALIAS tinyml_mbedtls_small)
endif()
