# SPDX-License-Identifier: Apache-2.0
# What the build must know of this board; included by os/boards/CMakeLists.txt.
set(TINYML_BOARD_ISA rvv)
set(rom_log2 20)
set(service_stack_bytes 3072)
set(ram_log2 19)
set(kept_bytes 1024) # a crash record of 64-bit words
set(TINYML_BOARD_LINK_FLAGS -Wl,--build-id=none -Wl,--no-relax
  -L/usr/lib/picolibc/riscv64-unknown-elf/lib/rv64imafdc/lp64d)
include(${CMAKE_CURRENT_LIST_DIR}/../riscv-virt/family.cmake)

# The services' working memory is measured with numbers in words of 32 bits, as on every other device.
if(TARGET tinyml_mbedtls_small)
  target_compile_definitions(tinyml_mbedtls_small PUBLIC MBEDTLS_HAVE_INT32)
endif()
