// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/crc32.hpp"
#include "device/worker/region_writer.hpp"
#include "kernels/module_abi.hpp"

#include <cstring>
#include <optional>
#include <span>

namespace tinyml::device {

/// A flat model in the store that is there as a whole or not at all: its header, in a sector of its
/// own before the values, is erased first and written last.
template <store::Flash Flash> class ParameterSlot {
public:
  struct Header {
    std::uint32_t number; ///< counts up: the later one of two holds
    std::uint32_t values_crc;
  };

  explicit ParameterSlot(Flash &flash) : flash_(flash), writer_(flash) {}

  [[nodiscard]] static std::uint32_t bytes_for(const hal::StoreInfo &info, std::uint32_t count) {
    return sector_of(info) + count * std::uint32_t{sizeof(float)};
  }
  void place(const store::Region &region) {
    region_ = region;
    values_ = {};
    const std::uint32_t sector = sector_of(flash_.info());
    if (region.size_bytes > sector) {
      values_ = {region.offset + sector, region.size_bytes - sector};
    }
  }
  [[nodiscard]] bool has_room() const { return values_.size_bytes != 0; }

  /// Nothing when there is no model, or one of another build: its constants may be others.
  [[nodiscard]] std::optional<Header> header(const module::ModuleInfo &module) {
    std::uint8_t bytes[kHeaderBytes];
    if (!has_room() || flash_.read(region_.offset, bytes) != hal::Status::kOk ||
        load_le<std::uint32_t>(bytes) != kMagic ||
        load_le<std::uint32_t>(bytes + kCrcAt) != crc32(ByteView(bytes).first(kCrcAt)) ||
        std::memcmp(bytes + kBuildAt, module.build_id, sizeof(module.build_id)) != 0) {
      return std::nullopt;
    }
    return Header{load_le<std::uint32_t>(bytes + 4), load_le<std::uint32_t>(bytes + 8)};
  }
  bool erase() {
    return flash_.erase(region_.offset, sector_of(flash_.info())) == hal::Status::kOk;
  }

  /// Then all values in order, block by block, then finish().
  bool begin() {
    values_crc_ = 0;
    writer_.begin(values_);
    return has_room() && erase();
  }
  /// As StoredVector::append: the memory behind them may be written along.
  bool append(std::span<const float> values) {
    const auto *bytes = reinterpret_cast<const std::uint8_t *>(values.data());
    values_crc_ = crc32(ByteView(bytes, values.size_bytes()), values_crc_);
    const std::uint32_t unit = writer_.unit_bytes();
    return writer_.put(ByteView(bytes, (values.size_bytes() + unit - 1) / unit * unit));
  }
  bool finish(const module::ModuleInfo &module, std::uint32_t number) {
    std::uint8_t bytes[kHeaderBytes] = {};
    store_le(bytes, kMagic);
    store_le(bytes + 4, number);
    store_le(bytes + 8, values_crc_);
    std::memcpy(bytes + kBuildAt, module.build_id, sizeof(module.build_id));
    store_le(bytes + kCrcAt, crc32(ByteView(bytes).first(kCrcAt)));
    return flash_.write(region_.offset, bytes) == hal::Status::kOk;
  }

  bool read(std::uint32_t first, std::span<float> values) {
    const auto offset = static_cast<std::uint32_t>(first * sizeof(float));
    const ByteSpan bytes(reinterpret_cast<std::uint8_t *>(values.data()), values.size_bytes());
    return flash_.read(values_.offset + offset, bytes) == hal::Status::kOk;
  }

private:
  static constexpr std::uint32_t kMagic = 0x4D414D54; ///< "TMAM"
  static constexpr std::size_t kBuildAt = 12;
  static constexpr std::size_t kCrcAt = 28;
  static constexpr std::size_t kHeaderBytes = 64; ///< program units divide it

  static std::uint32_t sector_of(const hal::StoreInfo &info) {
    return std::max<std::uint32_t>(info.sector_bytes, 512);
  }

  Flash &flash_;
  SectorWriter<Flash> writer_;
  store::Region region_{};
  store::Region values_{};
  std::uint32_t values_crc_ = 0;
};

} // namespace tinyml::device
