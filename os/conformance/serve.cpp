// SPDX-License-Identifier: Apache-2.0
// The board on the network by our own stack: every UDP datagram to port 7 goes back, and the report
// is served over CoAP. Hosted boards have one port for both; what is no CoAP there goes back.
#include "os/conformance/checks.hpp"
#include "os/net/network.hpp"
#include "os/net/tell_address.hpp"
#include "protocol/coap/block.hpp"
#include "protocol/coap/endpoint.hpp"
#include "protocol/coap/fixed_storage.hpp"

#include <algorithm>
#include <new>

namespace tinyml::conformance {

namespace {

constexpr std::uint16_t kEchoPort = 7;    // RFC 862
constexpr std::uint16_t kCoapPort = 5683; // RFC 7252
constexpr std::uint64_t kPatienceNs = 30 * net::kNanosPerSecond;
/// Between the order to end and the end, which may take the last answer with it: a virtual machine
/// sends what it was given a moment later.
constexpr std::uint64_t kLingerNs = net::kNanosPerSecond / 5;

struct ReportLimits : coap::DeviceLimits {
  static constexpr std::size_t kExchanges = 1;
  static constexpr std::size_t kExchangeBytes = 16;
  static constexpr std::size_t kReplies = 4;
  static constexpr std::size_t kReplyBytes = 24;
  static constexpr std::size_t kMessageBytes = 576;
};
using ReportEndpoint = coap::Endpoint<coap::FixedStorage<ReportLimits>>;
constexpr std::uint8_t kBlockExponent = 5; // 512 bytes

std::uint64_t random_seed() {
  std::uint8_t bytes[8] = {};
  (void)hal::entropy(bytes);
  return load_le<std::uint64_t>(bytes);
}

net::StackConfig configuration() {
  net::StackConfig config;
  std::copy_n(hal::boot_info().mac, config.mac.size(), config.mac.begin());
  config.random_seed = static_cast<std::uint32_t>(random_seed());
  if (hal::boot_info().link == hal::LinkKind::kSlip) {
    config.fixed = {net::Ipv4Address::of(10, 77, 0, 2), net::Ipv4Address::of(255, 255, 0, 0),
                    net::Ipv4Address::of(10, 77, 0, 1)};
  }
  return config;
}

class Server {
public:
  explicit Server(const Report &report)
      : report_(report), network_(configuration()), coap_({}, random_seed()) {}

  /// Until it was told to end, or nobody asked in a while.
  void run() {
    bool told = false;
    while (hal::monotonic_ns() < end_ns()) {
      const std::uint64_t now = hal::monotonic_ns();
      while (const auto datagram = network_.receive(now)) {
        last_asked_ns_ = now;
        take(*datagram, now);
      }
      send_due(now);
      network_.poll(now);
      if (network_.ready() && !told) {
        told = true;
        net::tell_address(network_.address());
      }
      (void)hal::wait_until(std::min(network_.next_deadline_ns(), end_ns()));
    }
  }

private:
  [[nodiscard]] std::uint64_t end_ns() const {
    return last_asked_ns_ + (ended_ ? kLingerNs : kPatienceNs);
  }

  void take(const net::Datagram &datagram, std::uint64_t now) {
    const bool hosted = hal::boot_info().link == hal::LinkKind::kDatagram;
    const bool is_coap = hosted ? !datagram.payload.empty() && datagram.payload[0] >> 6 == 1
                                : datagram.local_port == kCoapPort;
    if (is_coap) {
      const net::Ipv4Address from = datagram.peer.address;
      const coap::Ipv4Endpoint peer{
          {static_cast<std::uint8_t>(from.bits >> 24), static_cast<std::uint8_t>(from.bits >> 16),
           static_cast<std::uint8_t>(from.bits >> 8), static_cast<std::uint8_t>(from.bits)},
          datagram.peer.port};
      answer(coap_.receive(coap::peer_of(peer), datagram.payload, now / net::kNanosPerMilli), now);
    } else if (hosted || datagram.local_port == kEchoPort) {
      (void)network_.send(datagram.peer, kEchoPort, datagram.payload, now);
    }
  }

  void answer(const coap::Event &event, std::uint64_t now) {
    if (event.kind == coap::EventKind::kSend) {
      send(event, now);
    } else if (event.kind == coap::EventKind::kRequest) {
      answer_request(event, now / net::kNanosPerMilli);
    }
  }

  void answer_request(const coap::Event &event, coap::Millis now_ms) {
    const bool ends = event.message.code() == coap::Code::kPost && event.message.path_is("end");
    const bool reads = event.message.code() == coap::Code::kGet && event.message.path_is("report");
    const auto total = static_cast<std::uint32_t>(report_.text_bytes());
    const auto window = coap::BlockWindow::of(event.message, total, kBlockExponent);
    coap::Draft draft = coap_.reply(event.request, ends           ? coap::Code::kChanged
                                                   : !reads       ? coap::Code::kNotFound
                                                   : window.valid ? coap::Code::kContent
                                                                  : coap::Code::kBadRequest);
    if (reads && window.valid) {
      draft.message.content_format(coap::ContentFormat::kText);
      window.add_to(draft.message);
      const ByteSpan room = draft.message.begin_payload();
      draft.message.end_payload(report_.read(window.offset_bytes, room.first(window.size_bytes)));
    }
    (void)coap_.send(draft, now_ms);
    ended_ = ended_ || ends;
  }

  void send_due(std::uint64_t now) {
    for (;;) {
      const coap::Event event = coap_.poll(now / net::kNanosPerMilli);
      if (!event) {
        return;
      }
      answer(event, now);
    }
  }

  void send(const coap::Event &event, std::uint64_t now) {
    const coap::Ipv4Endpoint to = coap::ipv4_of(event.peer);
    (void)network_.send(
        {net::Ipv4Address::of(to.address[0], to.address[1], to.address[2], to.address[3]), to.port},
        kCoapPort, event.datagram, now);
  }

  const Report &report_;
  net::BoardNetwork network_;
  ReportEndpoint coap_;
  std::uint64_t last_asked_ns_ = hal::monotonic_ns();
  bool ended_ = false;
};

alignas(Server) std::uint8_t server_memory[sizeof(Server)];

} // namespace

void serve_network(Report &report) { (new (server_memory) Server(report))->run(); }

} // namespace tinyml::conformance
