# SPDX-License-Identifier: Apache-2.0
# Target tinyml_mbedtls: on the host Debian's libmbedcrypto, for a device the same release's sources (fetched by
# tools/fetch-mbedtls) with the small configuration os/boot/mbedtls_config.h. Absent when the sources are: then a
# device tree builds everything but its bootloader.
include_guard(GLOBAL)

if(TINYML_BOARD STREQUAL "host")
  find_library(TINYML_MBEDCRYPTO mbedcrypto REQUIRED)
  find_path(TINYML_MBEDTLS_INCLUDE mbedtls/ecdsa.h REQUIRED)
  add_library(tinyml_mbedtls INTERFACE)
  target_include_directories(tinyml_mbedtls SYSTEM INTERFACE ${TINYML_MBEDTLS_INCLUDE})
  target_link_libraries(tinyml_mbedtls INTERFACE ${TINYML_MBEDCRYPTO})
  return()
endif()

set(TINYML_MBEDTLS_DIR ${CMAKE_SOURCE_DIR}/build/third_party/mbedtls)
if(NOT EXISTS ${TINYML_MBEDTLS_DIR}/.complete)
  execute_process(COMMAND ${CMAKE_SOURCE_DIR}/tools/fetch-mbedtls RESULT_VARIABLE fetched)
endif()
if(NOT EXISTS ${TINYML_MBEDTLS_DIR}/.complete)
  message(WARNING "no mbedTLS sources: this tree cannot build a bootloader. Run tools/fetch-mbedtls, then configure again.")
  return()
endif()

set(sources bignum constant_time ecdsa ecp ecp_curves sha256)
list(TRANSFORM sources REPLACE "(.+)" "${TINYML_MBEDTLS_DIR}/library/\\1.c")
add_library(tinyml_mbedtls STATIC ${sources} ${CMAKE_SOURCE_DIR}/os/boot/zeroize.c)
target_include_directories(tinyml_mbedtls SYSTEM PUBLIC ${TINYML_MBEDTLS_DIR}/include)
target_include_directories(tinyml_mbedtls PUBLIC ${CMAKE_SOURCE_DIR})
target_compile_definitions(tinyml_mbedtls PUBLIC "MBEDTLS_CONFIG_FILE=\"os/boot/mbedtls_config.h\"")
