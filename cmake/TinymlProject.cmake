# SPDX-License-Identifier: Apache-2.0
# Settings and functions that every room uses.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# Line tables are enough for backtraces, and compile and link in a good deal less time than full debug information.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")

option(TINYML_FUZZERS "Build the libFuzzer targets (needs clang)" OFF)
set(TINYML_BOARD "host" CACHE STRING "'host', or the board whose device images this tree builds")

# ccache forgets GCC's call-graph files, which the kits need: boards are built without it.
find_program(TINYML_CCACHE ccache)
if(TINYML_CCACHE AND TINYML_BOARD STREQUAL "host")
  set(CMAKE_CXX_COMPILER_LAUNCHER ${TINYML_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${TINYML_CCACHE})
endif()

# Lines of the device's code, for debuggers and backtraces: in the ELF files, never in an image.
if(NOT TINYML_BOARD STREQUAL "host")
  add_compile_options(-g1 -ffile-prefix-map=${CMAKE_SOURCE_DIR}/= -ffile-prefix-map=${CMAKE_BINARY_DIR}=.)
endif()

if(TINYML_BOARD STREQUAL "host")
  find_package(Threads REQUIRED)
  find_package(fmt REQUIRED)
  find_package(nlohmann_json REQUIRED)
  if(NOT TINYML_FUZZERS)
    find_package(GTest REQUIRED)
    include(GoogleTest)
    enable_testing()
  endif()
endif()

# Warnings are errors everywhere in our own code.
add_library(tinyml_warnings INTERFACE)
target_compile_options(tinyml_warnings INTERFACE -Wall -Wextra -Wconversion -Wshadow -Werror
                       -Wno-missing-field-initializers) # designated initialisers leave defaults out on purpose
if(TINYML_FUZZERS)
  add_compile_options(-g -O1 -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all)
  add_link_options(-fsanitize=address,undefined)
endif()

# A room that is not there yet does not break the build.
function(tinyml_add_room room)
  if(EXISTS ${CMAKE_SOURCE_DIR}/${room}/CMakeLists.txt)
    add_subdirectory(${CMAKE_SOURCE_DIR}/${room})
  endif()
endfunction()

# What most units of a device's code include, once for a board: more than half of the time its kit takes. Units that are
# compiled with flags of their own do without.
if(NOT TINYML_BOARD STREQUAL "host")
  file(CONFIGURE OUTPUT device_headers.cpp CONTENT "// What is in it comes from its precompiled header.\n")
  add_library(tinyml_device_headers OBJECT ${CMAKE_BINARY_DIR}/device_headers.cpp)
  target_include_directories(tinyml_device_headers PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(tinyml_device_headers PRIVATE tinyml_warnings)
  target_precompile_headers(tinyml_device_headers PRIVATE ${CMAKE_SOURCE_DIR}/base/bytes.hpp ${CMAKE_SOURCE_DIR}/base/result.hpp
    <algorithm> <array> <bit> <cassert> <cstdlib> <variant>)
endif()
function(tinyml_precompile_for_device target)
  if(NOT TINYML_BOARD STREQUAL "host")
    target_precompile_headers(${target} REUSE_FROM tinyml_device_headers)
  endif()
endfunction()

# tinyml_library(NAME name SOURCES ... [LIBS ...])
# A static library whose headers are included by their path from the repository root. A board's tree builds those that its
# programs use.
function(tinyml_library)
  cmake_parse_arguments(ARG "" "NAME" "SOURCES;LIBS" ${ARGN})
  set(on_request "")
  if(NOT TINYML_BOARD STREQUAL "host")
    set(on_request EXCLUDE_FROM_ALL)
  endif()
  add_library(tinyml_${ARG_NAME} STATIC ${on_request} ${ARG_SOURCES})
  add_library(tinyml::${ARG_NAME} ALIAS tinyml_${ARG_NAME})
  target_include_directories(tinyml_${ARG_NAME} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(tinyml_${ARG_NAME} PUBLIC ${ARG_LIBS} PRIVATE tinyml_warnings)
  tinyml_precompile_for_device(tinyml_${ARG_NAME})
endfunction()

# tinyml_program(NAME name SOURCES ... [LIBS ...])
# A program people or other programs run; all of them lie in bin/, where they find each other.
function(tinyml_program)
  cmake_parse_arguments(ARG "" "NAME" "SOURCES;LIBS" ${ARGN})
  add_executable(${ARG_NAME} ${ARG_SOURCES})
  target_link_libraries(${ARG_NAME} PRIVATE ${ARG_LIBS} tinyml_warnings)
  set_target_properties(${ARG_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()

# Large headers are precompiled, and code that runs once is optimised less: together that halves the time to compile it.
# ccache must be told that it may keep what was compiled with precompiled headers (its manual has a chapter on them).
function(tinyml_compile_fast target)
  # With less of the code's flow known, GCC is wrong about what is not initialised more often.
  target_compile_options(${target} PRIVATE $<$<CONFIG:RelWithDebInfo>:-O1 -Wno-error=maybe-uninitialized>)
  target_precompile_headers(${target} ${ARGN})
  if(TINYML_CCACHE)
    set_target_properties(${target} PROPERTIES CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND};-E;env;CCACHE_SLOPPINESS=pch_defines,time_macros;${TINYML_CCACHE}")
    target_compile_options(${target} PRIVATE -fpch-preprocess)
  endif()
endfunction()

# GoogleTest's headers, once for all tests.
if(TINYML_BOARD STREQUAL "host" AND NOT TINYML_FUZZERS)
  file(CONFIGURE OUTPUT test_headers.cpp CONTENT "// What is in it comes from its precompiled header.\n")
  add_library(tinyml_test_headers OBJECT ${CMAKE_BINARY_DIR}/test_headers.cpp)
  target_link_libraries(tinyml_test_headers PRIVATE GTest::gmock tinyml_warnings)
  tinyml_compile_fast(tinyml_test_headers PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
endif()

# tinyml_test(NAME name SOURCES ... [LIBS ...] [LABELS ...] [TIMEOUT seconds])
# One GoogleTest program, one CTest entry. Labels: unit ir kernels powercut interop board e2e slow.
function(tinyml_test)
  cmake_parse_arguments(ARG "" "NAME;TIMEOUT" "SOURCES;LIBS;LABELS" ${ARGN})
  if(NOT TINYML_BOARD STREQUAL "host" OR TINYML_FUZZERS)
    return()
  endif()
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${ARG_NAME} ${ARG_SOURCES})
  target_link_libraries(${ARG_NAME} PRIVATE ${ARG_LIBS} tinyml_warnings GTest::gmock GTest::gtest_main)
  target_compile_definitions(${ARG_NAME} PRIVATE TINYML_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                                                 TINYML_BINARY_DIR="${CMAKE_BINARY_DIR}")
  add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME})
  set_tests_properties(${ARG_NAME} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT})
  # Those calculate a lot, and some are for an instruction set, which a precompiled header must share.
  if(NOT ARG_LABELS MATCHES "kernels|powercut")
    tinyml_compile_fast(${ARG_NAME} REUSE_FROM tinyml_test_headers)
  endif()
endfunction()

# tinyml_fuzzer(NAME name SOURCES ... [LIBS ...] [CORPUS dir])
# A libFuzzer program with ASan and UBSan; built by the `fuzz` preset only. The seed corpus lies in fuzz/corpus/<name>.
function(tinyml_fuzzer)
  cmake_parse_arguments(ARG "" "NAME" "SOURCES;LIBS" ${ARGN})
  if(NOT TINYML_FUZZERS)
    return()
  endif()
  add_executable(${ARG_NAME} ${ARG_SOURCES})
  target_link_libraries(${ARG_NAME} PRIVATE ${ARG_LIBS} tinyml_warnings)
  target_link_options(${ARG_NAME} PRIVATE -fsanitize=fuzzer)
  set_property(GLOBAL APPEND PROPERTY TINYML_FUZZER_NAMES ${ARG_NAME})
endfunction()
