// SPDX-License-Identifier: Apache-2.0
// From a provisioned store through the bootloader into an image and back, on the boards themselves.
#include "host/child.hpp"
#include "host/files.hpp"
#include "image/packer.hpp"
#include "os/conformance/run_board.hpp"
#include "os/drivers/nor_memory.hpp"
#include "os/store/provision.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <iostream>

namespace tinyml::conformance {
namespace {

/// The boards' store geometry, over memory that becomes the store file.
class StoreFile {
public:
  static const hal::StoreInfo &info() {
    static constexpr hal::StoreInfo kInfo = {
        .size_bytes = 16U << 20, .sector_bytes = 4096, .program_bytes = 16};
    return kInfo;
  }
  [[nodiscard]] hal::Status read(std::uint32_t offset, ByteSpan to) {
    return flash().read(offset, to);
  }
  [[nodiscard]] hal::Status erase(std::uint32_t offset, std::uint32_t size_bytes) {
    return flash().erase(offset, size_bytes);
  }
  [[nodiscard]] hal::Status write(std::uint32_t offset, ByteView from) {
    return flash().write(offset, from);
  }
  std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(16U << 20, 0xFF);

private:
  drivers::NorMemory flash() { return {bytes.data(), info()}; }
};

struct BoardCase {
  const char *board;
  image::Payload payload;
  std::uint64_t load_address;
};

class BootChain : public testing::TestWithParam<BoardCase> {
protected:
  void SetUp() override {
    auto made = host::TemporaryFolder::create("boot-chain");
    ASSERT_TRUE(made.ok()) << made.error().message;
    folder.emplace(*std::move(made));
    provision();
  }

  void provision() {
    const BoardCase &board = GetParam();
    const auto payload = host::read_file(board_file(board.board, "resets.payload"));
    ASSERT_TRUE(payload.ok()) << payload.error().message;
    const auto key = image::SigningKey::generate();
    ASSERT_TRUE(key.ok());
    const auto packed = image::pack(*payload,
                                    {.board = board.board,
                                     .abi_version = hal::kAbiVersion,
                                     .payload = board.payload,
                                     .version = {.major = 1},
                                     .load_address = board.load_address},
                                    *key);
    ASSERT_TRUE(packed.ok()) << packed.error().message;
    const auto public_key = key->public_key();
    const image::FactoryPage page = {.endpoint = "boot-chain",
                                     .server_uri = "coap://10.77.0.1:5683",
                                     .signing_public_key = public_key,
                                     .entropy_seed = {},
                                     .serial = {},
                                     .mac = {}};
    ASSERT_EQ(store::provision(store, page, *packed), hal::Status::kOk);
  }

  /// Boots and returns the exit code; nothing when it hung.
  std::optional<int> boot() {
    const auto file = folder->path() / "store";
    EXPECT_TRUE(host::write_file(file, store.bytes).ok());
    std::filesystem::resize_file(file, store_file_bytes(GetParam().board));
    auto child = start_board(GetParam().board, "boot.elf", file, folder->path() / "console");
    EXPECT_TRUE(child.ok()) << child.error().message;
    return child.ok() ? end_of(*child) : std::nullopt;
  }

  [[nodiscard]] std::string console() const {
    return host::read_text(folder->path() / "console").value();
  }

  std::optional<host::TemporaryFolder> folder;
  StoreFile store;
};

TEST_P(BootChain, StartsAnImageThroughResetAndFault) {
  const auto code = boot();
  const std::string text = console();
  std::cout << text;
  ASSERT_TRUE(code.has_value()) << "the board hung";
  EXPECT_EQ(*code, 0);
  EXPECT_EQ(text.find("FAILED"), std::string::npos);
  std::size_t at = 0;
  for (const char *step : {"starting slot A", "reset reason 0", "starting slot A", "reset reason 1",
                           "ok      the running image verifies", "starting slot A",
                           "reset reason 3", "ok      back from a fault", "starting slot A",
                           "reset reason 3", "ok      back from a fault"}) {
    at = text.find(step, at);
    ASSERT_NE(at, std::string::npos) << "missing: " << step;
  }
}

TEST_P(BootChain, DoesNotStartAnImageWithOneBitChanged) {
  const store::Layout layout = store::layout_of(store.info());
  store.bytes[layout.slot(store::Slot::kA).offset + image::kHeaderBytes + 1000] ^= 1;
  const auto code = boot();
  ASSERT_TRUE(code.has_value()) << "the board hung";
  EXPECT_EQ(*code, 3);
  EXPECT_EQ(console().find("reset reason"), std::string::npos);
  EXPECT_NE(console().find("nothing to start"), std::string::npos);
}

TEST_P(BootChain, DoesNotStartFromABlankStore) {
  store.bytes.assign(store.bytes.size(), 0xFF);
  EXPECT_EQ(boot(), 3) << console();
}

INSTANTIATE_TEST_SUITE_P(Boards, BootChain,
                         testing::Values(BoardCase{"mps2-an385", image::Payload::kBinary, 0x8000},
                                         BoardCase{"mps2-an386", image::Payload::kBinary, 0x8000},
                                         BoardCase{"mps3-an547", image::Payload::kBinary, 0x8000},
                                         BoardCase{"linux", image::Payload::kElf, 0}),
                         [](const auto &board) {
                           std::string name = board.param.board;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

} // namespace
} // namespace tinyml::conformance
