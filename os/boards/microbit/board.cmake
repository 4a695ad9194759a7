# SPDX-License-Identifier: Apache-2.0
# What the build must know of this board; included by os/boards/CMakeLists.txt.
set(cpu ${CMAKE_SOURCE_DIR}/os/cpu/armv6m)
set(TINYML_BOARD_SOURCES clock.cpp console.cpp entropy.cpp info.cpp line.cpp net.cpp reset.cpp services.cpp start.cpp
  store.cpp ${cpu}/fault.cpp ${cpu}/start.cpp ${cpu}/vectors.cpp ${CMAKE_SOURCE_DIR}/os/cpu/armv7m/unwind.cpp)
set(TINYML_BOARD_LIBS tinyml::image tinyml::net tinyml::base)
set(TINYML_BOARD_LINK kSlip)
set(TINYML_BOARD_ROOTS tinyml_start tinyml_vectors)
# Images do not begin on a page of the host's: small pages keep the ELF's header out of the first segment.
set(TINYML_BOARD_LINK_FLAGS -Wl,--build-id=none -Wl,-z,max-page-size=16)
set(TINYML_BOARD_PAYLOAD binary)

# Flash: bootloader 24 KB, then the store: factory page, two pages of boot state, recovery image (48 KB), slot, user area
# (4 KB). Images run where they lie, behind their header; platform.hpp checks these figures. 768 bytes of each place are
# header, information and seal.
set(TINYML_BOARD_ROM_ORIGIN 76864)          # 0x12C40: the slot
set(TINYML_BOARD_ROM_BYTES 180480)
set(TINYML_BOARD_RECOVERY_ROM_ORIGIN 27712) # 0x6C40
set(TINYML_BOARD_RECOVERY_ROM_BYTES 48384)
# The last 512 bytes of RAM belong to the bootloader and to what outlives a reset.
set(TINYML_BOARD_RAM_ORIGIN 536870912) # 0x20000000
set(TINYML_BOARD_RAM_BYTES 15872)
# Nothing interrupts. Calls through a pointer are boot services.
set(TINYML_BOARD_STACK_RULES "{ \"entries\": [\"tinyml_start\"], \"interrupts\": [], \"interrupt_frame_bytes\": 0,
    \"library_call_bytes\": 128, \"indirect_call_bytes\": 2048 }")

function(write_script file role role_value rom_origin rom_bytes)
  set(ram_origin ${TINYML_BOARD_RAM_ORIGIN})
  set(ram_bytes ${TINYML_BOARD_RAM_BYTES})
  set(retained_origin 0x20003E00)
  set(boot_services 0x100)
  configure_file(${cpu}/program.ld.in ${CMAKE_BINARY_DIR}/${file} @ONLY)
endfunction()
write_script(image.ld image 1 ${TINYML_BOARD_ROM_ORIGIN} ${TINYML_BOARD_ROM_BYTES})
write_script(recovery.ld image 1 ${TINYML_BOARD_RECOVERY_ROM_ORIGIN} ${TINYML_BOARD_RECOVERY_ROM_BYTES})
write_script(exec.ld bare 2 0x0 24K)
set(TINYML_BOARD_SECTION_ALIGN 16)
set(TINYML_BOARD_EXEC_SCRIPT ${CMAKE_BINARY_DIR}/exec.ld)
set(TINYML_BOARD_KIT_FILES ${CMAKE_BINARY_DIR}/image.ld ${CMAKE_BINARY_DIR}/recovery.ld ${CMAKE_BINARY_DIR}/exec.ld)

# The bootloader; not without mbedTLS's sources (cmake/mbedtls.cmake warns).
macro(tinyml_board_programs)
  if(TARGET tinyml_boot)
    tinyml_device_program(NAME boot NOT_IN_KIT SOURCES ${TINYML_BOARD_DIR}/boot.cpp LIBS tinyml::boot
      ROOTS tinyml_boot_service_table)
    target_include_directories(program_boot PRIVATE ${TINYML_BOARD_DIR})
    tinyml_bare_elf(NAME boot STACK_BYTES 6144 SCRIPT ${TINYML_BOARD_DIR}/boot.ld)
    list(APPEND TINYML_BOARD_KIT_FILES ${CMAKE_BINARY_DIR}/boot.elf)
    list(APPEND TINYML_BOARD_KIT_TARGETS boot_elf)
  endif()
endmacro()
