// SPDX-License-Identifier: Apache-2.0
// From a provisioned store through the bootloader into an image and back, on the boards themselves.
#include "image/packer.hpp"
#include "os/conformance/run_board.hpp"
#include "os/drivers/nor_memory.hpp"
#include "os/store/provision.hpp"

#include <gtest/gtest.h>
#include <iostream>

namespace tinyml::conformance {
namespace {

/// A board's store, as memory that becomes the store file.
class StoreFile {
public:
  explicit StoreFile(const hal::StoreInfo &geometry)
      : bytes(geometry.size_bytes, 0xFF), info_(geometry) {}

  [[nodiscard]] const hal::StoreInfo &info() const { return info_; }
  [[nodiscard]] hal::Status read(std::uint32_t offset, ByteSpan to) {
    return flash().read(offset, to);
  }
  [[nodiscard]] hal::Status erase(std::uint32_t offset, std::uint32_t size_bytes) {
    return flash().erase(offset, size_bytes);
  }
  [[nodiscard]] hal::Status write(std::uint32_t offset, ByteView from) {
    return flash().write(offset, from);
  }
  std::vector<std::uint8_t> bytes;

private:
  drivers::NorMemory flash() { return {bytes.data(), info_}; }
  hal::StoreInfo info_;
};

/// Not every processor can.
bool protects_code(const std::string &board) { return board != "lx60-lx106"; }

class BootChain : public testing::TestWithParam<std::string> {
protected:
  void SetUp() override {
    if (const std::string missing = tender::missing_hardware(GetParam()); !missing.empty()) {
      GTEST_SKIP() << missing;
    }
    auto made = host::TemporaryFolder::create("boot-chain");
    ASSERT_TRUE(made.ok()) << made.error().message;
    folder.emplace(*std::move(made));
    const auto geometry = tender::store_geometry(GetParam());
    ASSERT_TRUE(geometry.ok()) << geometry.error().message;
    store.emplace(*geometry);
    provision();
  }

  void provision() {
    const std::string &board = GetParam();
    const auto payload = host::read_file(board_file(board, "resets.payload"));
    ASSERT_TRUE(payload.ok()) << payload.error().message;
    const auto key = image::SigningKey::generate();
    ASSERT_TRUE(key.ok());
    const nlohmann::json kit = board_description(board);
    const nlohmann::json first = kit.value("recovery", kit); // where the store's first image lies
    const bool is_elf = kit.value("payload", "") == "elf";
    const auto packed = image::pack(
        *payload,
        {.board = board,
         .abi_version = hal::kAbiVersion,
         .payload = is_elf ? image::Payload::kElf : image::Payload::kBinary,
         .version = {.major = 1},
         .load_address = is_elf ? 0 : first.at("rom").at("origin").get<std::uint64_t>()},
        *key);
    ASSERT_TRUE(packed.ok()) << packed.error().message;
    const auto public_key = key->public_key();
    const image::FactoryPage page = {.endpoint = "boot-chain",
                                     .server_uri = "coap://10.77.0.1:5683",
                                     .signing_public_key = public_key,
                                     .entropy_seed = {},
                                     .serial = {},
                                     .mac = {}};
    ASSERT_EQ(store::provision(*store, page, *packed), hal::Status::kOk);
  }

  /// Boots and returns the exit code; nothing when it hung.
  std::optional<int> boot() {
    const auto file = folder->path() / "store";
    EXPECT_TRUE(host::write_file(file, store->bytes).ok());
    std::filesystem::resize_file(file, tender::store_file_bytes(GetParam()).value());
    const auto machine = start_board(GetParam(), "boot.elf", file);
    EXPECT_TRUE(machine.ok()) << machine.error().message;
    const auto end = machine.ok() ? (*machine)->wait(std::chrono::seconds(60)) : std::nullopt;
    console = machine.ok() ? (*machine)->console() : "";
    return end ? std::optional(end->code) : std::nullopt;
  }

  std::optional<host::TemporaryFolder> folder;
  std::optional<StoreFile> store;
  std::string console;
};

TEST_P(BootChain, StartsAnImageThroughResetAndFault) {
  const auto code = boot();
  std::cout << console;
  ASSERT_TRUE(code.has_value()) << "the board hung";
  EXPECT_EQ(*code, 0);
  EXPECT_EQ(console.find("FAILED"), std::string::npos);
  EXPECT_EQ(console.find("code is protected 0") == std::string::npos, protects_code(GetParam()));
  std::size_t at = 0;
  for (const char *step : {"starting slot A", "reset reason 0", "starting slot A", "reset reason 1",
                           "ok      the running image verifies", "starting slot A",
                           "reset reason 3", "ok      back from a fault", "starting slot A",
                           "reset reason 3", "ok      back from a fault"}) {
    at = console.find(step, at);
    ASSERT_NE(at, std::string::npos) << "missing: " << step;
  }
}

TEST_P(BootChain, DoesNotStartAnImageWithOneBitChanged) {
  const store::Layout layout = store::layout_of(store->info());
  store->bytes[layout.slot(store::Slot::kA).offset + image::kHeaderBytes + 1000] ^= 1;
  const auto code = boot();
  ASSERT_TRUE(code.has_value()) << "the board hung";
  EXPECT_EQ(*code, 3);
  EXPECT_EQ(console.find("reset reason"), std::string::npos);
  EXPECT_NE(console.find("nothing to start"), std::string::npos);
}

TEST_P(BootChain, DoesNotStartFromABlankStore) {
  store->bytes.assign(store->bytes.size(), 0xFF);
  EXPECT_EQ(boot(), 3) << console;
}

INSTANTIATE_TEST_SUITE_P(Boards, BootChain, testing::ValuesIn(image_boards()),
                         [](const auto &board) { return test_name(board.param); });

} // namespace
} // namespace tinyml::conformance
