// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tinyml::coap {

/// Transmission parameters, RFC 7252 section 4.8; the defaults are the RFC's.
struct Parameters {
  std::uint32_t ack_timeout_ms = 2000;
  /// ACK_RANDOM_FACTOR in percent: the first timeout is drawn from ack_timeout × [1, factor].
  std::uint32_t ack_random_percent = 150;
  std::uint32_t max_retransmit = 4;
  /// Requests to one peer that may be unanswered at once (NSTART).
  std::uint32_t nstart = 1;
  /// How long message ids and our answers to them are remembered (EXCHANGE_LIFETIME).
  std::uint32_t exchange_lifetime_ms = 247'000;
  /// How long to wait for the separate response once a request has been acknowledged, and for the
  /// response to a non-confirmable request.
  std::uint32_t response_timeout_ms = 145'000;
};

} // namespace tinyml::coap
