// SPDX-License-Identifier: Apache-2.0
#include "compiler/package/layouts.hpp"
#include "compiler/package/measure.hpp"
#include "compiler/package/test_vector.hpp"

namespace tinyml::package {
namespace {

constexpr std::string_view kModule = R"(# SPDX-License-Identifier: Apache-2.0
name: @id@
build:
  cmake: zephyr
  kconfig: zephyr/Kconfig
samples:
  - samples
)";

constexpr std::string_view kCMakeLists = R"(# SPDX-License-Identifier: Apache-2.0
if(CONFIG_@ID@)
  zephyr_library_named(@id@)
  zephyr_library_sources(@sources@
  )
  zephyr_library_compile_options(@flags@)
  zephyr_include_directories(${CMAKE_CURRENT_LIST_DIR}/../include)
endif()
)";

constexpr std::string_view kKconfig = R"(# SPDX-License-Identifier: Apache-2.0
config @ID@
	bool "Machine-learning model @display@"
	depends on CPP && (STD_CPP17 || STD_CPP2A || STD_CPP20 || STD_CPP2B)
	help
	  The model @display@ as a library with a C interface, @id@.h.
	  It takes @arena@ bytes of RAM for its arena and @weights@ bytes
	  of ROM for its weights, and allocates nothing.
)";

constexpr std::string_view kSampleCMake = R"(# SPDX-License-Identifier: Apache-2.0
cmake_minimum_required(VERSION 3.20)
list(APPEND ZEPHYR_EXTRA_MODULES ${CMAKE_CURRENT_SOURCE_DIR}/../..)
find_package(Zephyr REQUIRED HINTS $ENV{ZEPHYR_BASE})
project(@id@_test)
target_sources(app PRIVATE src/main.c)
)";

constexpr std::string_view kConfiguration = R"(# SPDX-License-Identifier: Apache-2.0
CONFIG_CPP=y
CONFIG_STD_CPP17=y
CONFIG_REQUIRES_FULL_LIBCPP=y
CONFIG_@ID@=y
CONFIG_MAIN_STACK_SIZE=4096
)";

constexpr std::string_view kSample = R"(# SPDX-License-Identifier: Apache-2.0
sample:
  name: @id@ test vector
tests:
  sample.@id@.test_vector:
    harness: console
    harness_config:
      type: one_line
      regex:
        - "ok: 0 wrong output elements"
)";

} // namespace

Files zephyr_layout(const Contents &contents) {
  auto words = contents.words();
  words["sources"] = source_list(contents, "\n    ${CMAKE_CURRENT_LIST_DIR}/../src/");
  for (const auto *flags : {&source_flags(), &contents.target.required_flags}) {
    for (const std::string &flag : *flags) {
      words["flags"] += (words["flags"].empty() ? "" : " ") + flag;
    }
  }
  Files files = common_files(contents);
  const std::string sample = "samples/" + contents.names.id + "_test/";
  files.push_back({"zephyr/module.yml", filled(kModule, words)});
  files.push_back({"zephyr/CMakeLists.txt", filled(kCMakeLists, words)});
  files.push_back({"zephyr/Kconfig", filled(kKconfig, words)});
  files.push_back({sample + "CMakeLists.txt", filled(kSampleCMake, words)});
  files.push_back({sample + "prj.conf", filled(kConfiguration, words)});
  files.push_back({sample + "sample.yaml", filled(kSample, words)});
  files.push_back({sample + "src/main.c", c_example(contents, "int main(void)")});
  files.push_back({sample + "src/test_vector.h", test_vector_header(contents)});
  return files;
}

} // namespace tinyml::package
