// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/header.hpp"

namespace tinyml::image {

/// What a place accepts.
struct Requirements {
  std::string_view board;
  std::uint32_t oldest_abi = 0;
  std::uint32_t newest_abi = 0;
  Kind kind = Kind::kImage;
  Payload payload = Payload::kBinary;
  std::uint64_t load_address = 0;      ///< compared for binary payloads and modules only
  std::uint32_t max_payload_bytes = 0; ///< of the place where it will run
  std::uint32_t max_total_bytes = 0;   ///< of the slot
  Version floor{};                     ///< older versions are refused
};

/// Checks what the header alone tells; needs no cryptography, so that a running image can refuse an
/// update at its first block.
[[nodiscard]] Error check_header(const Header &header, const Requirements &wanted);

} // namespace tinyml::image
