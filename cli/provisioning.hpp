// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <filesystem>
#include <string>

namespace tinyml::cli {

/// What a new device is told in its factory page.
struct DeviceIdentity {
  std::string board;
  std::string endpoint;
  std::string server_uri; ///< coap://a.b.c.d:port, as the device sees the network
  ByteView signing_public_key;
};

/// Makes the store file of a new virtual device: factory page with fresh randomness, and its first
/// image in slot A. The file appears whole or not at all.
[[nodiscard]] Expected<void> provision_device(const std::filesystem::path &store,
                                              const DeviceIdentity &identity, ByteView first_image);

} // namespace tinyml::cli
