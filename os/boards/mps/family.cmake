# SPDX-License-Identifier: Apache-2.0
# What the boards of the MPS family tell the build; included by their board.cmake, which has set
#   ram_log2        size of the RAM from 0x20000000 on
#   protect         the memory protection unit: protect_v7m.cpp or protect_v8m.cpp
set(family ${CMAKE_SOURCE_DIR}/os/boards/mps)
set(cpu ${CMAKE_SOURCE_DIR}/os/cpu/armv7m)
set(TINYML_BOARD_SOURCES clock.cpp console.cpp entropy.cpp info.cpp net.cpp start.cpp store.cpp ${protect})
list(TRANSFORM TINYML_BOARD_SOURCES PREPEND ${family}/)
list(APPEND TINYML_BOARD_SOURCES ${cpu}/cycle_counter.cpp ${cpu}/fault.cpp ${cpu}/reset.cpp ${cpu}/services.cpp
  ${cpu}/start.cpp ${cpu}/unwind.cpp ${cpu}/vectors.cpp)
set(TINYML_BOARD_LIBS tinyml::image tinyml::base)
set(TINYML_BOARD_LINK kEthernet) # its hal::LinkKind
set(TINYML_BOARD_ROOTS tinyml_start tinyml_vectors)
set(TINYML_BOARD_LINK_FLAGS -Wl,--build-id=none)
set(TINYML_BOARD_PAYLOAD binary)

# An image runs behind the bootloader's 32 KB; an exec program has the flash to itself from the vector table on.
set(TINYML_BOARD_ROM_ORIGIN 32768)  # 0x8000
set(TINYML_BOARD_ROM_BYTES 491520)  # 480 KB
set(retained_origin 0x20000040)
set(boot_services 0x100)
# The first 512 bytes of RAM belong to the bootloader and to what outlives a reset, the next 32 are the stack's guard.
set(TINYML_BOARD_RAM_ORIGIN 536871456) # 0x20000220
math(EXPR TINYML_BOARD_RAM_BYTES "(1 << ${ram_log2}) - 0x220")
# An exception pushes 8 words and up to one for alignment. Calls through a pointer are boot services.
set(TINYML_BOARD_STACK_RULES "{ \"entries\": [\"tinyml_start\"], \"interrupts\": [\"tinyml_systick_interrupt\"],
    \"interrupt_frame_bytes\": 36, \"library_call_bytes\": 128, \"indirect_call_bytes\": 2048 }")

function(write_script file role role_value rom_origin rom_bytes)
  set(ram_origin 0x20000200)
  math(EXPR ram_bytes "(1 << ${ram_log2}) - 0x200")
  configure_file(${cpu}/program.ld.in ${CMAKE_BINARY_DIR}/${file} @ONLY)
endfunction()
write_script(image.ld image 1 0x8000 0x78000)
write_script(exec.ld bare 2 0x0 0x80000)
set(TINYML_BOARD_SECTION_ALIGN 16)
set(TINYML_BOARD_EXEC_SCRIPT ${CMAKE_BINARY_DIR}/exec.ld)
set(TINYML_BOARD_KIT_FILES ${CMAKE_BINARY_DIR}/image.ld ${CMAKE_BINARY_DIR}/exec.ld)

# The bootloader, where images are delivered; not without mbedTLS's sources (cmake/mbedtls.cmake warns).
macro(tinyml_board_programs)
  if(TARGET tinyml_boot AND "inference" IN_LIST TINYML_BOARD_PROGRAMS)
    tinyml_device_program(NAME boot NOT_IN_KIT SOURCES ${family}/boot.cpp LIBS tinyml::boot
      ROOTS tinyml_boot_service_table)
    target_include_directories(program_boot PRIVATE ${TINYML_BOARD_DIR})
    tinyml_bare_elf(NAME boot STACK_BYTES 8192 SCRIPT ${cpu}/boot.ld)
    list(APPEND TINYML_BOARD_KIT_FILES ${CMAKE_BINARY_DIR}/boot.elf)
    list(APPEND TINYML_BOARD_KIT_TARGETS boot_elf)
  endif()
endmacro()
