// SPDX-License-Identifier: Apache-2.0
#include "compiler/package/layouts.hpp"
#include "compiler/package/measure.hpp"
#include "compiler/package/test_vector.hpp"

namespace tinyml::package {
namespace {

constexpr std::string_view kCMakeLists = R"(# SPDX-License-Identifier: Apache-2.0
idf_component_register(SRCS@sources@
                       INCLUDE_DIRS include)
target_compile_features(${COMPONENT_LIB} PRIVATE cxx_std_17)
target_compile_options(${COMPONENT_LIB} PRIVATE@flags@)
)";

constexpr std::string_view kManifest = R"(# SPDX-License-Identifier: Apache-2.0
version: "1.0.0"
description: "The machine-learning model @display@ as a component"
license: "Apache-2.0"
dependencies:
  idf: ">=5.0"
)";

constexpr std::string_view kProject = R"(# SPDX-License-Identifier: Apache-2.0
cmake_minimum_required(VERSION 3.16)
include($ENV{IDF_PATH}/tools/cmake/project.cmake)
project(@id@_test)
)";

constexpr std::string_view kMain = R"(# SPDX-License-Identifier: Apache-2.0
idf_component_register(SRCS main.c INCLUDE_DIRS .)
)";

constexpr std::string_view kMainManifest = R"(# SPDX-License-Identifier: Apache-2.0
dependencies:
  @id@:
    version: "*"
    override_path: "../../.."
)";

} // namespace

Files esp_idf_layout(const Contents &contents) {
  auto words = contents.words();
  words["sources"] = source_list(contents, " src/");
  for (const auto *flags : {&source_flags(), &contents.target.required_flags}) {
    for (const std::string &flag : *flags) {
      words["flags"] += " " + flag;
    }
  }
  Files files = common_files(contents);
  const std::string example = "examples/" + contents.names.id + "_test/";
  files.push_back({"CMakeLists.txt", filled(kCMakeLists, words)});
  files.push_back({"idf_component.yml", filled(kManifest, words)});
  files.push_back({example + "CMakeLists.txt", filled(kProject, words)});
  files.push_back({example + "main/CMakeLists.txt", filled(kMain, words)});
  files.push_back({example + "main/idf_component.yml", filled(kMainManifest, words)});
  files.push_back({example + "main/main.c", c_example(contents, "void app_main(void)")});
  files.push_back({example + "main/test_vector.h", test_vector_header(contents)});
  return files;
}

} // namespace tinyml::package
