// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/worker/region_writer.hpp"

#include <span>

namespace tinyml::device {

/// So many values of a stored vector are read or written at once: 4 KB.
inline constexpr std::uint32_t kVectorBlock = 1024;

/// A vector of float32 in the store, twice: while the next one is written, the current one stays as
/// it is and can be read. Sectors of flash are too large to change a vector in place.
template <store::Flash Flash> class StoredVector {
public:
  explicit StoredVector(Flash &flash) : flash_(flash), writer_(flash) {}

  /// Both of the length of the vector or longer.
  void place(const store::Region &first, const store::Region &second) {
    regions_[0] = first;
    regions_[1] = second;
  }
  /// Without a single write, all values are 0. It is so at the start.
  void set_zero() { present_ = false; }
  [[nodiscard]] bool is_zero() const { return !present_; }

  bool read(std::uint32_t first, std::span<float> values) {
    if (!present_) {
      std::fill(values.begin(), values.end(), 0.0F);
      return true;
    }
    const auto offset = static_cast<std::uint32_t>(first * sizeof(float));
    const ByteSpan bytes(reinterpret_cast<std::uint8_t *>(values.data()), values.size_bytes());
    return flash_.read(regions_[current_].offset + offset, bytes) == hal::Status::kOk;
  }

  /// Where the next one is written to.
  [[nodiscard]] const store::Region &next() const { return regions_[1 - current_]; }
  void begin_next() { writer_.begin(next()); }
  /// The following values of the next one: kVectorBlock of them, but the last time. Then as much of
  /// the memory behind them is written along as makes a program unit.
  bool append(std::span<float> values) {
    const std::uint32_t unit = writer_.unit_bytes();
    const std::size_t whole = (values.size_bytes() + unit - 1) / unit * unit;
    return writer_.put(ByteView(reinterpret_cast<const std::uint8_t *>(values.data()), whole));
  }
  /// The next one is the current one from now on.
  void adopt() {
    current_ = static_cast<std::uint8_t>(1 - current_);
    present_ = true;
  }

private:
  Flash &flash_;
  SectorWriter<Flash> writer_;
  store::Region regions_[2]{};
  std::uint8_t current_ = 0;
  bool present_ = false;
};

} // namespace tinyml::device
