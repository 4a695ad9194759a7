# SPDX-License-Identifier: Apache-2.0
# What the build must know of this board; included by os/boards/CMakeLists.txt.
set(TINYML_BOARD_SOURCES clock.cpp console.cpp entropy.cpp info.cpp net.cpp reset.cpp services.cpp start.cpp store.cpp
  ${CMAKE_SOURCE_DIR}/os/cpu/riscv32/start.cpp)
set(TINYML_BOARD_PROGRAMS exec bare) # no network, no bootloader
set(TINYML_BOARD_LIBS tinyml::base)
set(TINYML_BOARD_LINK kNone)
set(TINYML_BOARD_ROOTS tinyml_start)
set(TINYML_BOARD_LINK_FLAGS -Wl,--build-id=none -Wl,--no-relax
  -L/usr/lib/picolibc/riscv64-unknown-elf/lib/rv32im/ilp32)
set(TINYML_BOARD_PAYLOAD binary)

# As in exec.ld; the first 32 bytes of RAM are the stack's guard.
set(TINYML_BOARD_ROM_ORIGIN 2147483648) # 0x80000000
set(TINYML_BOARD_ROM_BYTES 524288)
set(TINYML_BOARD_RAM_ORIGIN 2148007968) # 0x80080020
set(TINYML_BOARD_RAM_BYTES 262112)
set(TINYML_BOARD_SECTION_ALIGN 16)
set(TINYML_BOARD_STACK_RULES "{ \"entries\": [\"tinyml_start_on_stack\"], \"library_call_bytes\": 128 }")
set(TINYML_BOARD_EXEC_SCRIPT ${TINYML_BOARD_DIR}/exec.ld)
set(TINYML_BOARD_KIT_FILES ${TINYML_BOARD_DIR}/exec.ld)

macro(tinyml_board_programs)
endmacro()
