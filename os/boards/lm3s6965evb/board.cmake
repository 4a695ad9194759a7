# SPDX-License-Identifier: Apache-2.0
# What the build must know of a board; included by os/boards/CMakeLists.txt. docs/porting-a-board.md explains each.
set(TINYML_BOARD_SOURCES clock.cpp console.cpp entropy.cpp info.cpp net.cpp reset.cpp services.cpp start.cpp store.cpp)
set(TINYML_BOARD_LINK kDatagram) # the network stack that programs are built with; nothing comes through it
set(TINYML_BOARD_LIBS tinyml::base)
set(TINYML_BOARD_ROOTS tinyml_start)
set(TINYML_BOARD_LINK_FLAGS -static -no-pie -Wl,--build-id=none)
set(TINYML_BOARD_PAYLOAD binary)

# As in image.ld.
set(TINYML_BOARD_ROM_ORIGIN 1048576)
set(TINYML_BOARD_ROM_BYTES 262144)
set(TINYML_BOARD_RAM_ORIGIN 2097152)
set(TINYML_BOARD_RAM_BYTES 65536)
set(TINYML_BOARD_SECTION_ALIGN 64)
set(TINYML_BOARD_STACK_RULES "{ \"entries\": [\"tinyml_start\"] }")

configure_file(${TINYML_BOARD_DIR}/image.ld ${CMAKE_BINARY_DIR}/image.ld COPYONLY)
configure_file(${TINYML_BOARD_DIR}/image.ld ${CMAKE_BINARY_DIR}/exec.ld COPYONLY)
set(TINYML_BOARD_EXEC_SCRIPT ${CMAKE_BINARY_DIR}/exec.ld)
set(TINYML_BOARD_KIT_FILES ${CMAKE_BINARY_DIR}/image.ld ${CMAKE_BINARY_DIR}/exec.ld)

# Programs of the board's own: a bootloader where there is one.
macro(tinyml_board_programs)
endmacro()
