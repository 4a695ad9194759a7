// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/parameter_server/commit_record.hpp"
#include "device/parameter_server/store_plan.hpp"

#include <cstring>

namespace tinyml::device {

/// The log of commits in two sectors; the last whole record counts. Records are appended; when a
/// sector is full the other one is erased and goes on, so that a power cut leaves the old commit or
/// the new one.
template <store::Flash Flash> class CommitLog {
public:
  CommitLog(Flash &flash, const RegionRow &place) : flash_(flash), place_(place) {}

  /// The newest commit; false when there is none.
  [[nodiscard]] bool load(Commit &commit) {
    for (std::uint32_t sector = 0; sector < place_.count; ++sector) {
      for (std::uint32_t index = 0; index < capacity(); ++index) {
        take_newer(sector, index, commit);
      }
    }
    // Behind the newest there may be torn records: the other sector is always safe.
    next_ = capacity();
    return sequence_ != 0;
  }

  [[nodiscard]] bool append(const Commit &commit) {
    std::uint8_t record[kCommitBytes];
    encode_commit(commit, sequence_ + 1, record);
    if (next_ < capacity() && write(record)) {
      return true;
    }
    const std::uint32_t before = active_;
    active_ = 1 - active_;
    next_ = 0;
    if (flash_.erase(place_[active_].offset, place_[active_].size_bytes) == hal::Status::kOk &&
        write(record)) {
      return true;
    }
    active_ = before; // the last whole record is still there, and must not be erased
    next_ = capacity();
    return false;
  }

private:
  [[nodiscard]] std::uint32_t capacity() const {
    return place_.stride_bytes / static_cast<std::uint32_t>(kCommitBytes);
  }
  [[nodiscard]] std::uint32_t place_of(std::uint32_t sector, std::uint32_t index) const {
    return place_[sector].offset + index * static_cast<std::uint32_t>(kCommitBytes);
  }

  void take_newer(std::uint32_t sector, std::uint32_t index, Commit &commit) {
    std::uint8_t record[kCommitBytes];
    Commit found;
    std::uint32_t sequence = 0;
    if (flash_.read(place_of(sector, index), record) == hal::Status::kOk &&
        decode_commit(record, found, sequence) && sequence > sequence_) {
      sequence_ = sequence;
      active_ = sector;
      commit = found;
    }
  }

  /// At the first place of the active sector that takes it.
  bool write(std::span<const std::uint8_t, kCommitBytes> record) {
    while (next_ < capacity()) {
      const std::uint32_t at = place_of(active_, next_++);
      std::uint8_t found[kCommitBytes];
      if (flash_.write(at, record) == hal::Status::kOk &&
          flash_.read(at, found) == hal::Status::kOk &&
          std::memcmp(found, record.data(), sizeof(found)) == 0) {
        ++sequence_;
        return true;
      }
    }
    return false;
  }

  Flash &flash_;
  RegionRow place_;
  std::uint32_t sequence_ = 0;
  std::uint32_t active_ = 0;
  std::uint32_t next_ = 0;
};

} // namespace tinyml::device
