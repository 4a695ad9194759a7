// SPDX-License-Identifier: Apache-2.0
// A new image crashes on trial; the device rolls back, its old image tells the crash, and the
// person reads where it happened.
#include "os/store/provision.hpp"
#include "os/store/trial.hpp"
#include "tender/machine/provisioning.hpp"
#include "tests/e2e/stage.hpp"

#include <algorithm>
#include <fstream>
#include <gmock/gmock.h>

namespace tinyml::e2e {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

/// A store file in memory.
struct StoreBytes {
  hal::StoreInfo geometry{16U << 20, 4096, 16};
  std::vector<std::uint8_t> bytes;

  [[nodiscard]] const hal::StoreInfo &info() const { return geometry; }
  hal::Status read(std::uint32_t offset, ByteSpan to) {
    std::copy_n(bytes.begin() + offset, to.size(), to.begin());
    return hal::Status::kOk;
  }
  hal::Status erase(std::uint32_t offset, std::uint32_t size) {
    std::fill_n(bytes.begin() + offset, size, std::uint8_t{0xFF});
    return hal::Status::kOk;
  }
  hal::Status write(std::uint32_t offset, ByteView from) {
    std::ranges::copy(from, bytes.begin() + offset);
    return hal::Status::kOk;
  }
};

std::vector<std::uint8_t> from_hex(const std::string &hex) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

class CrashOnTrial : public testing::TestWithParam<std::string> {
protected:
  /// The service is started with a kit whose base program crashes, then with the board's own: it
  /// has built both images.
  void SetUp() override {
    make_crashing_kit();
    ::setenv("TINYML_KITS", kits().c_str(), 1);
    stage.start_service();
    crashing = base_image();
    stage.service().stop();
    ::unsetenv("TINYML_KITS");
    stage.start_service();
    make_store();
  }

  [[nodiscard]] fs::path kits() const { return stage.folder() / "kits"; }

  void make_crashing_kit() {
    const fs::path tree = fs::path(TINYML_BOARDS_DIR) / GetParam();
    const fs::path kit = kits() / GetParam();
    fs::create_directories(kits());
    fs::copy(fs::path(TINYML_KITS_DIR) / GetParam(), kit, fs::copy_options::recursive);
    fs::copy_file(tree / "crash.o", kit / "base.o", fs::copy_options::overwrite_existing);
    const fs::path graphs = kit / "callgraph/base";
    for (const auto &entry : fs::directory_iterator(graphs)) {
      if (entry.path().filename().string().find("program_base") != std::string::npos) {
        fs::remove(entry.path());
      }
    }
    for (const auto &entry :
         fs::recursive_directory_iterator(tree / "device/CMakeFiles/program_crash.dir")) {
      if (entry.path().extension() == ".ci") {
        fs::copy_file(entry.path(), graphs / ("crash." + entry.path().filename().string()));
      }
    }
  }

  std::vector<std::uint8_t> base_image() {
    const auto image = stage.client().get_bytes("/v1/boards/" + GetParam() + "/base-image");
    EXPECT_TRUE(image.ok()) << image.error().message << stage.log("service.log");
    return image.ok() ? *image : std::vector<std::uint8_t>();
  }

  void make_store() {
    const auto key = from_hex(stage.client().get("/v1/signing-key")->value("public_key", ""));
    const std::string host = GetParam() == "linux" ? "127.0.0.1" : "10.77.0.1";
    const fs::path file = stage.folder() / "dev/store.bin";
    fs::create_directories(file.parent_path());
    const auto provisioned = tender::provision_device(
        file,
        {.board = GetParam(),
         .endpoint = "dev",
         .server_uri =
             "coap://" + host + stage.coap_address().substr(stage.coap_address().find(':')),
         .signing_public_key = key},
        base_image());
    ASSERT_TRUE(provisioned.ok()) << provisioned.error().message;
    StoreBytes store{.bytes = *host::read_file(file)};
    if (load_le<std::uint32_t>(store.bytes.data()) == ~image::kFactoryMagic) { // a sparse file
      std::ranges::transform(store.bytes, store.bytes.begin(),
                             [](std::uint8_t byte) { return static_cast<std::uint8_t>(~byte); });
    }
    const store::Layout layout = store::layout_of(store.info());
    store.write(layout.slot(store::Slot::kB).offset, crashing);
    ASSERT_EQ(store::activate(store, layout, store::Slot::kB, 1), hal::Status::kOk);
    ASSERT_TRUE(host::write_file(file, store.bytes).ok());
  }

  Stage stage;
  std::vector<std::uint8_t> crashing;
};

bool has_function(const json &backtrace, const std::string &name) {
  return std::ranges::any_of(backtrace, [&](const json &frame) {
    return frame["function"].is_string() &&
           frame["function"].get<std::string>().find(name) != std::string::npos;
  });
}

TEST_P(CrashOnTrial, IsToldByTheImageThatComesBack) {
  stage.start_device(GetParam(), "dev");
  json crashes;
  ASSERT_TRUE(Stage::eventually([&] {
    const auto answer = stage.client().get("/v1/devices/dev/crashes");
    crashes = answer.ok() ? (*answer)["crashes"] : json::array();
    return !crashes.empty();
  })) << stage.log("dev.log")
      << stage.log("service.log");
  const json &crash = crashes[0];
  EXPECT_EQ(crash["cause"], "assertion") << crash.dump(1);
  EXPECT_TRUE(crash["symbols"].get<bool>()) << "the service built the image that crashed";
  const json &backtrace = crash["backtrace"];
  EXPECT_THAT(backtrace[0]["function"].get<std::string>(), HasSubstr("end_itself"));
  EXPECT_THAT(backtrace[0]["file"].dump(), HasSubstr("device/crash/main.cpp"));
  for (const char *caller : {"second_call", "first_call", "tinyml_program"}) {
    EXPECT_TRUE(has_function(backtrace, caller)) << caller << crash.dump(1);
  }
  const auto shown = stage.tinyml({"crashes", "--device", "dev"});
  EXPECT_EQ(shown.exit_code, 0);
  EXPECT_THAT(shown.output, HasSubstr("device/crash/main.cpp:"));
  EXPECT_THAT(stage.log("dev.log"), HasSubstr("tinyml: crash, assertion")) << "told live, too";
  const auto events = stage.tinyml({"events", "dev"});
  EXPECT_EQ(events.exit_code, 0);
  for (const char *event : {"boot (1)", "crash seen (2)", "registered (4)"}) {
    EXPECT_THAT(events.output, HasSubstr(event));
  }
  const auto device = stage.client().get("/v1/devices/dev");
  ASSERT_TRUE(device.ok());
  EXPECT_TRUE((*device)["online"].get<bool>());
}

INSTANTIATE_TEST_SUITE_P(Boards, CrashOnTrial, testing::Values("mps2-an385", "linux"),
                         [](const auto &board) {
                           std::string name = board.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

} // namespace
} // namespace tinyml::e2e
