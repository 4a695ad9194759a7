# SPDX-License-Identifier: Apache-2.0
# What the build must know of this board; included by os/boards/CMakeLists.txt.
set(hosted ${CMAKE_SOURCE_DIR}/os/hosted)
set(TINYML_BOARD_SOURCES start.cpp ${hosted}/guest.cpp ${hosted}/hal.cpp)
set(TINYML_BOARD_PROGRAMS base inference) # `exec` and `bare` run alone on a machine
set(TINYML_BOARD_LIBS tinyml::base)
set(TINYML_BOARD_LINK kDatagram) # its hal::LinkKind
# A module may call the mathematics; no library has it later.
set(TINYML_BOARD_ROOTS tinyml_start tinyml_vectors expf tanhf roundf)
set(TINYML_BOARD_LINK_FLAGS -static -no-pie -Wl,--build-id=none)
set(TINYML_BOARD_PAYLOAD binary)

# As in image.ld.
set(TINYML_BOARD_ROM_ORIGIN 268435456) # 0x10000000
set(TINYML_BOARD_ROM_BYTES 2097152)
set(TINYML_BOARD_RAM_ORIGIN 272629760) # 0x10400000
set(TINYML_BOARD_RAM_BYTES 1048576)
set(TINYML_BOARD_SECTION_ALIGN 64)
# Calls through a pointer reach the firmware below, which uses the program's stack.
set(TINYML_BOARD_STACK_RULES "{ \"entries\": [\"tinyml_start_on_own_stack\"], \"library_call_bytes\": 512,
    \"indirect_call_bytes\": 8192 }")
configure_file(${TINYML_BOARD_DIR}/image.ld ${CMAKE_BINARY_DIR}/image.ld COPYONLY)
set(TINYML_BOARD_EXEC_SCRIPT ${CMAKE_BINARY_DIR}/image.ld)
set(TINYML_BOARD_KIT_FILES ${CMAKE_BINARY_DIR}/image.ld)

# libtinyml-device.a, everything a firmware links, and the example firmware in the bootloader's place.
macro(tinyml_board_programs)
  if(NOT TARGET tinyml_boot)
    message(FATAL_ERROR "this board needs mbedTLS's sources; run tools/fetch-mbedtls, then configure again")
  endif()
  set(parts base image image_verify store boot mbedtls_small)
  list(TRANSFORM parts REPLACE "(.+)" "$<TARGET_OBJECTS:tinyml_\\1>")
  add_library(tinyml-device STATIC ${hosted}/device_task.cpp ${hosted}/loader.cpp ${TINYML_BOARD_DIR}/name.cpp ${parts})
  target_include_directories(tinyml-device PUBLIC ${CMAKE_SOURCE_DIR} ${hosted})
  target_link_libraries(tinyml-device PRIVATE tinyml_warnings)
  set_target_properties(tinyml-device PROPERTIES ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  set(example ${CMAKE_SOURCE_DIR}/examples/posix_rtos)
  add_executable(boot ${example}/main.cpp ${TINYML_BOARD_DIR}/posix_rtos.cpp ${TINYML_BOARD_DIR}/elf_program.cpp)
  target_link_libraries(boot PRIVATE tinyml-device tinyml_warnings pthread)
  target_link_options(boot PRIVATE -no-pie -Wl,--gc-sections -Wl,-z,now) # programs' stacks have no room for a symbol search
  set_target_properties(boot PROPERTIES SUFFIX .elf RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  list(APPEND TINYML_BOARD_KIT_FILES ${CMAKE_BINARY_DIR}/boot.elf ${CMAKE_BINARY_DIR}/libtinyml-device.a
    ${hosted}/tinyml_device.h)
  list(APPEND TINYML_BOARD_KIT_TARGETS boot tinyml-device)
endmacro()
