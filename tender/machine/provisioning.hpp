// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <array>
#include <filesystem>
#include <string>
#include <vector>

namespace tinyml::tender {

/// A locally administered unicast address (IEEE 802, 8.2.2).
[[nodiscard]] std::array<std::uint8_t, 6> random_mac();

/// Bytes that lie in a new device's user area (os/store/layout.hpp).
struct UserBytes {
  std::uint32_t offset = 0; ///< from the area's start; a multiple of the store's program unit
  ByteView bytes;
};

/// What a new device is told in its factory page.
struct DeviceIdentity {
  std::string board;
  std::string endpoint;
  std::string server_uri; ///< coap://a.b.c.d:port, as the device sees the network
  ByteView signing_public_key;
  std::array<std::uint8_t, 6> mac = random_mac();
  std::vector<UserBytes> user = {};
  /// A store longer than the board's own, where it takes such (kLargestStoreBytes); 0: its own.
  std::uint32_t store_bytes = 0;
};

/// Makes the store file of a new virtual device: factory page with fresh randomness, and its first
/// image in slot A. The file appears whole or not at all; it is sparse where the board takes that.
[[nodiscard]] Expected<void> provision_device(const std::filesystem::path &store,
                                              const DeviceIdentity &identity, ByteView first_image);

} // namespace tinyml::tender
