# SPDX-License-Identifier: Apache-2.0
# How device programs become a board kit (docs/kit.md). Only used in a board's tree.
set(TINYML_KITS_DIR "${CMAKE_SOURCE_DIR}/build/kits" CACHE PATH "Where the kits are put, one folder a board")

# Makes what os/boards/<board>/board.cmake said known to the caller, as TINYML_BOARD_<word>.
macro(tinyml_board_words)
  set(TINYML_BOARD_WORDS DIR LIBS LINK ROOTS LINK_FLAGS PAYLOAD ROM_ORIGIN ROM_BYTES RECOVERY_ROM_ORIGIN
    RECOVERY_ROM_BYTES RAM_ORIGIN RAM_BYTES STACK_RULES
    SECTION_ALIGN EXEC_SCRIPT KIT_FILES KIT_TARGETS LIBRARY ISA KERNEL_CHOICES PROGRAMS OPTIMIZE)
endmacro()
macro(tinyml_publish_board)
  tinyml_board_words()
  foreach(word IN LISTS TINYML_BOARD_WORDS)
    set_property(GLOBAL PROPERTY TINYML_BOARD_${word} "${TINYML_BOARD_${word}}")
  endforeach()
endmacro()
macro(tinyml_load_board)
  tinyml_board_words()
  set(TINYML_KIT_SCRIPTS ${CMAKE_SOURCE_DIR}/cmake/kit)
  foreach(word IN LISTS TINYML_BOARD_WORDS)
    get_property(TINYML_BOARD_${word} GLOBAL PROPERTY TINYML_BOARD_${word})
  endforeach()
endmacro()

# tinyml_board_has(result program): whether the board's kit holds this program. What only it uses need not be built then.
function(tinyml_board_has result program)
  get_property(programs GLOBAL PROPERTY TINYML_BOARD_PROGRAMS)
  set(${result} FALSE PARENT_SCOPE)
  if(program IN_LIST programs)
    set(${result} TRUE PARENT_SCOPE)
  endif()
endfunction()

# tinyml_device_program(NAME name SOURCES ... [LIBS ...] [ROOTS symbol...] [MIN_ARENA_BYTES n] [NOT_IN_KIT])
# A program with `tinyml_program()` (os/program.hpp). Joined with the board and what it uses into one relocatable
# <name>.o, collected and complete but for the module's and the linker scripts' symbols. Nothing on the host, nor where
# the board's TINYML_BOARD_PROGRAMS leave it out.
function(tinyml_device_program)
  cmake_parse_arguments(ARG "NOT_IN_KIT" "NAME;MIN_ARENA_BYTES" "SOURCES;LIBS;ROOTS" ${ARGN})
  if(TINYML_BOARD STREQUAL "host")
    return()
  endif()
  tinyml_load_board()
  if(NOT ARG_NOT_IN_KIT AND NOT ARG_NAME IN_LIST TINYML_BOARD_PROGRAMS)
    return()
  endif()
  set(target program_${ARG_NAME})
  add_executable(${target} ${ARG_SOURCES} $<TARGET_OBJECTS:tinyml_os_board>
                           $<TARGET_OBJECTS:tinyml_freestanding>)
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${ARG_NAME} SUFFIX .o
    LINK_DEPENDS ${TINYML_KIT_SCRIPTS}/prelink.ld)
  target_link_libraries(${target} PRIVATE ${ARG_LIBS} ${TINYML_BOARD_LIBS} tinyml_warnings)
  tinyml_precompile_for_device(${target})
  # The network stack is chosen at compile time (os/net/network.hpp).
  target_compile_definitions(${target} PRIVATE TINYML_BOARD_LINK=${TINYML_BOARD_LINK})
  set(roots ${TINYML_BOARD_ROOTS} ${ARG_ROOTS})
  list(TRANSFORM roots PREPEND "-Wl,-u,")
  target_link_options(${target} PRIVATE -r -nostdlib ${TINYML_BOARD_LINK_FLAGS} -Wl,--gc-sections
    -Wl,--force-group-allocation ${roots} -Wl,-e,tinyml_start -Wl,-Map,${CMAKE_BINARY_DIR}/${ARG_NAME}.map
    -T ${TINYML_KIT_SCRIPTS}/prelink.ld)
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  add_custom_command(TARGET ${target} POST_BUILD VERBATIM
    COMMAND ${CMAKE_COMMAND} -DNM=${CMAKE_NM} -DOBJCOPY=${CMAKE_OBJCOPY} -DOBJECT=$<TARGET_FILE:${target}>
            -P ${TINYML_KIT_SCRIPTS}/check_undefined.cmake)
  if(ARG_MIN_ARENA_BYTES)
    target_compile_definitions(${target} PRIVATE TINYML_MIN_ARENA_BYTES=${ARG_MIN_ARENA_BYTES})
    set_property(GLOBAL APPEND PROPERTY TINYML_KIT_ARENAS "\"${ARG_NAME}\": ${ARG_MIN_ARENA_BYTES}")
  endif()
  if(NOT ARG_NOT_IN_KIT)
    set_property(GLOBAL APPEND PROPERTY TINYML_KIT_PROGRAMS ${ARG_NAME})
  endif()
endfunction()

# tinyml_bare_elf(NAME name STACK_BYTES n [SCRIPT file])
# Links the program `name` (which needs no module) with the board's exec.ld, or `file`, into <name>.elf, to be run
# directly.
function(tinyml_bare_elf)
  cmake_parse_arguments(ARG "" "NAME;STACK_BYTES;SCRIPT" "" ${ARGN})
  if(TINYML_BOARD STREQUAL "host")
    return()
  endif()
  tinyml_load_board()
  if(NOT ARG_SCRIPT)
    set(ARG_SCRIPT ${TINYML_BOARD_EXEC_SCRIPT})
  endif()
  set(elf ${CMAKE_BINARY_DIR}/${ARG_NAME}.elf)
  add_custom_command(OUTPUT ${elf} VERBATIM COMMAND_EXPAND_LISTS
    DEPENDS program_${ARG_NAME} $<TARGET_FILE:program_${ARG_NAME}> ${ARG_SCRIPT}
    COMMAND ${CMAKE_CXX_COMPILER} ${TINYML_MACHINE_FLAGS} ${TINYML_BOARD_LINK_FLAGS} -nostdlib
            -T ${ARG_SCRIPT} -Wl,--defsym=tinyml_stack_bytes=${ARG_STACK_BYTES}
            -o ${elf} $<TARGET_FILE:program_${ARG_NAME}>)
  add_custom_target(${ARG_NAME}_elf ALL DEPENDS ${elf})
endfunction()

# tinyml_image_payload(NAME name STACK_BYTES n)
# Links the program `name` (which needs no module) with the board's image.ld and leaves what goes into an image,
# unsigned, in <name>.payload.
function(tinyml_image_payload)
  cmake_parse_arguments(ARG "" "NAME;STACK_BYTES" "" ${ARGN})
  if(TINYML_BOARD STREQUAL "host")
    return()
  endif()
  tinyml_load_board()
  set(script image.ld)
  if(TINYML_BOARD_RECOVERY_ROM_ORIGIN) # where the store's first image lies
    set(script recovery.ld)
  endif()
  tinyml_bare_elf(NAME ${ARG_NAME} STACK_BYTES ${ARG_STACK_BYTES} SCRIPT ${CMAKE_BINARY_DIR}/${script})
  set(elf ${CMAKE_BINARY_DIR}/${ARG_NAME}.elf)
  set(how -O binary)
  if(TINYML_BOARD_PAYLOAD STREQUAL "elf")
    set(how --strip-all)
  endif()
  set(payload ${CMAKE_BINARY_DIR}/${ARG_NAME}.payload)
  add_custom_command(OUTPUT ${payload} DEPENDS ${elf} COMMAND ${CMAKE_OBJCOPY} ${how} ${elf} ${payload} VERBATIM)
  add_custom_target(${ARG_NAME}_payload ALL DEPENDS ${payload})
endfunction()

# Called when all rooms are known: writes kit.json and puts the kit together in the target `kit`.
function(tinyml_finish_kit)
  tinyml_load_board()
  get_property(programs GLOBAL PROPERTY TINYML_KIT_PROGRAMS)
  set(entries "")
  set(targets "")
  foreach(program IN LISTS programs)
    list(APPEND entries "\"${program}\": \"${program}.o\"")
    list(APPEND targets program_${program})
  endforeach()
  list(JOIN entries ", " TINYML_KIT_PROGRAM_ENTRIES)
  set(TINYML_KIT_RECOVERY "")
  if(TINYML_BOARD_RECOVERY_ROM_ORIGIN)
    set(TINYML_KIT_RECOVERY "\n  \"recovery\": { \"program\": \"base\", \"rom\": { \"origin\": ${TINYML_BOARD_RECOVERY_ROM_ORIGIN}, \"size_bytes\": ${TINYML_BOARD_RECOVERY_ROM_BYTES} } },")
  endif()
  get_property(arenas GLOBAL PROPERTY TINYML_KIT_ARENAS)
  list(JOIN arenas ", " TINYML_KIT_ARENA_ENTRIES)
  file(READ ${TINYML_BOARD_DIR}/board.json TINYML_KIT_PROFILE)
  string(STRIP "${TINYML_KIT_PROFILE}" TINYML_KIT_PROFILE)
  tinyml_json_list(TINYML_KIT_COMPILE_FLAGS ${TINYML_MACHINE_FLAGS} ${TINYML_COMMON_DEVICE_FLAGS}
                   ${TINYML_CXX_DEVICE_FLAGS} ${TINYML_HEADER_FLAGS} -std=c++20 -DTINYML_ISA=${TINYML_BOARD_ISA})
  tinyml_json_list(TINYML_KIT_LINK_FLAGS ${TINYML_MACHINE_FLAGS} ${TINYML_BOARD_LINK_FLAGS})
  get_filename_component(TINYML_KIT_COMPILER ${CMAKE_CXX_COMPILER} NAME)
  configure_file(${TINYML_KIT_SCRIPTS}/kit.json.in ${CMAKE_BINARY_DIR}/kit.json @ONLY)
  set_property(DIRECTORY ${CMAKE_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${TINYML_BOARD_DIR}/board.json)
  add_custom_target(kit ALL VERBATIM DEPENDS ${targets} ${TINYML_BOARD_KIT_TARGETS}
    COMMAND ${CMAKE_COMMAND} -DBUILD=${CMAKE_BINARY_DIR} -DSOURCE=${CMAKE_SOURCE_DIR}
            -DKIT=${TINYML_KITS_DIR}/${TINYML_BOARD} "-DPROGRAMS=${programs}"
            "-DFILES=${TINYML_BOARD_KIT_FILES}" -P ${TINYML_KIT_SCRIPTS}/assemble.cmake)
endfunction()

function(tinyml_json_list result)
  list(TRANSFORM ARGN REPLACE "(.+)" "\"\\1\"" OUTPUT_VARIABLE quoted)
  list(JOIN quoted ", " text)
  set(${result} "${text}" PARENT_SCOPE)
endfunction()
