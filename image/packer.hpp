// SPDX-License-Identifier: Apache-2.0
// Host only.
#pragma once

#include "base/error.hpp"
#include "image/signer.hpp"

#include <string>
#include <vector>

namespace tinyml::image {

/// What an image tells about itself. Empty texts and ids are left out.
struct ImageInfo {
  std::string board;
  std::uint32_t abi_version = 0; ///< hal::kAbiVersion for images, module::kAbiVersion for modules
  Kind kind = Kind::kImage;
  Payload payload = Payload::kBinary;
  Version version;
  std::uint16_t flags = 0;
  std::uint64_t load_address = 0;
  std::uint32_t entry_offset = 0;
  std::vector<std::uint8_t> build_id; ///< 16 bytes, or none
  std::string model;
  std::string program;
  std::uint32_t rom_bytes = 0; ///< this and the next three as planned
  std::uint32_t static_ram_bytes = 0;
  std::uint32_t arena_bytes = 0;
  std::uint32_t stack_bytes = 0;
};

/// Puts header, fields, hash and signature around a payload.
[[nodiscard]] Expected<std::vector<std::uint8_t>> pack(ByteView payload, const ImageInfo &info,
                                                       const SigningKey &key);

/// Bytes that pack() adds to a payload with this info: sizes can be planned before anything is
/// built.
[[nodiscard]] Expected<std::uint32_t> overhead_bytes(const ImageInfo &info);

/// Reads back what an image tells about itself (form only; use verify() to know whether it is
/// true).
[[nodiscard]] Expected<ImageInfo> read_info(ByteView image);

/// The payload of an image whose form is good.
[[nodiscard]] Expected<ByteView> payload_of(ByteView image);

} // namespace tinyml::image
