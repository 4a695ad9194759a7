// SPDX-License-Identifier: Apache-2.0
#include "host/files.hpp"
#include "service/store/digest.hpp"
#include "service/store/store.hpp"

#include <csignal>
#include <cstring>
#include <gtest/gtest.h>
#include <random>
#include <sys/wait.h>
#include <unistd.h>

namespace tinyml::service {
namespace {

constexpr OrderState kWay[] = {OrderState::kBuilding,   OrderState::kBuilt,
                               OrderState::kDelivering, OrderState::kVerifying,
                               OrderState::kRebooting,  OrderState::kConfirmed};

/// Takes one order through its whole life, as the service does: blob first, then the row naming it.
bool one_order(Store &store, int number, int acknowledge) {
  OrderRecord order{.model = "m", .device = "d" + std::to_string(number % 3)};
  const auto id = store.add_order(order);
  if (!id) {
    return false;
  }
  order.id = *id;
  const std::string image(20'000, static_cast<char>('a' + number % 26));
  BuildRecord build{.id = sha256_hex(as_bytes("build of " + image)),
                    .model = "m",
                    .board = "b",
                    .precision = "int8"};
  order.build = build.id;
  for (const OrderState state : kWay) {
    order.state = state;
    if (state == OrderState::kBuilt) {
      const auto blob = store.blobs().put(as_bytes(image));
      if (!blob) {
        return false;
      }
      build.state = BuildState::kBuilt;
      build.image_sha256 = *blob;
      build.image_bytes = static_cast<std::int64_t>(image.size());
    }
    const bool with_build = state == OrderState::kBuilding || state == OrderState::kBuilt;
    if (!store.put_order(order, {state, 1, ""}, with_build ? &build : nullptr)) {
      return false;
    }
  }
  return ::write(acknowledge, &order.id, sizeof(order.id)) == sizeof(order.id);
}

[[noreturn]] void work_until_killed(const std::filesystem::path &folder, int acknowledge) {
  auto store = Store::open(folder);
  for (int number = 0; store; ++number) {
    // An order that the last kill interrupted is ended first, as the service does on its start.
    const auto unfinished = store->unfinished_orders();
    for (OrderRecord left : *unfinished) {
      left.state = OrderState::kFailed;
      if (!store->put_order(left, {left.state, 1, "interrupted"})) {
        ::_exit(3);
      }
    }
    if (!one_order(*store, number, acknowledge)) {
      ::_exit(2);
    }
  }
  ::_exit(1);
}

std::int64_t last_acknowledged(int from) {
  std::int64_t id = 0;
  while (::read(from, &id, sizeof(id)) == sizeof(id)) {
  }
  return id;
}

void expect_invariants(Store &store, std::int64_t acknowledged) {
  const auto orders = store.orders(std::nullopt, 1'000'000);
  ASSERT_TRUE(orders) << orders.error().message;
  EXPECT_GE(static_cast<std::int64_t>(orders->size()), acknowledged) << "an order got lost";
  for (const OrderRecord &order : *orders) {
    const auto steps = store.history(order.id);
    ASSERT_TRUE(steps);
    ASSERT_FALSE(steps->empty());
    if (order.state != OrderState::kSuperseded) {
      EXPECT_EQ(steps->back().state, order.state);
    }
    if (order.id == acknowledged) {
      EXPECT_TRUE(order.state == OrderState::kConfirmed || order.state == OrderState::kSuperseded);
    }
    if (order.build) {
      const auto build = store.build(*order.build);
      ASSERT_TRUE(build && *build);
      if ((*build)->state == BuildState::kBuilt) {
        const auto image = store.blobs().get(*(*build)->image_sha256);
        ASSERT_TRUE(image) << image.error().message;
        EXPECT_EQ(static_cast<std::int64_t>(image->size()), *(*build)->image_bytes);
      }
    }
  }
}

TEST(KillTest, a_store_killed_at_random_moments_holds_its_invariants) {
  const auto folder = host::TemporaryFolder::create("kill-test");
  std::mt19937 random(20191);
  std::int64_t acknowledged = 0;
  // On a busy machine many are killed before they did anything.
  for (int round = 0; round < 40 || (acknowledged <= 10 && round < 400); ++round) {
    int ends[2] = {};
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(ends[0]);
      work_until_killed(folder->path(), ends[1]);
    }
    ::close(ends[1]);
    ::usleep(std::uniform_int_distribution<useconds_t>(2'000, 80'000)(random));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the store gave up with " << WEXITSTATUS(status);
    acknowledged = std::max(acknowledged, last_acknowledged(ends[0]));
    ::close(ends[0]);
    auto store = Store::open(folder->path());
    ASSERT_TRUE(store) << store.error().message;
    expect_invariants(*store, acknowledged);
  }
  EXPECT_GT(acknowledged, 10) << "the children were killed before they did anything";
}

} // namespace
} // namespace tinyml::service
