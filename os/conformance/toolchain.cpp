// SPDX-License-Identifier: Apache-2.0
// GCC 12.2 made wrong code of this very loop for a Cortex-M55 at -Os: half of all lengths came out
// wrong. The sum that it is compared with is formed word by word through volatile accesses, which
// no loop optimisation touches.
#include "os/conformance/checks.hpp"
#include "os/net/checksum.hpp"

namespace tinyml::conformance {

namespace {

constexpr std::size_t kLongest = 60;

std::uint16_t plain_checksum(const volatile std::uint8_t *bytes, std::size_t size) {
  volatile std::uint32_t sum = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const std::uint32_t byte = bytes[i];
    sum = sum + (i % 2 == 0 ? byte << 8 : byte);
  }
  while (sum > 0xFFFF) {
    sum = (sum & 0xFFFF) + (sum >> 16);
  }
  return static_cast<std::uint16_t>(~sum);
}

} // namespace

void check_toolchain(Report &report) {
  std::uint8_t message[kLongest];
  for (std::size_t i = 0; i < kLongest; ++i) {
    message[i] = static_cast<std::uint8_t>(i * 37 + 11);
  }
  bool right = true;
  for (std::size_t size = 0; size <= kLongest; ++size) {
    const std::uint16_t sum = net::checksum_finish(net::checksum_add(0, {message, size}));
    right = right && sum == plain_checksum(message, size);
  }
  report.check("the Internet checksum of every length is right", right);
}

} // namespace tinyml::conformance
