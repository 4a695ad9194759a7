// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/store/layout.hpp"

namespace tinyml::store {

/// How programs that train divide the user area. A worker's data shard lies at the start of `room`,
/// which is that of the user area, its vectors at the end; a parameter server has the room to
/// itself. docs/training-protocol.md.
struct TrainingArea {
  Region room;       ///< empty where the user area is too small to train in
  Region records[2]; ///< a sector each, for what a program must remember: the later one counts
};

[[nodiscard]] constexpr TrainingArea training_area(const Layout &layout,
                                                   const hal::StoreInfo &info) {
  constexpr std::uint32_t kRecordSectors = 2;
  const std::uint32_t sector = std::max<std::uint32_t>(info.sector_bytes, 512);
  const Region &user = layout.user;
  const std::uint32_t sectors = user.size_bytes / sector;
  if (sectors <= kRecordSectors) {
    return {};
  }
  const Region room{user.offset, (sectors - kRecordSectors) * sector};
  return {.room = room, .records = {{room.end(), sector}, {room.end() + sector, sector}}};
}

/// Takes regions of whole sectors off the end of a room.
class RegionTaker {
public:
  constexpr RegionTaker(const Region &room, std::uint32_t sector_bytes)
      : left_(room), sector_bytes_(sector_bytes) {}

  /// Empty, from then on always, when there is no room.
  constexpr Region take(std::uint32_t size_bytes) {
    const std::uint32_t whole = size_bytes > left_.size_bytes ? 0
                                                              : (size_bytes + sector_bytes_ - 1) /
                                                                    sector_bytes_ * sector_bytes_;
    if (whole == 0 || whole > left_.size_bytes) {
      left_.size_bytes = 0;
      return {};
    }
    left_.size_bytes -= whole;
    return {left_.end(), whole};
  }
  /// What nobody took.
  [[nodiscard]] constexpr const Region &left() const { return left_; }

private:
  Region left_;
  std::uint32_t sector_bytes_;
};

} // namespace tinyml::store
