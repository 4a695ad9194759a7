// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tinyml::coap {

/// Message types, RFC 7252 section 3.
enum class Type : std::uint8_t {
  kConfirmable = 0,
  kNonConfirmable = 1,
  kAcknowledgement = 2,
  kReset = 3,
};

/// Method and response codes as the byte on the wire (3-bit class, 5-bit detail): RFC 7252 section
/// 12.1, RFC 7959 section 2.9, RFC 8132 section 6.
enum class Code : std::uint8_t {
  kEmpty = 0x00,
  kGet = 0x01,
  kPost = 0x02,
  kPut = 0x03,
  kDelete = 0x04,
  kFetch = 0x05,
  kPatch = 0x06,
  kIPatch = 0x07,
  kCreated = 0x41,
  kDeleted = 0x42,
  kValid = 0x43,
  kChanged = 0x44,
  kContent = 0x45,
  kContinue = 0x5F,
  kBadRequest = 0x80,
  kUnauthorized = 0x81,
  kBadOption = 0x82,
  kForbidden = 0x83,
  kNotFound = 0x84,
  kMethodNotAllowed = 0x85,
  kNotAcceptable = 0x86,
  kRequestEntityIncomplete = 0x88,
  kConflict = 0x89,
  kPreconditionFailed = 0x8C,
  kRequestEntityTooLarge = 0x8D,
  kUnsupportedContentFormat = 0x8F,
  kUnprocessableEntity = 0x96,
  kInternalServerError = 0xA0,
  kNotImplemented = 0xA1,
  kBadGateway = 0xA2,
  kServiceUnavailable = 0xA3,
  kGatewayTimeout = 0xA4,
  kProxyingNotSupported = 0xA5,
};

[[nodiscard]] constexpr unsigned code_class(Code code) { return static_cast<unsigned>(code) >> 5; }
[[nodiscard]] constexpr unsigned code_detail(Code code) {
  return static_cast<unsigned>(code) & 0x1F;
}
[[nodiscard]] constexpr bool is_request(Code code) {
  return code != Code::kEmpty && code_class(code) == 0;
}
[[nodiscard]] constexpr bool is_response(Code code) {
  return code_class(code) == 2 || code_class(code) == 4 || code_class(code) == 5;
}
[[nodiscard]] constexpr bool is_success(Code code) { return code_class(code) == 2; }

/// Option numbers: RFC 7252 section 12.2, RFC 7641, RFC 7959, RFC 7967, RFC 9175.
enum class OptionNumber : std::uint16_t {
  kIfMatch = 1,
  kUriHost = 3,
  kETag = 4,
  kIfNoneMatch = 5,
  kObserve = 6,
  kUriPort = 7,
  kLocationPath = 8,
  kUriPath = 11,
  kContentFormat = 12,
  kMaxAge = 14,
  kUriQuery = 15,
  kAccept = 17,
  kLocationQuery = 20,
  kBlock2 = 23,
  kBlock1 = 27,
  kSize2 = 28,
  kProxyUri = 35,
  kProxyScheme = 39,
  kSize1 = 60,
  kEcho = 252,
  kNoResponse = 258,
  kRequestTag = 292,
};

/// RFC 7252 section 5.4.6: odd numbers must be understood.
[[nodiscard]] constexpr bool is_critical(OptionNumber number) {
  return (static_cast<unsigned>(number) & 1U) != 0;
}

/// Content formats: RFC 7252 section 12.3, RFC 8428 section 12.3, OMA LwM2M 1.1 Core table 7.4.
enum class ContentFormat : std::uint16_t {
  kText = 0,
  kLink = 40,
  kXml = 41,
  kOctetStream = 42,
  kJson = 50,
  kCbor = 60,
  kSenmlJson = 110,
  kSenmlCbor = 112,
  kLwm2mTlv = 11542,
  kLwm2mJson = 11543,
};

} // namespace tinyml::coap
