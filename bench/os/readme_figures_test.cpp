// SPDX-License-Identifier: Apache-2.0
#include "bench/os/readme_figures.hpp"

#include "host/files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tinyml::bench_os {
namespace {

using testing::HasSubstr;
using testing::Not;

const char *const kReadme =
    "# b\nText.\n\n<!-- measured: written by `RECORD=1 make bench-os` -->\nold\n"
    "<!-- end of measured -->\nMore.\n";

nlohmann::json example() {
  return nlohmann::json::parse(R"({
    "images": [
      {"board": "b", "program": "base", "model": "", "rom_bytes": 45232, "static_ram_bytes": 9008,
       "stack_bytes": 2704, "bootloader_bytes": 21812, "network_rom_bytes": 4197},
      {"board": "b", "program": "inference", "model": "mnist-lenet", "rom_bytes": 111552,
       "static_ram_bytes": 12336, "stack_bytes": 2792}],
    "boots": [{"board": "b", "bare_instructions": 10579, "delivered_instructions": null}],
    "hosts": [{"board": "b", "first_frame_ms": 1.52, "delivered_frame_ms": 4.7, "private_bytes": 315392}]})");
}

TEST(ReadmeFigures, SayWhatABoardCosts) {
  const std::string block = measured_block(example(), "b");
  EXPECT_THAT(block, HasSubstr("crash report | 45,232 | 11,712 (9,008 static, 2,704 bound"));
  EXPECT_THAT(block, HasSubstr("| `inference` with `mnist-lenet` | 111,552 | 15,128 ("));
  EXPECT_THAT(block, HasSubstr("4,197 bytes. Bootloader: 21,812 bytes.\n"));
  EXPECT_THAT(block, HasSubstr("first frame: 10,579 instructions (`os/net/echo` alone).\n"));
  EXPECT_THAT(block, HasSubstr("1.5 ms to the first frame of `os/net/echo`, 4.7 ms"));
  EXPECT_EQ(measured_block(example(), "c"), "");
}

TEST(ReadmeFigures, ReplaceWhatStandsBetweenTheMarks) {
  const std::string once = with_measured_block(kReadme, "new\n");
  EXPECT_THAT(once, HasSubstr("bench-os` -->\nnew\n<!-- end of measured -->\nMore.\n"));
  EXPECT_THAT(once, Not(HasSubstr("old")));
  EXPECT_EQ(with_measured_block(once, "new\n"), once);
  EXPECT_EQ(with_measured_block("no marks\n", "new\n"), "no marks\n");
}

TEST(ReadmeFigures, RewriteTheTableOfBoards) {
  const std::string table = "| [`b`](os/boards/b) | what | 1 / 2 | 3 / 4 | A/B |\n"
                            "| [`wasm`](os/boards/wasm) | model | – | – | – |\nlast line";
  EXPECT_EQ(with_image_sizes(table, example()),
            "| [`b`](os/boards/b) | what | does not fit | 111,552 / 15,128 | A/B |\n"
            "| [`wasm`](os/boards/wasm) | model | – | – | – |\nlast line");
}

TEST(ReadmeFigures, WriteTheFiles) {
  const auto root = host::TemporaryFolder::create("readmes");
  ASSERT_TRUE(root.ok());
  EXPECT_FALSE(write_readmes(root->path(), example()).ok()) << "there is no README";
  std::filesystem::create_directories(root->path() / "os/boards/b");
  ASSERT_TRUE(host::write_text(root->path() / "os/boards/b/README.md", kReadme).ok());
  ASSERT_TRUE(
      host::write_text(root->path() / "README.md", "| [`b`](os/boards/b) | w | - | - | u |\n")
          .ok());
  ASSERT_TRUE(write_readmes(root->path(), example()).ok());
  EXPECT_THAT(host::read_text(root->path() / "os/boards/b/README.md").value(), HasSubstr("45,232"));
  EXPECT_THAT(host::read_text(root->path() / "README.md").value(), HasSubstr("111,552 / 15,128"));
}

} // namespace
} // namespace tinyml::bench_os
