// SPDX-License-Identifier: Apache-2.0
#include "compiler/package/c_api.hpp"
#include "compiler/package/layouts.hpp"
#include "compiler/package/measure.hpp"
#include "compiler/package/test_vector.hpp"

namespace tinyml::package {
namespace {

constexpr std::string_view kCMakeLists = R"(# SPDX-License-Identifier: Apache-2.0
# Library @id@: the model "@display@".
#
#   add_subdirectory(@id@)                or   find_package(@id@ REQUIRED)
#   target_link_libraries(app PRIVATE @id@::@id@)
cmake_minimum_required(VERSION 3.16)
project(@id@ VERSION 1.0.0 LANGUAGES C CXX)

if(CMAKE_SOURCE_DIR STREQUAL CMAKE_CURRENT_SOURCE_DIR)
  set(@ID@_IS_TOP ON)
else()
  set(@ID@_IS_TOP OFF)
endif()
if(@ID@_IS_TOP AND NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release)
endif()
option(@ID@_BUILD_EXAMPLE "Build the program that runs the test vector" ${@ID@_IS_TOP})
option(@ID@_INSTALL "Install library, header and CMake package" ${@ID@_IS_TOP})

add_library(@id@ STATIC@sources@)
add_library(@id@::@id@ ALIAS @id@)
target_compile_features(@id@ PRIVATE cxx_std_17)
target_include_directories(@id@ PUBLIC
  $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>)
if(CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
  target_compile_options(@id@ PRIVATE@flags@)
endif()

if(@ID@_BUILD_EXAMPLE)
  add_executable(@id@_example example/main.c)
  target_compile_features(@id@_example PRIVATE c_std_11)
  target_link_libraries(@id@_example PRIVATE @id@::@id@)
  if(UNIX)
    target_link_libraries(@id@_example PRIVATE m)
  endif()
  # The library is C++ without its run-time library: a C program links with the C compiler.
  set_target_properties(@id@_example PROPERTIES LINKER_LANGUAGE C)
  if(@ID@_IS_TOP AND NOT CMAKE_CROSSCOMPILING)
    enable_testing()
    add_test(NAME @id@_test_vector COMMAND @id@_example)
  endif()
endif()

if(@ID@_INSTALL)
  include(CMakePackageConfigHelpers)
  write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/@id@-config-version.cmake
                                   COMPATIBILITY SameMajorVersion)
  install(TARGETS @id@ EXPORT @id@-targets ARCHIVE DESTINATION lib)
  install(FILES include/@id@.h DESTINATION include)
  install(EXPORT @id@-targets NAMESPACE @id@:: DESTINATION lib/cmake/@id@)
  install(FILES cmake/@id@-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/@id@-config-version.cmake
          DESTINATION lib/cmake/@id@)
endif()
)";

constexpr std::string_view kConfig = R"(# SPDX-License-Identifier: Apache-2.0
include("${CMAKE_CURRENT_LIST_DIR}/@id@-targets.cmake")
)";

constexpr std::string_view kExampleHead = R"(/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the test vector of "@display@", prints the first outputs and compares all of them. */
#include "@id@.h"
#include "test_vector.h"

#include <stdio.h>

@entry@ {
  @id@_test_load();
  @id@_run();
)";

constexpr std::string_view kPrint = R"(
  printf("@name@:");
  for (unsigned i = 0; i < @ID@_OUTPUT_@i@_COUNT && i < 16; ++i) {
    printf(" @format@", (@cast@)@id@_output_@i@()[i]);
  }
  printf("\n");
)";

constexpr std::string_view kExampleTail = R"(
  const unsigned wrong = @id@_test_wrong();
  printf("%s: %u wrong output elements\n", wrong == 0 ? "ok" : "FAILED", wrong);
)";

} // namespace

std::string source_list(const Contents &contents, const std::string &before) {
  std::string text;
  for (const File &source : contents.sources) {
    if (source.path.ends_with(".cpp")) {
      text += before + source.path;
    }
  }
  return text;
}

std::string c_example(const Contents &contents, const std::string &entry) {
  auto words = contents.words();
  words["entry"] = entry;
  std::string text = filled(kExampleHead, words);
  for (std::size_t i = 0; i < contents.outputs.size(); ++i) {
    const bool real = contents.outputs[i].element == ir::ElementType::kFloat32;
    words["i"] = std::to_string(i);
    words["name"] = contents.outputs[i].display;
    words["format"] = real ? "%g" : "%ld";
    words["cast"] = real ? "double" : "long";
    text += filled(kPrint, words);
  }
  text += filled(kExampleTail, words);
  return text + (entry.starts_with("int") ? "  return wrong == 0 ? 0 : 1;\n}\n" : "}\n");
}

Files common_files(const Contents &contents) {
  Files files = {{"include/" + contents.names.id + ".h", c_header(contents)}};
  for (const File &source : contents.sources) {
    files.push_back({"src/" + source.path, source.content});
  }
  for (File &file : test_vector_files(contents)) {
    files.push_back(std::move(file));
  }
  return files;
}

Files cmake_layout(const Contents &contents) {
  auto words = contents.words();
  words["sources"] = source_list(contents, " src/");
  for (const auto *flags : {&source_flags(), &contents.target.required_flags}) {
    for (const std::string &flag : *flags) {
      words["flags"] += " " + flag;
    }
  }
  Files files = common_files(contents);
  files.push_back({"CMakeLists.txt", filled(kCMakeLists, words)});
  files.push_back({"cmake/" + contents.names.id + "-config.cmake", filled(kConfig, words)});
  files.push_back({"example/main.c", c_example(contents, "int main(void)")});
  files.push_back({"example/test_vector.h", test_vector_header(contents)});
  return files;
}

} // namespace tinyml::package
