// SPDX-License-Identifier: Apache-2.0
// Packages promise C++17: every kernel header and what the generator writes must be it,
// pedantically, for each compiler that people use them with.
#include "host/files.hpp"
#include "host/process.hpp"

#include <algorithm>
#include <gmock/gmock.h>

namespace tinyml {
namespace {

namespace fs = std::filesystem;

/// Includes all headers below kernels/ that any processor can compile.
std::string all_kernel_headers() {
  std::vector<std::string> headers;
  for (const char *folder : {"generic", "reference", "isa/scalar"}) {
    for (const auto &entry :
         fs::directory_iterator(fs::path(TINYML_SOURCE_DIR) / "kernels" / folder)) {
      if (entry.path().extension() == ".hpp") {
        headers.push_back(std::string("kernels/") + folder + "/" +
                          entry.path().filename().string());
      }
    }
  }
  std::sort(headers.begin(), headers.end());
  std::string text = "#include \"kernels/module_abi.hpp\"\n";
  for (const std::string &header : headers) {
    text += "#include \"" + header + "\"\n";
  }
  return text;
}

class Dialect : public ::testing::TestWithParam<std::vector<std::string>> {};

TEST_P(Dialect, KernelHeadersAreStrictCpp17) {
  const auto folder = host::TemporaryFolder::create("dialect");
  ASSERT_TRUE(folder.ok());
  ASSERT_TRUE(host::write_text(folder->path() / "all.cpp", all_kernel_headers()).ok());
  host::Command command;
  command.argv = GetParam();
  for (const char *flag : {"-std=c++17", "-pedantic", "-Wall", "-Wextra", "-Wconversion",
                           "-Wshadow", "-Werror", "-fsyntax-only", "-I", TINYML_SOURCE_DIR}) {
    command.argv.emplace_back(flag);
  }
  command.argv.push_back((folder->path() / "all.cpp").string());
  const auto outcome = host::run(command);
  if (!outcome.ok()) {
    GTEST_SKIP() << "not installed: " << GetParam()[0];
  }
  EXPECT_TRUE(outcome->succeeded()) << outcome->output;
}

INSTANTIATE_TEST_SUITE_P(
    Compilers, Dialect,
    ::testing::Values(std::vector<std::string>{"g++"}, std::vector<std::string>{"clang++-16"},
                      std::vector<std::string>{"arm-none-eabi-g++", "-mcpu=cortex-m4", "-mthumb"},
                      std::vector<std::string>{"arm-none-eabi-g++", "-mcpu=cortex-m0", "-mthumb"}));

} // namespace
} // namespace tinyml
