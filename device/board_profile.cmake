# SPDX-License-Identifier: Apache-2.0
# tinyml_board_profile(board.json output.cpp): the device profile (docs/device-profile.md) as C++ constants.

function(tinyml_json_numbers into json)
  set(lines "")
  foreach(key IN LISTS ARGN)
    string(JSON value GET "${json}" ${key})
    string(APPEND lines "    .${key} = ${value}u,\n")
  endforeach()
  set(${into} "${lines}" PARENT_SCOPE)
endfunction()

# Every `list` key becomes an array `k_<key>`; an empty list stays a default span.
function(tinyml_json_texts result json key)
  string(JSON count LENGTH "${json}" ${key})
  if(count EQUAL 0)
    return()
  endif()
  math(EXPR last "${count} - 1")
  set(items "")
  foreach(index RANGE ${last})
    string(JSON text GET "${json}" ${key} ${index})
    string(APPEND items "\"${text}\", ")
  endforeach()
  set(${result} "${${result}}constexpr std::string_view k_${key}[] = {${items}};\n" PARENT_SCOPE)
endfunction()

function(tinyml_board_profile source output)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
  file(READ ${source} json)
  set(arrays "")
  set(fields "")
  foreach(key IN ITEMS board isa)
    string(JSON value GET "${json}" ${key})
    string(APPEND fields "    .${key} = \"${value}\",\n")
  endforeach()
  tinyml_json_texts(arrays "${json}" extensions)
  string(APPEND fields "    .extensions = @extensions@,\n")
  tinyml_json_numbers(numbers "${json}" clock_hz ram_bytes ram_free_bytes rom_bytes rom_free_bytes image_address)
  string(APPEND fields "${numbers}")
  string(JSON count LENGTH "${json}" slots)
  set(slots "")
  if(count GREATER 0)
    math(EXPR last "${count} - 1")
    foreach(index RANGE ${last})
      string(JSON address GET "${json}" slots ${index} address)
      string(JSON size GET "${json}" slots ${index} size_bytes)
      string(APPEND slots "{${address}u, ${size}u}, ")
    endforeach()
    string(APPEND arrays "constexpr ProfileSlot k_slots[] = {${slots}};\n")
  endif()
  string(APPEND fields "    .slots = @slots@,\n")
  foreach(key IN ITEMS os_name os_version)
    string(JSON value GET "${json}" ${key})
    string(APPEND fields "    .${key} = \"${value}\",\n")
  endforeach()
  tinyml_json_numbers(numbers "${json}" abi_version module_abi_version)
  string(APPEND fields "${numbers}")
  foreach(key IN ITEMS element_types accelerators image_formats signature_algorithms sensors outputs)
    tinyml_json_texts(arrays "${json}" ${key})
    string(APPEND fields "    .${key} = @${key}@,\n")
  endforeach()
  foreach(key IN ITEMS extensions slots element_types accelerators image_formats signature_algorithms sensors outputs)
    if(arrays MATCHES "k_${key}\\[")
      string(REPLACE "@${key}@" "k_${key}" fields "${fields}")
    else()
      string(REPLACE "@${key}@" "{}" fields "${fields}")
    endif()
  endforeach()
  file(CONFIGURE OUTPUT ${output} @ONLY CONTENT
"// Generated from board.json by device/board_profile.cmake.
#include \"device/board_profile.hpp\"

namespace tinyml::device {
namespace {

using lwm2m::ProfileSlot;
@arrays@
} // namespace

constexpr lwm2m::Profile board_profile = {
@fields@};

} // namespace tinyml::device
")
endfunction()
