// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/crc32.hpp"
#include "device/worker/region_writer.hpp"
#include "os/store_reads.hpp"
#include "protocol/training/shard.hpp"

#include <algorithm>
#include <optional>

namespace tinyml::device {

/// The data shard at the start of a region: read record by record, or written from a body that
/// comes piece by piece. A shard that was cut off is none: its header is written last.
template <store::Flash Flash> class ShardStore {
public:
  /// `writer` is used while a body comes.
  ShardStore(Flash &flash, const store::Region &region, RegionWriter<Flash> &writer)
      : flash_(flash), region_(region), writer_(writer) {
    open();
  }

  [[nodiscard]] const std::optional<training::ShardHeader> &header() const { return header_; }
  [[nodiscard]] const store::Region &region() const { return region_; }

  /// Bytes of the records from `record` on; false when the store fails.
  bool read(std::uint32_t record, std::uint32_t offset, ByteSpan to) {
    const std::uint32_t at = record * header_->record_bytes() + offset;
    return flash_.read(region_.offset + kHeader + at, to) == hal::Status::kOk;
  }

  /// So much of the records from `record` on as fits `to`, for read_all().
  [[nodiscard]] hal::StoreRead reading(std::uint32_t record, ByteSpan to) const {
    return {.offset = region_.offset + kHeader + record * header_->record_bytes(),
            .size_bytes = static_cast<std::uint32_t>(to.size()),
            .to = to.data()};
  }
  /// At once where the store can do that; false when it fails.
  bool read_all(std::span<const hal::StoreRead> reads) {
    if constexpr (std::same_as<Flash, store::HalFlash>) {
      return hal::store_read_all(reads) == hal::Status::kOk;
    } else {
      return std::ranges::all_of(reads, [this](const hal::StoreRead &read) {
        return flash_.read(read.offset, {read.to, read.size_bytes}) == hal::Status::kOk;
      });
    }
  }

  enum class Put : std::uint8_t { kMore, kDone, kNotAShard, kTooLarge, kStoreFailed };
  /// Pieces come in order; a `first` one forgets what came before. `last`: the body is complete.
  Put put(ByteView bytes, bool first, bool last) {
    if (first) {
      const Put begun = begin(bytes);
      if (begun != Put::kMore) {
        return begun;
      }
      bytes = bytes.subspan(kHeader);
    }
    if (!coming_ || bytes.size() > expected_ - taken_) {
      coming_.reset();
      return Put::kNotAShard;
    }
    crc_ = crc32(bytes, crc_);
    taken_ += static_cast<std::uint32_t>(bytes.size());
    if (!writer_.append(bytes)) {
      coming_.reset();
      return Put::kStoreFailed;
    }
    return last ? finish() : Put::kMore;
  }

private:
  static constexpr std::uint32_t kHeader = training::kShardHeaderBytes;

  void open() {
    std::uint8_t bytes[kHeader];
    header_.reset();
    if (region_.size_bytes < kHeader || flash_.read(region_.offset, bytes) != hal::Status::kOk) {
      return;
    }
    const auto header = training::decode_shard(bytes);
    if (header.ok() && header->total_bytes() <= region_.size_bytes) {
      header_ = *header;
    }
  }
  Put begin(ByteView bytes) {
    header_.reset();
    coming_.reset();
    if (bytes.size() < kHeader) {
      return Put::kNotAShard;
    }
    const auto header = training::decode_shard(bytes.first<kHeader>());
    if (!header.ok()) {
      return Put::kNotAShard;
    }
    if (header->total_bytes() > region_.size_bytes) {
      return Put::kTooLarge;
    }
    if (flash_.erase(region_.offset, flash_.info().sector_bytes) != hal::Status::kOk) {
      return Put::kStoreFailed;
    }
    coming_ = *header;
    expected_ = static_cast<std::uint32_t>(header->total_bytes()) - kHeader;
    taken_ = 0;
    crc_ = 0;
    writer_.begin(region_, kHeader);
    return Put::kMore;
  }
  Put finish() {
    std::uint8_t bytes[kHeader];
    training::encode(*coming_, bytes);
    const bool whole = taken_ == expected_ && crc_ == coming_->records_crc;
    coming_.reset();
    if (!whole) {
      return Put::kNotAShard;
    }
    const bool kept = writer_.finish() && flash_.write(region_.offset, bytes) == hal::Status::kOk;
    open();
    return kept && header_ ? Put::kDone : Put::kStoreFailed;
  }

  Flash &flash_;
  store::Region region_;
  std::optional<training::ShardHeader> header_;
  std::optional<training::ShardHeader> coming_; ///< of a body under way
  std::uint32_t expected_ = 0;
  std::uint32_t taken_ = 0;
  std::uint32_t crc_ = 0;
  RegionWriter<Flash> &writer_;
};

} // namespace tinyml::device
