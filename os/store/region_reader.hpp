// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/reader.hpp"
#include "os/store/layout.hpp"

namespace tinyml::store {

/// The bytes of one region as an image::Reader.
template <Flash F> class RegionReader {
public:
  RegionReader(F &flash, const Region &region) : flash_(flash), region_(region) {}

  [[nodiscard]] bool read(std::uint32_t offset, ByteSpan to) {
    return image::fits(offset, static_cast<std::uint32_t>(to.size()), region_.size_bytes) &&
           flash_.read(region_.offset + offset, to) == hal::Status::kOk;
  }
  /// Of the region, in its memory.
  [[nodiscard]] std::uint32_t offset() const { return region_.offset; }
  [[nodiscard]] std::uint32_t size_bytes() const { return region_.size_bytes; }

private:
  F &flash_;
  Region region_;
};

} // namespace tinyml::store
