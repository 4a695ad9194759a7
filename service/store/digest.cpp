// SPDX-License-Identifier: Apache-2.0
#include "service/store/digest.hpp"

#include <array>
#include <charconv>
#include <mbedtls/sha256.h>

namespace tinyml::service {

std::string to_hex(ByteView bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::vector<std::uint8_t> from_hex(std::string_view digits) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    std::uint8_t byte = 0;
    const auto [end, error] = std::from_chars(&digits[i], &digits[i] + 2, byte, 16);
    if (error != std::errc{} || end != &digits[i] + 2) {
      break;
    }
    bytes.push_back(byte);
  }
  return bytes;
}

std::string sha256_hex(ByteView bytes) {
  std::array<std::uint8_t, 32> hash{};
  mbedtls_sha256_ret(bytes.data(), bytes.size(), hash.data(), 0);
  return to_hex(hash);
}

} // namespace tinyml::service
