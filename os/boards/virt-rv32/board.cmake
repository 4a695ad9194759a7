# SPDX-License-Identifier: Apache-2.0
# What the build must know of this board; included by os/boards/CMakeLists.txt.
list(APPEND TINYML_BOARD_PROGRAMS worker adaptive parameter_server) # a board that trains
set(rom_log2 19)
set(service_stack_bytes 2048)
set(ram_log2 19)
set(kept_bytes 512)
set(TINYML_BOARD_LINK_FLAGS -Wl,--build-id=none -Wl,--no-relax
  -L/usr/lib/picolibc/riscv64-unknown-elf/lib/rv32im/ilp32)
include(${CMAKE_CURRENT_LIST_DIR}/../riscv-virt/family.cmake)
