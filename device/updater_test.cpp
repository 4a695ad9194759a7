// SPDX-License-Identifier: Apache-2.0
// A device's client and updater against the server's logic, joined in memory with loss.
#include "device/updater.hpp"

#include "image/packer.hpp"
#include "os/drivers/nor_image.hpp"
#include "protocol/coap/fixed_storage.hpp"
#include "protocol/lwm2m/client.hpp"
#include "protocol/lwm2m/private_objects.hpp"
#include "protocol/lwm2m/test_server.hpp"

#include <gmock/gmock.h>

#include <random>

namespace tinyml::hal {
// The updater speaks to the console and notes events.
void console_write(std::string_view) {}
std::uint64_t monotonic_ns() { return 0; }
} // namespace tinyml::hal

namespace tinyml::device {
namespace {

using lwm2m::Path;
using lwm2m::UpdateResult;
using lwm2m::UpdateState;

constexpr coap::PeerId kServer{(std::uint64_t{0x7F000001} << 16) | 5683};
constexpr coap::PeerId kDevice{(std::uint64_t{0x7F000001} << 16) | 40000};
constexpr Path kState = Path::of(5, 0, 3);
constexpr Path kResult = Path::of(5, 0, 5);

struct VerifyAs {
  const image::Error *answer;
  image::Error operator()(store::Slot) const { return *answer; }
};

using Coap = coap::Endpoint<coap::FixedStorage<>>;
using Objects = lwm2m::ObjectSet<lwm2m::ServerObject, lwm2m::FirmwareObject>;

struct Device {
  drivers::NorImage flash{{1u << 20, 4096, 16}};
  store::Layout layout = store::layout_of(flash.info());
  image::Error verdict = image::Error::kNone;
  lwm2m::ServerObject account;
  lwm2m::FirmwareObject firmware{"0.1.0", UpdateResult::kInitial};
  Objects objects{account, firmware};
  Coap coap{coap::Parameters{.nstart = 2}, 4};
  lwm2m::Client<Objects, Coap> client{{"dev", kServer, ""}, objects, account, coap, 5};
  image::Requirements wanted{
      .board = "test", .oldest_abi = 1, .newest_abi = 1, .max_payload_bytes = 1u << 20};
  Updater<drivers::NorImage, Coap, VerifyAs> updater{{wanted, kServer}, flash, layout,
                                                     firmware,          coap,  VerifyAs{&verdict}};

  Device() {
    store::BootLog<drivers::NorImage> log(flash, layout);
    store::BootState state;
    EXPECT_EQ(log.load(state), hal::Status::kOk);
    state.confirmed = state.booted = store::Slot::kA;
    EXPECT_EQ(log.append(state), hal::Status::kOk);
  }
};

image::SigningKey &key() {
  static auto made = *image::SigningKey::generate();
  return made;
}

std::vector<std::uint8_t> package(std::size_t payload_bytes, std::string board = "test") {
  std::vector<std::uint8_t> payload(payload_bytes);
  for (std::size_t i = 0; i < payload.size(); ++i) {
    payload[i] = static_cast<std::uint8_t>(i * 7 + i / 251);
  }
  image::ImageInfo info;
  info.board = std::move(board);
  info.abi_version = 1;
  info.version = {0, 1, 0, 2};
  return *image::pack(payload, info, key());
}

class UpdaterTest : public testing::Test {
protected:
  /// Lets time pass until `done` or for ten simulated hours.
  template <typename Done> bool run_until(Done &&done) {
    for (const coap::Millis end = now + 36'000'000; now < end && !done(); ++now) {
      step();
    }
    return done();
  }

  void step() {
    server.poll(now);
    for (const auto &datagram : server.take_outgoing()) {
      if (arrives()) {
        dispatch(device.coap.receive(kServer, datagram.bytes, now));
        flush();
      }
    }
    if (now % 10 == 0) {
      device.client.poll(now);
      device.updater.poll(now);
    }
    flush();
  }

  void flush() {
    while (const auto event = device.coap.poll(now)) {
      if (event.kind != coap::EventKind::kSend) {
        dispatch(event);
      } else if (arrives()) {
        server.receive(kDevice, event.datagram, now);
      }
    }
  }

  void dispatch(const coap::Event &event) {
    if (event && !device.updater.handle(event, now)) {
      device.client.handle(event, now);
    }
  }

  bool arrives() {
    return connected && std::uniform_int_distribution<>(0, 99)(random) >= loss_percent;
  }

  lwm2m::ClientAnswer ask(lwm2m::ClientRequest request) {
    server.answers().clear();
    server.ask(kDevice, std::move(request));
    EXPECT_TRUE(run_until([&] { return !server.answers().empty(); }));
    return server.answers().front();
  }

  void register_device() {
    ASSERT_TRUE(run_until([&] { return server.registry().find("dev") != nullptr; }));
  }

  coap::Code offer(std::string_view uri = "coap://127.0.0.1/fw") {
    return ask(lwm2m::write_text_request(Path::of(5, 0, 1), uri)).code;
  }

  bool slot_holds(const std::vector<std::uint8_t> &image) {
    const auto from = device.flash.bytes.begin() + device.layout.slot(store::Slot::kB).offset;
    return std::equal(image.begin(), image.end(), from);
  }

  lwm2m::TestServer server;
  Device device;
  coap::Millis now = 1;
  int loss_percent = 0;
  bool connected = true;
  std::mt19937 random{7};
};

TEST_F(UpdaterTest, pulls_a_package_and_starts_it_on_request) {
  server.file = package(50'000);
  register_device();
  EXPECT_EQ(offer(), coap::Code::kChanged);
  ASSERT_TRUE(run_until([&] { return device.firmware.state() == UpdateState::kDownloaded; }));
  EXPECT_TRUE(slot_holds(server.file));
  EXPECT_EQ(ask(lwm2m::read_request(kState, lwm2m::Format::kText)).text(), "2");
  EXPECT_EQ(ask(lwm2m::execute_request(Path::of(5, 0, 2))).code, coap::Code::kChanged);
  ASSERT_TRUE(run_until([&] { return device.updater.wants_restart(now); }));
  const auto state = store::current_state(device.flash, device.layout);
  EXPECT_EQ(state.trial, store::Slot::kB);
}

TEST_F(UpdaterTest, pulls_through_heavy_loss) {
  server.file = package(20'000);
  loss_percent = 30;
  register_device();
  offer();
  ASSERT_TRUE(run_until([&] { return device.firmware.state() == UpdateState::kDownloaded; }));
  EXPECT_TRUE(slot_holds(server.file));
}

TEST_F(UpdaterTest, resumes_where_a_lost_connection_stopped_it) {
  server.file = package(50'000);
  register_device();
  offer();
  ASSERT_TRUE(run_until([&] { return server.served_bytes > 20'000; }));
  connected = false;
  const coap::Millis back = now + 200'000;
  run_until([&] { return now >= back; });
  EXPECT_EQ(device.firmware.state(), UpdateState::kDownloading);
  connected = true;
  ASSERT_TRUE(run_until([&] { return device.firmware.state() == UpdateState::kDownloaded; }));
  EXPECT_TRUE(slot_holds(server.file));
  EXPECT_LT(server.served_bytes, server.file.size() + 3072);
}

TEST_F(UpdaterTest, gives_up_when_the_server_stays_away) {
  server.file = package(50'000);
  register_device();
  offer();
  ASSERT_TRUE(run_until([&] { return server.served_bytes > 20'000; }));
  connected = false;
  ASSERT_TRUE(run_until([&] { return device.firmware.state() == UpdateState::kIdle; }));
  EXPECT_EQ(device.firmware.result(), UpdateResult::kConnectionLost);
}

TEST_F(UpdaterTest, starts_again_when_the_package_changes_on_the_way) {
  server.file = package(50'000);
  register_device();
  offer();
  ASSERT_TRUE(run_until([&] { return server.served_bytes > 20'000; }));
  server.file = package(40'000);
  ++server.file_version;
  ASSERT_TRUE(run_until([&] { return device.firmware.state() == UpdateState::kDownloaded; }));
  EXPECT_TRUE(slot_holds(server.file));
}

TEST_F(UpdaterTest, takes_a_pushed_package_through_loss) {
  const auto image = package(20'000);
  loss_percent = 20;
  register_device();
  EXPECT_EQ(ask(lwm2m::write_opaque_request(Path::of(5, 0, 0), image)).code, coap::Code::kChanged);
  EXPECT_EQ(device.firmware.state(), UpdateState::kDownloaded);
  EXPECT_TRUE(slot_holds(image));
}

TEST_F(UpdaterTest, refuses_what_does_not_suit_and_says_why) {
  const struct {
    const char *uri;
    std::vector<std::uint8_t> image;
    image::Error verdict;
    UpdateResult result;
  } cases[] = {
      {"http://127.0.0.1/fw", {}, image::Error::kNone, UpdateResult::kUnsupportedProtocol},
      {"coap://host.example/fw", {}, image::Error::kNone, UpdateResult::kInvalidUri},
      {"coap://127.0.0.1/missing", {}, image::Error::kNone, UpdateResult::kInvalidUri},
      {"coap://127.0.0.1/fw", package(9000, "other"), image::Error::kNone,
       UpdateResult::kUnsupportedType},
      {"coap://127.0.0.1/fw", package(9000), image::Error::kBadSignature,
       UpdateResult::kIntegrityFailure},
      {"coap://127.0.0.1/fw", package(500'000), image::Error::kNone, UpdateResult::kNotEnoughFlash},
      {"coap://127.0.0.1/fw", std::vector<std::uint8_t>(3000, 0x55), image::Error::kNone,
       UpdateResult::kUnsupportedType},
  };
  register_device();
  for (const auto &c : cases) {
    server.file = c.image;
    device.verdict = c.verdict;
    EXPECT_EQ(offer(c.uri), coap::Code::kChanged);
    ASSERT_TRUE(run_until([&] { return device.firmware.state() == UpdateState::kIdle; })) << c.uri;
    EXPECT_EQ(device.firmware.result(), c.result) << c.uri;
    EXPECT_EQ(ask(lwm2m::read_request(kResult, lwm2m::Format::kText)).text(),
              std::to_string(static_cast<int>(c.result)));
  }
}

TEST_F(UpdaterTest, an_empty_uri_calls_a_download_off) {
  server.file = package(300'000);
  register_device();
  offer();
  ASSERT_TRUE(run_until([&] { return server.served_bytes > 20'000; }));
  EXPECT_EQ(offer(""), coap::Code::kChanged);
  run_until([&, end = now + 5000] { return now >= end; });
  EXPECT_EQ(device.firmware.state(), UpdateState::kIdle);
  EXPECT_EQ(device.firmware.result(), UpdateResult::kInitial);
  EXPECT_FALSE(device.updater.busy());
}

TEST_F(UpdaterTest, observers_learn_of_the_states) {
  server.file = package(20'000);
  register_device();
  ask(lwm2m::observe_request(kState, lwm2m::Format::kText));
  offer();
  ASSERT_TRUE(run_until([&] {
    return !server.notifications().empty() && server.notifications().back().text() == "2";
  }));
}

} // namespace
} // namespace tinyml::device
