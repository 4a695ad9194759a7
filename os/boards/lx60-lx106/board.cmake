# SPDX-License-Identifier: Apache-2.0
# What the build must know of this board; included by os/boards/CMakeLists.txt.
set(TINYML_BOARD_SOURCES clock.cpp console.cpp entropy.cpp info.cpp net.cpp reset.cpp services.cpp start.cpp store.cpp
  ${CMAKE_SOURCE_DIR}/os/cpu/xtensa/arithmetic.cpp ${CMAKE_SOURCE_DIR}/os/cpu/xtensa/start.cpp)
# What the compiler calls in modules only is kept too.
set(arithmetic __umulsidi3 __muldi3 __udivsi3 __umodsi3 __divsi3 __udivdi3 __umoddi3 __divdi3)
set(TINYML_BOARD_PROGRAMS exec bare) # no network, no bootloader
set(TINYML_BOARD_LIBS tinyml::base)
set(TINYML_BOARD_LINK kNone)
set(TINYML_BOARD_ROOTS tinyml_start ${arithmetic})
set(TINYML_BOARD_LINK_FLAGS -Wl,--build-id=none -Wl,--no-relax -L/usr/lib/xtensa-lx106-elf/lib)
set(TINYML_BOARD_PAYLOAD binary)

# As in exec.ld.
set(TINYML_BOARD_ROM_ORIGIN 1075838976) # 0x40200000
set(TINYML_BOARD_ROM_BYTES 1048576)
set(TINYML_BOARD_RAM_ORIGIN 1073643520) # 0x3FFE8000
set(TINYML_BOARD_RAM_BYTES 81920)
set(TINYML_BOARD_SECTION_ALIGN 16)
set(TINYML_BOARD_STACK_RULES "{ \"entries\": [\"tinyml_start_on_stack\"], \"library_call_bytes\": 128 }")
set(TINYML_BOARD_EXEC_SCRIPT ${TINYML_BOARD_DIR}/exec.ld)
set(TINYML_BOARD_KIT_FILES ${TINYML_BOARD_DIR}/exec.ld)

macro(tinyml_board_programs)
endmacro()
