// SPDX-License-Identifier: Apache-2.0
// From a provisioned store through the bootloader into an image and back, on the boards themselves.
#include "image/packer.hpp"
#include "os/conformance/run_board.hpp"
#include "os/drivers/nor_image.hpp"
#include "os/store/provision.hpp"
#include "os/store/trial.hpp"

#include <gtest/gtest.h>
#include <iostream>
#include <thread>

namespace tinyml::conformance {
namespace {

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

  /// The reset program as an image; images of different versions differ in their payload, too.
  std::vector<std::uint8_t> image_of(std::uint8_t version) {
    const std::string &board = GetParam();
    auto payload = host::read_file(board_file(board, "resets.payload"));
    EXPECT_TRUE(payload.ok()) << payload.error().message;
    payload->insert(payload->end(), std::size_t{16} * version, version);
    const nlohmann::json kit = board_description(board);
    const nlohmann::json first = kit.value("recovery", kit); // where the store's first image lies
    const bool is_elf = kit.value("payload", "") == "elf";
    const auto packed = image::pack(
        *payload,
        {.board = board,
         .abi_version = hal::kAbiVersion,
         .payload = is_elf ? image::Payload::kElf : image::Payload::kBinary,
         .version = {.major = version},
         .load_address = is_elf ? 0 : first.at("rom").at("origin").get<std::uint64_t>()},
        key);
    EXPECT_TRUE(packed.ok()) << packed.error().message;
    return packed.ok() ? *packed : std::vector<std::uint8_t>{};
  }

  void provision() {
    const auto public_key = key.public_key();
    const image::FactoryPage page = {.endpoint = "boot-chain",
                                     .server_uri = "coap://10.77.0.1:5683",
                                     .signing_public_key = public_key,
                                     .entropy_seed = {},
                                     .serial = {},
                                     .mac = {}};
    ASSERT_EQ(store::provision(*store, page, image_of(1)), hal::Status::kOk);
  }

  [[nodiscard]] bool has_two_slots() const { return !store::layout_of(store->info()).has_recovery; }

  /// As after an update: another image in slot B, and the wish to try it.
  void put_on_trial() {
    const store::Layout layout = store::layout_of(store->info());
    ASSERT_EQ(store::fill_region(*store, layout.slot(store::Slot::kB), image_of(2)),
              hal::Status::kOk);
    ASSERT_EQ(store::activate(*store, layout, store::Slot::kB), hal::Status::kOk);
  }

  std::filesystem::path write_store() {
    auto file = folder->path() / "store";
    EXPECT_TRUE(host::write_file(file, store->bytes).ok());
    std::filesystem::resize_file(file, tender::store_file_bytes(GetParam()).value());
    return file;
  }

  /// Boots and returns the exit code; nothing when it hung.
  std::optional<int> boot() { return boot(write_store()); }
  std::optional<int> boot(const std::filesystem::path &file) {
    const auto machine = start_board(GetParam(), "boot.elf", file);
    EXPECT_TRUE(machine.ok()) << machine.error().message;
    const auto end = machine.ok() ? (*machine)->wait(std::chrono::seconds(60)) : std::nullopt;
    console = machine.ok() ? (*machine)->console() : "";
    return end ? std::optional(end->code) : std::nullopt;
  }

  bool console_has(std::initializer_list<const char *> steps) {
    std::size_t at = 0;
    for (const char *step : steps) {
      at = console.find(step, at);
      EXPECT_NE(at, std::string::npos) << "missing: " << step << "\n" << console;
      if (at == std::string::npos) {
        return false;
      }
    }
    return true;
  }

  image::SigningKey key = *image::SigningKey::generate();
  std::optional<host::TemporaryFolder> folder;
  std::optional<drivers::NorImage> store;
  std::string console;
};

TEST_P(BootChain, StartsAnImageThroughResetAndFault) {
  const auto code = boot();
  std::cout << console;
  ASSERT_TRUE(code.has_value()) << "the board hung";
  EXPECT_EQ(*code, 0);
  EXPECT_EQ(console.find("FAILED"), std::string::npos);
  EXPECT_EQ(console.find("code is protected 0") == std::string::npos, protects_code(GetParam()));
  EXPECT_TRUE(console_has({"starting slot A", "reset reason 0", "starting slot A", "reset reason 1",
                           "ok      the running image verifies", "starting slot A",
                           "reset reason 3", "ok      back from a fault", "starting slot A",
                           "reset reason 3", "ok      back from a fault"}));
}

/// The image on trial resets and crashes until its trials are used up. The old one comes back and
/// still finds the record of the last crash.
TEST_P(BootChain, RollsBackAnImageThatNeverConfirms) {
  if (!has_two_slots()) {
    GTEST_SKIP() << "its images are linked for one place each";
  }
  put_on_trial();
  const auto code = boot();
  ASSERT_TRUE(code.has_value()) << "the board hung";
  EXPECT_EQ(*code, 0);
  ASSERT_TRUE(
      console_has({"starting slot B on trial, trials left: 2", "reset reason 0",
                   "starting slot B on trial, trials left: 1", "reset reason 1",
                   "starting slot B on trial, trials left: 0", "reset reason 3", "rolling back",
                   "starting slot A", "reset reason 3", "ok      back from a fault"}));
  EXPECT_EQ(console.find("FAILED", console.find("rolling back")), std::string::npos) << console;
}

/// Cuts the power at ever later moments of a trial; whatever was under way, the next start goes on.
TEST_P(BootChain, SurvivesPowerCutsDuringATrial) {
  if (!has_two_slots()) {
    GTEST_SKIP() << "its images are linked for one place each";
  }
  put_on_trial();
  const auto file = write_store();
  for (int cut = 1; cut <= 6; ++cut) {
    const auto machine = start_board(GetParam(), "boot.elf", file);
    ASSERT_TRUE(machine.ok()) << machine.error().message;
    std::this_thread::sleep_for(std::chrono::milliseconds(35 * cut));
    (*machine)->kill();
  }
  // A cut behind the program's mark in the store leaves it complaining (1) that it knows nothing of
  // the fault before; what counts is that an image was started and came to its end.
  const auto code = boot(file);
  EXPECT_TRUE(code == 0 || code == 1) << console;
  EXPECT_EQ(console.find("nothing to start"), std::string::npos) << console;
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
