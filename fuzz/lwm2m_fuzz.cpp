// SPDX-License-Identifier: Apache-2.0
// Both sides of LwM2M: a device's client gets datagrams as an attacker, or a hostile server,
// chooses them; the server's logic gets registrations and a device's answers.
//
// Input: a byte that says which, then for the client a list of steps (flags and time, length,
// datagram), else the payload.
#include "protocol/coap/fixed_storage.hpp"
#include "protocol/lwm2m/client.hpp"
#include "protocol/lwm2m/firmware_object.hpp"
#include "protocol/lwm2m/private_objects.hpp"
#include "protocol/lwm2m/server_profile.hpp"
#include "protocol/lwm2m/test_server.hpp"

namespace {

using namespace tinyml;
using namespace tinyml::lwm2m;

constexpr coap::PeerId kServer{1};
constexpr std::string_view kTexts[] = {"a", "b"};
constexpr ProfileSlot kSlots[] = {{1, 2}, {3, 4}};
constexpr Profile kProfile = {.board = "fuzz", .extensions = kTexts, .slots = kSlots};

using Coap = coap::Endpoint<coap::FixedStorage<>>;
using Objects = ObjectSet<ServerObject, DeviceObject, FirmwareObject, TextDisplayObject,
                          CapabilityObject, InferenceResultObject>;

/// Steps through one input: bit 7 of a step's flags says who sends, bit 6 whether it answers our
/// latest message.
class FuzzedClient {
public:
  void step(std::uint8_t flags, ByteView datagram) {
    now_ms_ += coap::Millis{1} << (flags & 15U);
    std::vector<std::uint8_t> bytes(datagram.begin(), datagram.end());
    if ((flags & 0x40U) != 0 && bytes.size() >= 8 && latest_.size() >= 8) {
      std::copy_n(latest_.begin() + 2, 6, bytes.begin() + 2); // message id and token
    }
    const coap::PeerId from{(flags & 0x80U) != 0 ? kServer.value : 2};
    const coap::Event event = coap_.receive(from, bytes, now_ms_);
    client_.handle(event, now_ms_);
    result_.record({.class_index = flags, .raw_output = datagram});
    drain();
    client_.poll(now_ms_);
    drain();
  }

private:
  void drain() {
    while (const coap::Event event = coap_.poll(now_ms_)) {
      if (event.kind == coap::EventKind::kSend) {
        latest_.assign(event.datagram.begin(), event.datagram.end());
      } else {
        client_.handle(event, now_ms_);
      }
    }
  }

  ServerObject account_;
  DeviceObject device_{DeviceFacts{.board = "fuzz"}};
  FirmwareObject firmware_{"1", UpdateResult::kInitial};
  TextDisplayObject display_;
  CapabilityObject capability_{kProfile};
  InferenceResultObject result_;
  Objects objects_{account_, device_, firmware_, display_, capability_, result_};
  Coap coap_{coap::Parameters{}, 1};
  Client<Objects, Coap> client_{{"fuzz", kServer, ""}, objects_, account_, coap_, 2};
  coap::Millis now_ms_ = 0;
  std::vector<std::uint8_t> latest_;
};

void fuzz_client(ByteReader input) {
  FuzzedClient client;
  for (;;) {
    const auto flags = input.take_le<std::uint8_t>();
    const auto length = input.take_le<std::uint8_t>();
    if (!flags || !length) {
      return;
    }
    client.step(*flags, *input.take(std::min<std::size_t>(*length, input.remaining())));
  }
}

void fuzz_server(ByteReader input) {
  TestServer server;
  coap::Millis now_ms = 1;
  while (const auto length = input.take_le<std::uint8_t>()) {
    const auto datagram = *input.take(std::min<std::size_t>(*length, input.remaining()));
    server.receive({*length & 1U}, datagram, now_ms);
    server.poll(now_ms += *length);
    static_cast<void>(server.take_outgoing());
  }
  static_cast<void>(server.registry().expire(now_ms + 1'000'000'000));
}

void fuzz_values(ByteReader input) {
  constexpr Format kFormats[] = {Format::kText,      Format::kOpaque,    Format::kTlv,
                                 Format::kSenmlCbor, Format::kSenmlJson, Format::kLinkFormat};
  const Path paths[] = {Path::of(42769), Path::of(42769, 0), Path::of(5, 0, 3), Path::of(9, 0, 1)};
  const auto choice = input.take_le<std::uint8_t>().value_or(0);
  const auto format = static_cast<std::uint16_t>(kFormats[choice % 6]);
  const auto tree = decode_values(paths[choice / 6 % 4], format, input.rest());
  if (tree) {
    static_cast<void>(profile_from_values(*tree));
  }
  Registration registration;
  static_cast<void>(parse_object_links(input.rest(), registration));
  const std::string_view query[] = {as_text(input.rest())};
  static_cast<void>(parse_parameters(query));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  ByteReader input(ByteView(data, size));
  const auto which = input.take_le<std::uint8_t>();
  if (!which) {
    return 0;
  }
  switch (*which % 3) {
  case 0:
    fuzz_client(input);
    break;
  case 1:
    fuzz_server(input);
    break;
  default:
    fuzz_values(input);
  }
  return 0;
}
