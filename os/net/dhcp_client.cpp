// SPDX-License-Identifier: Apache-2.0
#include "os/net/dhcp_client.hpp"

#include "os/net/ip_layer.hpp"

#include <algorithm>

namespace tinyml::net {
namespace {

constexpr std::uint8_t kRequestTries = 4;
constexpr unsigned kLongestBackoff = 6; ///< as a power of two: 64 s (RFC 2131 section 4.1)
constexpr std::uint64_t kShortestRenewNs = 60 * kNanosPerSecond; ///< section 4.4.5
constexpr std::uint32_t kUsualLeaseSeconds = 3600;               ///< for servers that name none

std::uint64_t nanos(std::uint32_t seconds) { return seconds * kNanosPerSecond; }

bool can_be_ours(Ipv4Address address) { return !address.is_none() && !address.is_group(); }

} // namespace

// xorshift stays at zero forever, so zero is the one seed it must not have.
DhcpClient::DhcpClient(const StackConfig &config)
    : mac_(config.mac), state_(config.fixed.address.is_none() ? State::kInit : State::kBound),
      random_(config.random_seed == 0 ? 1 : config.random_seed), config_(config.fixed),
      deadline_ns_(state_ == State::kInit ? 0 : kNever) {}

std::uint32_t DhcpClient::next_random() {
  random_ ^= random_ << 13;
  random_ ^= random_ >> 17;
  random_ ^= random_ << 5;
  return random_;
}

Ipv4Address DhcpClient::destination() const {
  return state_ == State::kRenewing ? server_ : kLimitedBroadcast;
}

void DhcpClient::start_over(std::uint64_t deadline_ns) {
  state_ = State::kInit;
  config_ = {};
  deadline_ns_ = deadline_ns;
}

/// Moves to the state whose message is due now.
void DhcpClient::advance(std::uint64_t now_ns) {
  if (holds_lease() && now_ns >= expiry_ns_) {
    start_over(now_ns);
  }
  const bool gave_up = state_ == State::kRequesting && tries_ >= kRequestTries;
  if (state_ == State::kInit || gave_up) {
    state_ = State::kSelecting;
    transaction_ = next_random();
    tries_ = 0;
  } else if (holds_lease()) {
    if (state_ == State::kBound) {
      transaction_ = next_random();
    }
    state_ = now_ns >= rebind_ns_ ? State::kRebinding : State::kRenewing;
  }
}

/// When to try again if nobody answers the message that goes out now.
void DhcpClient::set_retry(std::uint64_t now_ns) {
  if (holds_lease()) {
    const std::uint64_t phase_end = state_ == State::kRenewing ? rebind_ns_ : expiry_ns_;
    const std::uint64_t wait = std::max((phase_end - now_ns) / 2, kShortestRenewNs);
    deadline_ns_ = std::min(now_ns + wait, phase_end);
    return;
  }
  // 1, 2, 4 ... 64 s, each about a quarter more or less at random.
  const unsigned power = std::min<unsigned>(tries_, kLongestBackoff);
  const std::uint32_t wait_ms = (750 + (next_random() >> 23)) << power;
  deadline_ns_ = now_ns + wait_ms * kNanosPerMilli;
  tries_ = static_cast<std::uint8_t>(power + 1);
}

DhcpMessage DhcpClient::message() const {
  DhcpMessage message;
  message.operation = BootpOperation::kRequest;
  message.type = state_ == State::kSelecting ? DhcpType::kDiscover : DhcpType::kRequest;
  message.transaction = transaction_;
  message.client_mac = mac_;
  message.client = config_.address;
  // Without an address we can only be reached by broadcast. Which offer is taken is said in the
  // first request alone; renewals carry the address in ciaddr (RFC 2131 table 5).
  message.broadcast = !holds_lease();
  if (state_ == State::kRequesting) {
    message.requested = offered_;
    message.server = server_;
  }
  return message;
}

std::size_t DhcpClient::poll(std::uint64_t now_ns, ByteSpan to) {
  if (now_ns < deadline_ns_) {
    return 0;
  }
  advance(now_ns);
  set_retry(now_ns);
  sent_ns_ = now_ns;
  return write_dhcp(message(), to);
}

void DhcpClient::handle(ByteView payload, std::uint64_t now_ns) {
  DhcpMessage answer;
  const bool waits = state_ != State::kInit && state_ != State::kBound;
  if (!waits || !read_dhcp(payload, answer) || answer.operation != BootpOperation::kReply ||
      answer.transaction != transaction_ || answer.client_mac != mac_) {
    return;
  }
  if (state_ == State::kSelecting) {
    take_offer(answer, now_ns);
  } else if (answer.type == DhcpType::kAck && can_be_ours(answer.yours)) {
    take_lease(answer);
  } else if (answer.type == DhcpType::kNak) {
    // Not at once: a server that refuses all the time must not be flooded.
    start_over(now_ns + kNanosPerSecond);
  }
}

void DhcpClient::take_offer(const DhcpMessage &offer, std::uint64_t now_ns) {
  if (offer.type != DhcpType::kOffer || !can_be_ours(offer.yours) || !can_be_ours(offer.server)) {
    return;
  }
  offered_ = offer.yours;
  server_ = offer.server;
  state_ = State::kRequesting;
  tries_ = 0;
  deadline_ns_ = now_ns;
}

void DhcpClient::take_lease(const DhcpMessage &ack) {
  state_ = State::kBound;
  config_ = {ack.yours, ack.mask, ack.router};
  if (config_.mask.is_none()) {
    config_.mask = Ipv4Address::of(255, 255, 255, 0);
  }
  if (can_be_ours(ack.server)) {
    server_ = ack.server;
  }
  const std::uint32_t lease = ack.lease_s == 0 ? kUsualLeaseSeconds : ack.lease_s;
  if (lease == kInfiniteLease) {
    deadline_ns_ = rebind_ns_ = expiry_ns_ = kNever;
    return;
  }
  // The lease runs from the request on, not from the answer (section 4.4.1). T1 and T2 default to
  // 1/2 and 7/8 of it (section 4.4.5), also when the server's make no sense.
  const std::uint32_t rebind =
      ack.rebind_s == 0 || ack.rebind_s >= lease ? lease - lease / 8 : ack.rebind_s;
  const std::uint32_t renew = ack.renew_s == 0 || ack.renew_s >= rebind ? lease / 2 : ack.renew_s;
  deadline_ns_ = sent_ns_ + nanos(std::min(renew, rebind));
  rebind_ns_ = sent_ns_ + nanos(rebind);
  expiry_ns_ = sent_ns_ + nanos(lease);
}

} // namespace tinyml::net
