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

/// A kernel that is written for some kernel sets alone includes what others have not.
bool needs_other_set(const fs::path &header, const std::string &set) {
  const std::string text = *host::read_text(header);
  constexpr std::string_view kOfSet = "#include TINYML_ISA_HEADER(";
  for (std::size_t at = text.find(kOfSet); at != std::string::npos;
       at = text.find(kOfSet, at + 1)) {
    const std::size_t from = at + kOfSet.size();
    const std::string file = text.substr(from, text.find(')', from) - from);
    if (!fs::exists(fs::path(TINYML_SOURCE_DIR) / "kernels/isa" / set / file)) {
      return true;
    }
  }
  return false;
}

/// Training steps are built for our own boards and this machine alone, in C++20: no package has
/// them.
bool is_for_training(const fs::path &header) {
  const fs::path folder = fs::path(TINYML_SOURCE_DIR) / "kernels/generic/training";
  return header.parent_path() == folder;
}

/// Includes all headers below kernels/ that this kernel set can have.
std::string all_kernel_headers(const std::string &set) {
  std::vector<std::string> headers;
  for (const std::string &folder :
       {std::string("generic"), std::string("reference"), "isa/" + set}) {
    const fs::path path = fs::path(TINYML_SOURCE_DIR) / "kernels" / folder;
    for (const auto &entry : fs::recursive_directory_iterator(path)) {
      if (entry.path().extension() == ".hpp" && !is_for_training(entry.path()) &&
          !needs_other_set(entry.path(), set)) {
        headers.push_back(fs::relative(entry.path(), TINYML_SOURCE_DIR).string());
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

/// A kernel set and the compiler with the processor's flags.
struct Compiler {
  std::string set;
  std::vector<std::string> command;
};

class Dialect : public ::testing::TestWithParam<Compiler> {};

TEST_P(Dialect, KernelHeadersAreStrictCpp17) {
  const auto folder = host::TemporaryFolder::create("dialect");
  ASSERT_TRUE(folder.ok());
  ASSERT_TRUE(
      host::write_text(folder->path() / "all.cpp", all_kernel_headers(GetParam().set)).ok());
  host::Command command;
  command.argv = GetParam().command;
  command.argv.push_back("-DTINYML_ISA=" + GetParam().set);
  for (const char *flag : {"-std=c++17", "-pedantic", "-Wall", "-Wextra", "-Wconversion",
                           "-Wshadow", "-Werror", "-fsyntax-only", "-I", TINYML_SOURCE_DIR}) {
    command.argv.emplace_back(flag);
  }
  command.argv.push_back((folder->path() / "all.cpp").string());
  const auto outcome = host::run(command);
  if (!outcome.ok()) {
    GTEST_SKIP() << "not installed: " << GetParam().command[0];
  }
  EXPECT_TRUE(outcome->succeeded()) << outcome->output;
}

INSTANTIATE_TEST_SUITE_P(
    Compilers, Dialect,
    ::testing::Values(Compiler{"scalar", {"g++"}}, Compiler{"scalar", {"clang++-16"}},
                      Compiler{"scalar", {"arm-none-eabi-g++", "-mcpu=cortex-m0", "-mthumb"}},
                      Compiler{"dsp", {"arm-none-eabi-g++", "-mcpu=cortex-m4", "-mthumb"}}));

} // namespace
} // namespace tinyml
