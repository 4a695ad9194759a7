// SPDX-License-Identifier: Apache-2.0
#include "os/store/layout.hpp"
#include "os/store/training_area.hpp"

#include <gtest/gtest.h>

namespace tinyml::store {
namespace {

class LayoutOf : public testing::TestWithParam<hal::StoreInfo> {};

TEST_P(LayoutOf, RegionsFollowOneAnotherInWholeSectors) {
  const hal::StoreInfo &info = GetParam();
  const Layout layout = layout_of(info);
  const Region regions[] = {layout.factory,  layout.boot_state[0], layout.boot_state[1],
                            layout.slots[0], layout.slots[1],      layout.user};
  std::uint32_t at = 0;
  for (const Region &region : regions) {
    EXPECT_EQ(region.offset, at);
    EXPECT_EQ(region.size_bytes % info.sector_bytes, 0u);
    EXPECT_GT(region.size_bytes, 0u);
    at = region.end();
  }
  EXPECT_EQ(at, info.size_bytes);
  EXPECT_EQ(layout.slots[0].size_bytes, layout.slots[1].size_bytes);
}

INSTANTIATE_TEST_SUITE_P(Stores, LayoutOf,
                         testing::Values(hal::StoreInfo{16u << 20, 4096, 4},
                                         hal::StoreInfo{64u << 20, 65536, 1},
                                         hal::StoreInfo{256u << 10, 4096, 8},
                                         hal::StoreInfo{16 * 512, 512, 4},
                                         hal::StoreInfo{64u << 10, 256, 4}));

TEST(Layout, LargeStoresKeepSlotsShort) {
  EXPECT_EQ(layout_of({16u << 20, 4096, 4}).slot(Slot::kA).size_bytes, kLargestSlotBytes);
}

TEST(Layout, TooSmallAStoreHasNoSlots) {
  EXPECT_EQ(layout_of({8 * 4096, 4096, 4}).slot(Slot::kB).size_bytes, 0u);
}

TEST(Layout, ARecoveryImageLeavesOneSlot) {
  const hal::StoreInfo info{.size_bytes = 232u << 10,
                            .sector_bytes = 1024,
                            .program_bytes = 4,
                            .recovery_bytes = 48u << 10};
  const Layout layout = layout_of(info);
  EXPECT_TRUE(layout.has_recovery);
  EXPECT_EQ(layout.slot(Slot::kA).offset, 3u << 10);
  EXPECT_EQ(layout.slot(Slot::kA).size_bytes, 48u << 10);
  EXPECT_EQ(layout.slot(Slot::kB).offset, 51u << 10);
  EXPECT_EQ(layout.slot(Slot::kB).size_bytes, 177u << 10);
  EXPECT_EQ(layout.user.size_bytes, kUserSectors << 10);
  EXPECT_EQ(layout.user.end(), info.size_bytes);
}

TEST(Layout, ASmallStoreHasNoRecoveryEither) {
  EXPECT_EQ(layout_of({8 * 4096, 4096, 4, 8192}).slot(Slot::kA).size_bytes, 0u);
}

TEST(TrainingArea, HasTheUserAreaButForTwoSectors) {
  const hal::StoreInfo info{32U << 20, 256U << 10, 4};
  const Layout layout = layout_of(info);
  const TrainingArea area = training_area(layout, info);
  EXPECT_EQ(area.room.offset, layout.user.offset);
  EXPECT_EQ(area.records[0].offset, area.room.end());
  EXPECT_EQ(area.records[1].end(), layout.user.end());
}

TEST(TrainingArea, IsEmptyInAStoreThatIsTooSmall) {
  const hal::StoreInfo info{8 * 4096, 4096, 4};
  EXPECT_EQ(training_area(layout_of(info), info).room.size_bytes, 0U);
}

TEST(TrainingArea, IsGivenOutFromItsEndInWholeSectors) {
  RegionTaker taker({8192, 10 * 4096}, 4096);
  const Region first = taker.take(5000);
  EXPECT_EQ(first.size_bytes, 8192U);
  EXPECT_EQ(first.end(), 8192U + 10 * 4096);
  EXPECT_EQ(taker.take(4096).end(), first.offset);
  EXPECT_EQ(taker.left().size_bytes, 7U * 4096);
  EXPECT_EQ(taker.take(8 * 4096).size_bytes, 0U);
  EXPECT_EQ(taker.take(4096).size_bytes, 0U) << "after a refusal nothing is given any more";
}

} // namespace
} // namespace tinyml::store
