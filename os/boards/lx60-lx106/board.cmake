# SPDX-License-Identifier: Apache-2.0
# What the build must know of this board; included by os/boards/CMakeLists.txt.
set(cpu ${CMAKE_SOURCE_DIR}/os/cpu/xtensa)
set(TINYML_BOARD_SOURCES clock.cpp console.cpp entropy.cpp info.cpp net.cpp reset.cpp services.cpp start.cpp store.cpp
  ${cpu}/arithmetic.cpp ${cpu}/fault.cpp ${cpu}/float_arithmetic.cpp ${cpu}/start.cpp)
# What the compiler calls in modules only is kept too.
set(arithmetic __umulsidi3 __muldi3 __udivsi3 __umodsi3 __divsi3 __udivdi3 __umoddi3 __divdi3)
set(TINYML_BOARD_LIBS tinyml::image tinyml::base)
set(TINYML_BOARD_LINK kEthernet) # its hal::LinkKind
set(TINYML_BOARD_ROOTS tinyml_start tinyml_vectors ${arithmetic})
# Floats and the mathematics, for modules that calculate with them.
set(TINYML_BOARD_LIBRARY libfloat.a)
# Small pages: QEMU clears a segment from its rounded start on, and what outlives a reset lies in front of one.
set(TINYML_BOARD_LINK_FLAGS -Wl,--build-id=none -Wl,--no-relax -Wl,-z,max-page-size=16 -L/usr/lib/xtensa-lx106-elf/lib)
set(TINYML_BOARD_PAYLOAD binary)

# An image runs behind the bootloader's 32 KB; an exec program has the ROM to itself.
set(TINYML_BOARD_ROM_ORIGIN 1075871744) # 0x40208000
set(TINYML_BOARD_ROM_BYTES 1015808)     # 992 KB
# The first 640 bytes of RAM belong to the bootloader, to what outlives a reset and to the registers of a fault; the next
# 64 are the stack's guard.
set(TINYML_BOARD_RAM_ORIGIN 1073644224) # 0x3FFE82C0
set(TINYML_BOARD_RAM_BYTES 81216)
set(TINYML_BOARD_SECTION_ALIGN 16)
# Interrupts use no stack. Calls through a pointer are boot services.
set(TINYML_BOARD_STACK_RULES "{ \"entries\": [\"tinyml_start_on_stack\"], \"library_call_bytes\": 128,
    \"indirect_call_bytes\": 2304 }")

function(write_script file role role_value rom_origin rom_bytes)
  configure_file(${TINYML_BOARD_DIR}/program.ld.in ${CMAKE_BINARY_DIR}/${file} @ONLY)
endfunction()
write_script(image.ld image 1 0x40208000 0xF8000)
write_script(exec.ld bare 2 0x40200000 0x100000)
set(TINYML_BOARD_EXEC_SCRIPT ${CMAKE_BINARY_DIR}/exec.ld)
set(TINYML_BOARD_KIT_FILES ${CMAKE_BINARY_DIR}/image.ld ${CMAKE_BINARY_DIR}/exec.ld)

# The library, and the bootloader; not without mbedTLS's sources (cmake/mbedtls.cmake warns).
macro(tinyml_board_programs)
  add_library(tinyml_float STATIC ${cpu}/float_arithmetic.cpp ${CMAKE_SOURCE_DIR}/os/freestanding/float_math.cpp)
  target_include_directories(tinyml_float PRIVATE ${CMAKE_SOURCE_DIR})
  set_target_properties(tinyml_float PROPERTIES OUTPUT_NAME float ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  list(APPEND TINYML_BOARD_KIT_FILES ${CMAKE_BINARY_DIR}/libfloat.a)
  list(APPEND TINYML_BOARD_KIT_TARGETS tinyml_float)
  if(TARGET tinyml_boot)
    # The processor has no 32 by 32 to 64 bit product: mbedTLS's own, of 16-bit halves, is faster than a call.
    target_compile_definitions(tinyml_mbedtls_small PUBLIC MBEDTLS_HAVE_INT32 MBEDTLS_NO_UDBL_DIVISION)
    tinyml_device_program(NAME boot NOT_IN_KIT SOURCES ${TINYML_BOARD_DIR}/boot.cpp LIBS tinyml::boot
      ROOTS tinyml_boot_service_table)
    tinyml_bare_elf(NAME boot STACK_BYTES 8192 SCRIPT ${TINYML_BOARD_DIR}/boot.ld)
    list(APPEND TINYML_BOARD_KIT_FILES ${CMAKE_BINARY_DIR}/boot.elf)
    list(APPEND TINYML_BOARD_KIT_TARGETS boot_elf)
  endif()
endmacro()
