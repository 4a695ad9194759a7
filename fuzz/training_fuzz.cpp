// SPDX-License-Identifier: Apache-2.0
// A parameter server between a hostile wire and a store whose power fails: requests as an attacker
// chooses them, restarts in between. And all messages through their codecs.
//
// The input is a list of steps: one byte says what happens, two (little endian) how long the
// datagram that follows is.
#include "device/parameter_server/server.hpp"
#include "os/store/flash_simulator.hpp"
#include "protocol/coap/fixed_storage.hpp"
#include "protocol/training/shard.hpp"

#include <cstdlib>
#include <memory>
#include <vector>

namespace tinyml::hal {
void console_write(std::string_view) {}
} // namespace tinyml::hal

namespace {

using namespace tinyml;

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

/// What is accepted is written again as it was.
template <typename Message> void check_codec(ByteView bytes) {
  const auto message = training::decode<Message>(bytes);
  if (message.ok()) {
    std::vector<std::uint8_t> again(bytes.size());
    require(encode(*message, again) == bytes.size());
    require(std::equal(again.begin(), again.end(), bytes.begin()));
  }
}

void check_codecs(ByteView bytes) {
  check_codec<training::RunSettings>(bytes);
  check_codec<training::JoinOrder>(bytes);
  check_codec<training::JoinRequest>(bytes);
  check_codec<training::JoinAnswer>(bytes);
  check_codec<training::Task>(bytes);
  check_codec<training::UpdateHeader>(bytes);
  check_codec<training::DeltaHeader>(bytes);
  check_codec<training::RunStatus>(bytes);
  check_codec<training::WorkerRecord>(bytes);
  check_codec<training::WorkerStatus>(bytes);
  if (bytes.size() >= training::kShardHeaderBytes) {
    (void)training::decode_shard(bytes.first<training::kShardHeaderBytes>());
  }
}

struct Limits : coap::DeviceLimits {
  static constexpr std::size_t kExchangeBytes = kMessageBytes;
};
using Coap = coap::Endpoint<coap::FixedStorage<Limits>>;
using Server = device::ParameterServer<store::FlashSimulator, Coap>;

constexpr hal::StoreInfo kInfo{.size_bytes = 256U << 10, .sector_bytes = 4096, .program_bytes = 16};

class Machine {
public:
  Machine() : flash_(kInfo, power_) { start(); }

  void step(std::uint8_t action, ByteView datagram) {
    constexpr std::uint8_t kCut = 0x80;
    constexpr std::uint8_t kSecondPeer = 0x10;
    constexpr unsigned kPolls = 64;
    now_ms_ += coap::Millis{1} << (action & 0xFU);
    if ((action & kCut) != 0) {
      power_.cut_after(action & 7U, store::kAllTorn[action >> 4U & 3U], action);
    }
    try {
      const coap::PeerId peer{(action & kSecondPeer) != 0 ? 1U : 2U};
      dispatch(coap_->receive(peer, datagram, now_ms_));
      for (unsigned i = 0; i < kPolls; ++i) {
        server_->poll(now_ms_);
        drain();
      }
    } catch (const store::PowerCut &) {
      power_.never_cut();
      start();
    }
    require(flash_.violations() == 0);
  }

private:
  void start() {
    coap_ = std::make_unique<Coap>(coap::Parameters{}, 1);
    server_ = std::make_unique<Server>(flash_, *coap_, store::Region{0, kInfo.size_bytes});
  }
  void dispatch(const coap::Event &event) {
    if (event) {
      server_->handle(event, now_ms_);
    }
    drain();
  }
  void drain() {
    while (const coap::Event event = coap_->poll(now_ms_)) {
      if (event.kind != coap::EventKind::kSend) {
        server_->handle(event, now_ms_);
      }
    }
  }

  store::Power power_;
  store::FlashSimulator flash_;
  coap::Millis now_ms_ = 1000;
  std::unique_ptr<Coap> coap_;
  std::unique_ptr<Server> server_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const ByteView input(data, size);
  check_codecs(input);
  Machine machine;
  ByteReader reader(input);
  for (unsigned steps = 0; steps < 400; ++steps) {
    const auto action = reader.take_le<std::uint8_t>();
    const auto length = reader.take_le<std::uint16_t>();
    if (!action || !length) {
      break;
    }
    const ByteView datagram = *reader.take(std::min<std::size_t>(*length, reader.remaining()));
    machine.step(*action, datagram);
  }
  return 0;
}
