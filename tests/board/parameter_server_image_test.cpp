// SPDX-License-Identifier: Apache-2.0
// The parameter server's image for each board that trains: it links, and keeps below its figures.
#include "compiler/driver/build_image.hpp"
#include "host/files.hpp"

#include <gmock/gmock.h>
#include <iostream>

namespace tinyml::boards {
namespace {

struct ServerImage {
  const char *board;
  std::uint64_t most_rom_bytes;
  std::uint64_t most_ram_bytes; ///< whatever the model is; tables for 128 workers, stack and all
};

void PrintTo(const ServerImage &image, std::ostream *out) { *out << image.board; }

class ServerImages : public testing::TestWithParam<ServerImage> {};

TEST_P(ServerImages, FitTheirBoards) {
  const ServerImage &wanted = GetParam();
  const auto kit = link::find_kit(TINYML_KITS_DIR, wanted.board);
  ASSERT_TRUE(kit.ok()) << kit.error().message;
  const auto folder = host::TemporaryFolder::create("server-image");
  ASSERT_TRUE(folder.ok());
  auto planned = driver::PlannedImage::create(nullptr, *kit, "parameter_server", folder->path());
  ASSERT_TRUE(planned.ok()) << planned.error().message;
  std::cout << wanted.board << ": ROM " << planned->plan().rom_bytes << ", RAM "
            << planned->plan().ram_bytes() << ", of it stack " << planned->plan().stack.bytes
            << '\n';
  EXPECT_LE(planned->plan().rom_bytes, wanted.most_rom_bytes);
  EXPECT_LE(planned->plan().ram_bytes(), wanted.most_ram_bytes);
  const auto linked = planned->link();
  ASSERT_TRUE(linked.ok()) << linked.error().message;
}

constexpr std::uint64_t kKb = 1024;

INSTANTIATE_TEST_SUITE_P(Boards, ServerImages,
                         testing::Values(ServerImage{"kvm-x86_64", 160 * kKb, 96 * kKb},
                                         ServerImage{"linux", 160 * kKb, 96 * kKb},
                                         ServerImage{"mps2-an386", 112 * kKb, 72 * kKb},
                                         ServerImage{"virt-rv32", 144 * kKb, 96 * kKb}),
                         [](const auto &one) {
                           std::string name = one.param.board;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

} // namespace
} // namespace tinyml::boards
