# SPDX-License-Identifier: Apache-2.0
# What the build must know of this board; included by os/boards/CMakeLists.txt.
list(APPEND TINYML_BOARD_PROGRAMS worker adaptive parameter_server) # a board that trains
set(TINYML_BOARD_SOURCES ask.cpp clock.cpp console.cpp entropy.cpp fault.cpp info.cpp net.cpp reset.cpp services.cpp start.cpp
  store.cpp)
set(cpu ${CMAKE_SOURCE_DIR}/os/cpu/x86_64)
list(APPEND TINYML_BOARD_SOURCES ${cpu}/extensions.cpp ${cpu}/guest_start.cpp ${cpu}/needed_extensions.cpp)
set(TINYML_BOARD_READS_AT_ONCE ON)
set(TINYML_BOARD_LIBS tinyml::image tinyml::base)
set(TINYML_BOARD_LINK kEthernet) # its hal::LinkKind
# A module may call the mathematics; no library has it later.
set(TINYML_BOARD_ROOTS tinyml_start expf tanhf roundf)
set(TINYML_BOARD_LINK_FLAGS -static -no-pie -Wl,--build-id=none)
set(TINYML_BOARD_PAYLOAD binary)
set(TINYML_BOARD_ISA avx2)
include(${cpu}/kernel_choices.cmake)
set(TINYML_BOARD_KERNEL_CHOICES "[${avx512_choice}]")

# As in program.ld and hypercall.hpp. The bootloader is the monitor, which has memory of its own.
set(TINYML_BOARD_ROM_ORIGIN 4194304) # 0x400000
set(TINYML_BOARD_ROM_BYTES 16777216)
set(TINYML_BOARD_RAM_ORIGIN 268435456) # 0x10000000
set(TINYML_BOARD_RAM_BYTES 15728640)
set(TINYML_BOARD_SECTION_ALIGN 64)
set(TINYML_BOARD_STACK_RULES "{ \"entries\": [\"tinyml_start_on_stack\"], \"library_call_bytes\": 512,
    \"indirect_call_bytes\": 512 }")
set(script ${TINYML_BOARD_DIR}/program.ld)
configure_file(${script} ${CMAKE_BINARY_DIR}/image.ld COPYONLY)
configure_file(${script} ${CMAKE_BINARY_DIR}/exec.ld COPYONLY)
set(TINYML_BOARD_EXEC_SCRIPT ${CMAKE_BINARY_DIR}/exec.ld)
set(TINYML_BOARD_KIT_FILES ${CMAKE_BINARY_DIR}/image.ld ${CMAKE_BINARY_DIR}/exec.ld)

macro(tinyml_board_programs)
endmacro()
