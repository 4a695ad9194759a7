# SPDX-License-Identifier: Apache-2.0
# What the boards on the RISC-V `virt` machine tell the build; included by their board.cmake, which has set
#   rom_log2, ram_log2   sizes of the execution area at 0x80000000 and of the RAM behind it
#   kept_bytes           how much of the RAM is the bootloader's and what outlives a reset (os/retained.hpp)
#   service_stack_bytes  what a boot service uses of its caller's stack (tests/boot/service_stack_test.cpp)
set(family ${CMAKE_SOURCE_DIR}/os/boards/riscv-virt)
set(cpu ${CMAKE_SOURCE_DIR}/os/cpu/riscv)
set(TINYML_BOARD_SOURCES clock.cpp console.cpp entropy.cpp info.cpp net.cpp protect.cpp reset.cpp services.cpp
  start.cpp store.cpp)
list(TRANSFORM TINYML_BOARD_SOURCES PREPEND ${family}/)
list(APPEND TINYML_BOARD_SOURCES ${cpu}/save_restore.cpp ${cpu}/start.cpp ${cpu}/trap.cpp)
set(TINYML_BOARD_LIBS tinyml::image tinyml::base)
set(TINYML_BOARD_LINK kEthernet) # its hal::LinkKind
set(TINYML_BOARD_ROOTS tinyml_start)
set(TINYML_BOARD_PAYLOAD binary)

# As in program.ld.in: what is kept and the stack's guard share the first page.
set(ram_page_bytes 4096)
math(EXPR rom_bytes "1 << ${rom_log2}")
math(EXPR ram_bytes "1 << ${ram_log2}")
math(EXPR ram_base "0x80000000 + ${rom_bytes}")
set(TINYML_BOARD_ROM_ORIGIN 2147483648) # 0x80000000
set(TINYML_BOARD_ROM_BYTES ${rom_bytes})
math(EXPR TINYML_BOARD_RAM_ORIGIN "${ram_base} + ${ram_page_bytes}")
math(EXPR TINYML_BOARD_RAM_BYTES "${ram_bytes} - ${ram_page_bytes}")
set(TINYML_BOARD_SECTION_ALIGN 16)
# Calls through a pointer are boot services.
set(TINYML_BOARD_STACK_RULES "{ \"entries\": [\"tinyml_start_on_stack\"], \"library_call_bytes\": 128,
    \"indirect_call_bytes\": ${service_stack_bytes} }")

function(write_script template file role role_value)
  configure_file(${family}/${template}.ld.in ${CMAKE_BINARY_DIR}/${file}.ld @ONLY)
endfunction()
write_script(program image image 1)
write_script(program exec bare 2)
write_script(boot boot bootloader 3)
set(TINYML_BOARD_EXEC_SCRIPT ${CMAKE_BINARY_DIR}/exec.ld)
set(TINYML_BOARD_KIT_FILES ${CMAKE_BINARY_DIR}/image.ld ${CMAKE_BINARY_DIR}/exec.ld)

# The bootloader; not without mbedTLS's sources (cmake/mbedtls.cmake warns).
macro(tinyml_board_programs)
  if(TARGET tinyml_boot)
    tinyml_device_program(NAME boot NOT_IN_KIT SOURCES ${family}/boot.cpp LIBS tinyml::boot
      ROOTS tinyml_boot_service_table)
    target_include_directories(program_boot PRIVATE ${TINYML_BOARD_DIR})
    tinyml_bare_elf(NAME boot STACK_BYTES 8192 SCRIPT ${CMAKE_BINARY_DIR}/boot.ld)
    list(APPEND TINYML_BOARD_KIT_FILES ${CMAKE_BINARY_DIR}/boot.elf)
    list(APPEND TINYML_BOARD_KIT_TARGETS boot_elf)
  endif()
endmacro()
