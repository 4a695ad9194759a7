// SPDX-License-Identifier: Apache-2.0
#include "host/files.hpp"
#include "service/store/store.hpp"

#include <gtest/gtest.h>

namespace tinyml::service {
namespace {

class StoreTest : public testing::Test {
protected:
  void SetUp() override { reopen(); }

  void reopen() {
    store_.reset();
    auto opened = Store::open(folder_.path());
    ASSERT_TRUE(opened) << opened.error().message;
    store_.emplace(std::move(*opened));
  }

  OrderRecord order(const std::string &device) {
    return {.model = "m", .model_sha256 = "00", .device = device, .created_ms = 5};
  }

  host::TemporaryFolder folder_ = std::move(*host::TemporaryFolder::create("store-test"));
  std::optional<Store> store_;
};

TEST_F(StoreTest, keeps_everything_over_a_restart) {
  const ModelRecord model{.name = "mnist",
                          .title = "Digits",
                          .origin = "zoo",
                          .sha256 = "ab",
                          .size_bytes = 3,
                          .dataset = "mnist",
                          .created_ms = 7,
                          .metadata = {{"labels", {"0", "1"}}}};
  ASSERT_TRUE(store_->put_model(model));
  const DeviceRecord device{.endpoint = "dev-1",
                            .address = "127.0.0.1:9",
                            .lwm2m_version = "1.1",
                            .binding = "U",
                            .lifetime_s = 60,
                            .objects = {"/3/0"},
                            .profile = {{"board", "linux"}},
                            .running_build = "b"};
  ASSERT_TRUE(store_->put_devices({&device}));
  reopen();
  const auto read = store_->model("mnist");
  ASSERT_TRUE(read && *read);
  EXPECT_EQ((*read)->metadata, model.metadata);
  EXPECT_EQ((*read)->dataset, "mnist");
  const auto devices = store_->devices();
  ASSERT_TRUE(devices);
  ASSERT_EQ(devices->size(), 1U);
  EXPECT_EQ(devices->front().profile["board"], "linux");
  EXPECT_EQ(devices->front().running_build, "b");
  EXPECT_FALSE(devices->front().running_model);
  EXPECT_TRUE(devices->front().result.is_null());
}

TEST_F(StoreTest, a_second_service_on_the_same_folder_is_told_so) {
  const auto second = Store::open(folder_.path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
  EXPECT_NE(second.error().message.find("another service"), std::string::npos);
}

TEST_F(StoreTest, a_store_of_a_newer_version_is_refused) {
  ASSERT_TRUE(store_->database().script("PRAGMA user_version = 99"));
  store_.reset();
  const auto opened = Store::open(folder_.path());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kUnsupported);
}

TEST_F(StoreTest, a_device_has_one_order_under_way_at_most) {
  const auto first = store_->add_order(order("d"));
  ASSERT_TRUE(first);
  const auto second = store_->add_order(order("d"));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
  EXPECT_TRUE(store_->add_order(order("other")));
  auto ended = order("d");
  ended.id = *first;
  ended.state = OrderState::kFailed;
  ASSERT_TRUE(store_->put_order(ended, {OrderState::kFailed, 9, "why"}));
  EXPECT_TRUE(store_->add_order(order("d")));
  EXPECT_EQ(store_->history(*first)->size(), 2U);
}

TEST_F(StoreTest, a_confirmed_order_supersedes_the_one_before) {
  std::vector<std::int64_t> ids;
  for (int i = 0; i < 2; ++i) {
    auto next = order("d");
    ids.push_back(*store_->add_order(next));
    next.id = ids.back();
    next.state = OrderState::kConfirmed;
    ASSERT_TRUE(store_->put_order(next, {next.state, 9, ""}));
  }
  EXPECT_EQ((*store_->order(ids[0]))->state, OrderState::kSuperseded);
  EXPECT_EQ((*store_->order(ids[1]))->state, OrderState::kConfirmed);
}

TEST_F(StoreTest, an_order_cannot_name_a_build_that_is_not_there) {
  auto next = order("d");
  next.id = *store_->add_order(next);
  next.build = "missing";
  EXPECT_FALSE(store_->put_order(next, {OrderState::kBuilding, 9, ""}));
  EXPECT_EQ(store_->history(next.id)->size(), 1U) << "half of a refused change was kept";
  const BuildRecord build{.id = "missing", .model = "m", .board = "b", .precision = "int8"};
  EXPECT_TRUE(store_->put_order(next, {OrderState::kBuilding, 9, ""}, &build));
}

TEST_F(StoreTest, a_store_of_the_first_version_keeps_what_it_has) {
  const ModelRecord model{.name = "mnist", .title = "Digits", .origin = "zoo", .sha256 = "ab"};
  ASSERT_TRUE(store_->put_model(model));
  ASSERT_TRUE(
      store_->database().script("DROP TABLE symbols; DROP TABLE crashes; PRAGMA user_version = 1"));
  reopen();
  EXPECT_TRUE(*store_->model("mnist"));
  EXPECT_TRUE(store_->add_crash({.endpoint = "d", .at_ms = 1, .record = {1, 2}}));
  reopen();
  EXPECT_EQ(store_->crashes("d", 10)->size(), 1U);
}

TEST_F(StoreTest, a_crash_that_is_told_twice_is_one_and_only_the_newest_are_kept) {
  const auto tell = [&](std::uint8_t what) {
    ASSERT_TRUE(store_->add_crash({.endpoint = "d", .at_ms = what, .record = {what}}));
  };
  tell(1);
  tell(1);
  ASSERT_EQ(store_->crashes("d", 10)->size(), 1U);
  for (std::uint8_t i = 2; i < Store::kCrashesPerDevice + 10; ++i) {
    tell(i);
  }
  ASSERT_TRUE(store_->add_crash({.endpoint = "other", .at_ms = 5, .record = {9}}));
  const auto kept = store_->crashes("d", 1000);
  ASSERT_EQ(kept->size(), static_cast<std::size_t>(Store::kCrashesPerDevice));
  EXPECT_EQ(kept->front().record, std::vector<std::uint8_t>{Store::kCrashesPerDevice + 9});
  EXPECT_EQ(store_->crashes(std::nullopt, 1)->front().endpoint, "other");
}

TEST_F(StoreTest, symbols_are_found_by_the_image) {
  const SymbolsRecord symbols{.image = "0011",
                              .elf_sha256 = "e",
                              .board = "linux",
                              .addr2line = "addr2line",
                              .build = std::nullopt};
  ASSERT_TRUE(store_->put_symbols(symbols));
  ASSERT_TRUE(store_->put_symbols(symbols));
  reopen();
  const auto found = store_->symbols("0011");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->addr2line, "addr2line");
  EXPECT_FALSE((*found)->build);
  EXPECT_FALSE(*store_->symbols("0012"));
}

TEST_F(StoreTest, the_trace_of_a_device_is_bounded_and_in_order) {
  std::vector<Store::TraceEntry> entries(Store::kTraceEntriesPerDevice + 50);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    entries[i] = {"d", {.at_ms = static_cast<TimeMs>(i), .method = "GET", .path = "/3"}};
  }
  ASSERT_TRUE(store_->add_exchanges(entries));
  ASSERT_TRUE(store_->add_exchanges({{"e", {.at_ms = 1}}}));
  const auto kept = store_->trace("d", 1'000'000);
  ASSERT_TRUE(kept);
  ASSERT_EQ(kept->size(), static_cast<std::size_t>(Store::kTraceEntriesPerDevice));
  EXPECT_EQ(kept->front().at_ms, 50);
  EXPECT_EQ(store_->trace("d", 3)->front().at_ms, Store::kTraceEntriesPerDevice + 47);
  EXPECT_EQ(store_->trace("e", 3)->size(), 1U);
}

TEST_F(StoreTest, hostile_text_is_only_text) {
  const std::string evil = "'; DROP TABLE orders; --\xff\x01";
  ASSERT_TRUE(store_->add_order(order(evil)));
  const auto found = store_->orders(evil, 10);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ(found->front().device, evil);
}

} // namespace
} // namespace tinyml::service
