// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "protocol/coap/builder.hpp"
#include "protocol/coap/peer.hpp"

namespace tinyml::coap {

inline constexpr std::uint16_t kDefaultPort = 5683; // RFC 7252 section 6.1

enum class UriError : std::uint8_t {
  kScheme,  ///< not "coap://"
  kAddress, ///< the host is not an IPv4 address: there is no resolver here
  kPort,
  kPath, ///< a segment is longer than 255 bytes or badly percent-encoded, or there is a fragment
};

/// A coap URI with an IPv4 address as host, e.g. "coap://10.77.0.1:5683/fw/7?a=1" (RFC 7252
/// section 6). Path and query point into the text.
struct Uri {
  Ipv4Endpoint host;
  std::string_view path;  ///< without the leading '/'
  std::string_view query; ///< without the '?'

  [[nodiscard]] static Result<Uri, UriError> parse(std::string_view text);
  /// Adds Uri-Path and Uri-Query options, percent-decoded.
  void add_to(MessageBuilder &request) const;
};

} // namespace tinyml::coap
