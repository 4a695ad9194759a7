// SPDX-License-Identifier: Apache-2.0
#include "host/files.hpp"
#include "service/store/store.hpp"

#include <csignal>
#include <gtest/gtest.h>
#include <sys/resource.h>

namespace tinyml::service {
namespace {

/// No file of this process may grow above `bytes` while it lives: the kernel's way to say "full".
class FileSizeLimit {
public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit now{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  FileSizeLimit(const FileSizeLimit &) = delete;
  FileSizeLimit &operator=(const FileSizeLimit &) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

private:
  rlimit before_{};
  void (*handler_)(int);
};

OrderRecord order(int number) {
  return {.model = std::string(500, 'm'), .device = "d" + std::to_string(number)};
}

/// Adds orders until the store refuses; returns how many it took.
template <typename Full> int fill(Store &store, Full is_full) {
  for (int count = 0; count < 100'000; ++count) {
    if (const auto added = store.add_order(order(count)); !added) {
      is_full(added.error());
      return count;
    }
  }
  return -1;
}

void expect_full(const HostError &error) {
  EXPECT_EQ(error.code, ErrorCode::kResourceFull) << error.message;
  EXPECT_NE(error.message.find("full"), std::string::npos);
}

void expect_whole(Store &store, int orders) {
  const auto all = store.orders(std::nullopt, 1'000'000);
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_EQ(static_cast<int>(all->size()), orders);
  for (const OrderRecord &one : *all) {
    EXPECT_EQ(store.history(one.id)->size(), 1U);
  }
}

TEST(FullDiskTest, a_full_database_refuses_whole_orders_and_goes_on_when_there_is_room) {
  const auto folder = host::TemporaryFolder::create("full-test");
  auto store = Store::open(folder->path());
  ASSERT_TRUE(store);
  ASSERT_TRUE(store->database().script("PRAGMA max_page_count = 60"));
  const int taken = fill(*store, expect_full);
  ASSERT_GT(taken, 3);
  expect_whole(*store, taken);
  ASSERT_TRUE(store->database().script("PRAGMA max_page_count = 100000"));
  EXPECT_TRUE(store->add_order(order(taken)));
}

TEST(FullDiskTest, a_disk_that_takes_no_more_bytes_leaves_nothing_half_written) {
  const auto folder = host::TemporaryFolder::create("full-test");
  int taken = 0;
  {
    auto store = Store::open(folder->path());
    ASSERT_TRUE(store);
    const FileSizeLimit limit(400 * 1024);
    taken = fill(*store, expect_full);
    ASSERT_GT(taken, 3);
  }
  auto store = Store::open(folder->path());
  ASSERT_TRUE(store) << store.error().message;
  expect_whole(*store, taken);
  EXPECT_TRUE(store->add_order(order(taken)));
}

TEST(FullDiskTest, a_blob_that_does_not_fit_is_not_there_at_all) {
  const auto folder = host::TemporaryFolder::create("full-test");
  const auto blobs = BlobFolder::open(folder->path());
  const std::vector<std::uint8_t> large(100'000, 7);
  {
    const FileSizeLimit limit(4096);
    const auto put = blobs->put(large);
    ASSERT_FALSE(put);
    expect_full(put.error());
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder->path()));
  EXPECT_TRUE(blobs->put(large));
}

} // namespace
} // namespace tinyml::service
