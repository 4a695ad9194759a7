# SPDX-License-Identifier: Apache-2.0
# What the build must know of this board; included by os/boards/CMakeLists.txt.
list(APPEND TINYML_BOARD_PROGRAMS worker adaptive parameter_server) # a board that trains
set(TINYML_BOARD_SOURCES clock.cpp console.cpp entropy.cpp info.cpp net.cpp process.cpp reset.cpp services.cpp
  start.cpp store.cpp)
set(cpu ${CMAKE_SOURCE_DIR}/os/cpu/x86_64)
list(APPEND TINYML_BOARD_SOURCES ${cpu}/extensions.cpp ${cpu}/linux_fault.cpp ${cpu}/linux_start.cpp
  ${cpu}/needed_extensions.cpp)
set(TINYML_BOARD_LINK kDatagram) # its hal::LinkKind
if(NOT TARGET tinyml_boot)
  message(FATAL_ERROR "board linux needs mbedTLS's sources; run tools/fetch-mbedtls, then configure again")
endif()
set(TINYML_BOARD_LIBS tinyml::boot)
# A module may call the mathematics; no library has it later.
set(TINYML_BOARD_ROOTS tinyml_start expf tanhf roundf)
set(TINYML_BOARD_LINK_FLAGS -static -no-pie -Wl,--build-id=none)
set(TINYML_BOARD_PAYLOAD elf)
include(${cpu}/kernel_choices.cmake)
set(TINYML_BOARD_KERNEL_CHOICES "[${avx2_choice}, ${avx512_choice}]")

# As in os/cpu/x86_64/linux_program.ld.
set(TINYML_BOARD_ROM_ORIGIN 4194304)
set(TINYML_BOARD_ROM_BYTES 67108864)
set(TINYML_BOARD_RAM_ORIGIN 268435456)
set(TINYML_BOARD_RAM_BYTES 67108864)
set(TINYML_BOARD_STACK_RULES "{ \"entries\": [\"tinyml_start_on_own_stack\"], \"library_call_bytes\": 512,
    \"indirect_call_bytes\": 4096 }")

configure_file(${cpu}/linux_program.ld ${CMAKE_BINARY_DIR}/image.ld COPYONLY)
configure_file(${cpu}/linux_program.ld ${CMAKE_BINARY_DIR}/exec.ld COPYONLY)
set(TINYML_BOARD_SECTION_ALIGN 64)
set(TINYML_BOARD_EXEC_SCRIPT ${CMAKE_BINARY_DIR}/exec.ld)
set(TINYML_BOARD_KIT_FILES ${CMAKE_BINARY_DIR}/image.ld ${CMAKE_BINARY_DIR}/exec.ld)

# The launcher, in the bootloader's place.
macro(tinyml_board_programs)
  tinyml_device_program(NAME boot NOT_IN_KIT SOURCES ${TINYML_BOARD_DIR}/boot.cpp)
  tinyml_bare_elf(NAME boot STACK_BYTES 32768)
  list(APPEND TINYML_BOARD_KIT_FILES ${CMAKE_BINARY_DIR}/boot.elf)
  list(APPEND TINYML_BOARD_KIT_TARGETS boot_elf)
endmacro()
