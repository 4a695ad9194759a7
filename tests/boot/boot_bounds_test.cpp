// SPDX-License-Identifier: Apache-2.0
// Builds the bootloader for Cortex-M3 and holds its documented bounds against what the compiler
// made.
#include "compiler/link/elf.hpp"
#include "compiler/link/stack_bound.hpp"
#include "host/files.hpp"
#include "host/process.hpp"
#include "os/boot/services.hpp"

#include <filesystem>
#include <gtest/gtest.h>

namespace {

namespace fs = std::filesystem;
using namespace tinyml;

/// The aim for the whole bootloader on this class of device.
constexpr std::uint32_t kCodeLimitBytes = 24 * 1024;

constexpr const char *kFlags[] = {"-mcpu=cortex-m3",
                                  "-mthumb",
                                  "-Os",
                                  "-DNDEBUG",
                                  "-c",
                                  "-ffunction-sections",
                                  "-fdata-sections",
                                  "-fno-common",
                                  "-fno-merge-constants",
                                  "-Werror",
                                  "-fno-unwind-tables",
                                  "-fno-asynchronous-unwind-tables",
                                  "-fcallgraph-info=su"};
constexpr const char *kSources[] = {
    "base/crc32.cpp",        "image/crypto.cpp",        "image/factory.cpp",
    "image/header.cpp",      "image/requirements.cpp",  "image/verify.cpp",
    "os/boot/lent_heap.cpp", "os/store/boot_state.cpp", "tests/boot/probe.cpp"};
constexpr const char *kMbedtlsSources[] = {"bignum", "constant_time", "ecdsa",
                                           "ecp",    "ecp_curves",    "sha256"};

class BootBounds : public testing::Test {
protected:
  static void SetUpTestSuite() {
    char pattern[] = "/tmp/tinyml-boot-bounds-XXXXXX";
    work = ::mkdtemp(pattern);
    problem = build();
  }
  static void TearDownTestSuite() { fs::remove_all(work); }
  void SetUp() override {
    if (problem.starts_with("skip: ")) {
      GTEST_SKIP() << problem.substr(6);
    }
    ASSERT_EQ(problem, "");
  }

  static std::string run(std::vector<std::string> argv) {
    const auto outcome =
        host::run({.argv = std::move(argv), .environment = {}, .working_directory = work});
    if (!outcome) {
      return "skip: " + outcome.error().message;
    }
    return outcome->succeeded() ? "" : outcome->output;
  }

  static std::string build() {
    const fs::path root = TINYML_SOURCE_DIR;
    const fs::path mbedtls = root / "build/third_party/mbedtls";
    if (!fs::exists(mbedtls / ".complete")) {
      return "skip: no mbedTLS sources; run tools/fetch-mbedtls";
    }
    std::vector<std::string> common(std::begin(kFlags), std::end(kFlags));
    common.insert(common.end(), {"-I" + root.string(), "-isystem", mbedtls / "include",
                                 "-DMBEDTLS_CONFIG_FILE=\"os/boot/mbedtls_config.h\""});
    std::vector<std::string> cxx = {"arm-none-eabi-g++", "-std=c++20", "-fno-exceptions",
                                    "-fno-rtti", "-fno-threadsafe-statics"};
    std::vector<std::string> c = {"arm-none-eabi-gcc"};
    for (auto *argv : {&cxx, &c}) {
      argv->insert(argv->end(), common.begin(), common.end());
    }
    for (const char *source : kSources) {
      cxx.push_back(root / source);
    }
    for (const char *source : kMbedtlsSources) {
      c.push_back(mbedtls / "library" / (std::string(source) + ".c"));
    }
    c.push_back(root / "os/boot/zeroize.c");
    for (auto argv : {cxx, c}) {
      if (auto failure = run(std::move(argv)); !failure.empty()) {
        return failure;
      }
    }
    return link();
  }

  static std::string link() {
    std::vector<std::string> argv = {"arm-none-eabi-g++",
                                     "-mcpu=cortex-m3",
                                     "-mthumb",
                                     "-nostartfiles",
                                     "--specs=nano.specs",
                                     "-Wl,--gc-sections,-e,boot_probe_start",
                                     "-Wl,-u,boot_probe_services",
                                     "-o",
                                     "boot.elf"};
    for (const auto &entry : fs::directory_iterator(work)) {
      if (entry.path().extension() == ".o") {
        argv.push_back(entry.path().filename());
      }
    }
    return run(std::move(argv));
  }

  static link::StackBound stack_of(const std::vector<std::string> &entries) {
    link::CallGraph graph;
    for (const auto &entry : fs::directory_iterator(work)) {
      if (entry.path().extension() == ".ci") {
        const auto text = host::read_file(entry.path());
        EXPECT_TRUE(text.ok() && graph.add(as_text(*text)).ok()) << entry.path();
      }
    }
    // The only pointers called are mbedTLS's random source, which is null here and never reached.
    const auto bound = link::stack_bound(graph, {.entries = entries, .indirect_call_bytes = 1});
    EXPECT_TRUE(bound.ok()) << bound.error().message;
    return bound ? *bound : link::StackBound{};
  }

  static inline fs::path work;
  static inline std::string problem;
};

TEST_F(BootBounds, AServiceUsesNoMoreStackThanImagesReserveForIt) {
  const auto verify = stack_of({"boot_probe_verify_slot"});
  const auto sha256 = stack_of({"boot_probe_sha256"});
  std::printf("stack of verify_slot: %u bytes, of sha256: %u bytes\n", verify.bytes, sha256.bytes);
  EXPECT_GT(verify.bytes, 1000u);
  EXPECT_LE(verify.bytes, boot::kServiceStackBytes);
  EXPECT_LE(sha256.bytes, boot::kServiceStackBytes);
}

TEST_F(BootBounds, TheWholeBootloaderHasItsPlace) {
  const auto file = host::read_file(work / "boot.elf");
  ASSERT_TRUE(file.ok());
  const auto elf = link::parse_elf(*file);
  ASSERT_TRUE(elf.ok());
  std::uint64_t code = 0;
  std::uint64_t ram = 0;
  for (const auto &section : elf->sections) {
    code += section.allocated && section.has_content ? section.size_bytes : 0;
    ram += section.allocated && section.writable ? section.size_bytes : 0;
  }
  std::printf("bootloader: %llu bytes of code and constants, %llu bytes of static RAM\n",
              static_cast<unsigned long long>(code), static_cast<unsigned long long>(ram));
  EXPECT_GT(code, 8u * 1024);
  EXPECT_LE(code, kCodeLimitBytes);
  EXPECT_LE(ram, boot::kBootRamBytes);
  std::printf("stack of a whole boot: %u bytes\n", stack_of({"boot_probe_start"}).bytes);
}

} // namespace
