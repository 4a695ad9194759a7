// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "os/hal.hpp"

#include <algorithm>

namespace tinyml::drivers {

/// The block of a store that was read last, for stores that cost much each time they are asked:
/// records are read one behind the other. `fetch(offset, bytes)` reads a whole block, or what is
/// longer than one: that is read at once, past the block that is kept.
class ReadCache {
public:
  static constexpr std::uint32_t kBlockBytes = 4096;

  /// `block` is kBlockBytes long and always the same; the store's size is a multiple of that.
  template <typename Fetch>
  hal::Status read(const hal::StoreInfo &info, std::uint8_t *block, std::uint32_t offset,
                   ByteSpan to, Fetch &&fetch) {
    if (offset > info.size_bytes || to.size() > info.size_bytes - offset) {
      return hal::Status::kInvalid;
    }
    if (to.size() >= kBlockBytes) {
      return fetch(offset, to);
    }
    while (!to.empty()) {
      const std::uint32_t inside = offset % kBlockBytes;
      if (offset - inside != offset_) {
        forget();
        const hal::Status status = fetch(offset - inside, ByteSpan(block, kBlockBytes));
        if (status != hal::Status::kOk) {
          return status;
        }
        offset_ = offset - inside;
      }
      const std::size_t part = std::min<std::size_t>(to.size(), kBlockBytes - inside);
      std::memcpy(to.data(), block + inside, part);
      to = to.subspan(part);
      offset += static_cast<std::uint32_t>(part);
    }
    return hal::Status::kOk;
  }

  /// Whoever changes the store says so.
  void forget() { offset_ = kNothing; }

private:
  static constexpr std::uint32_t kNothing = ~0U; // no block begins there

  std::uint32_t offset_ = kNothing;
};

} // namespace tinyml::drivers
