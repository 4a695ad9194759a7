// SPDX-License-Identifier: Apache-2.0
#include "training/partition/partition.hpp"

#include <gtest/gtest.h>
#include <map>
#include <set>

namespace tinyml::training {
namespace {

datasets::DataSet ten_classes(std::size_t train, std::size_t test) {
  datasets::DataSet set{.name = "ten", .shape = {1, 1, 1}};
  for (int i = 0; i < 10; ++i) {
    set.classes.push_back(std::to_string(i));
  }
  const auto fill = [](datasets::Samples &part, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      part.bytes.push_back(static_cast<std::uint8_t>(i));
      part.labels.push_back(static_cast<std::uint32_t>(i * 7 % 10));
    }
  };
  fill(set.train, train);
  fill(set.test, test);
  return set;
}

std::map<std::uint32_t, int> labels_of(const datasets::Samples &part,
                                       const std::vector<std::uint32_t> &samples) {
  std::map<std::uint32_t, int> counts;
  for (const std::uint32_t sample : samples) {
    ++counts[part.labels[sample]];
  }
  return counts;
}

void expect_each_sample_once(const std::vector<WorkerSamples> &workers, std::size_t count) {
  std::set<std::uint32_t> seen;
  std::size_t total = 0;
  for (const WorkerSamples &worker : workers) {
    seen.insert(worker.train.begin(), worker.train.end());
    total += worker.train.size();
  }
  EXPECT_EQ(seen.size(), count);
  EXPECT_EQ(total, count);
}

TEST(Partition, IidGivesEveryWorkerAllLabels) {
  const auto set = ten_classes(3001, 1000);
  const auto workers = partition(set, {.workers = 3});
  ASSERT_TRUE(workers) << workers.error().message;
  expect_each_sample_once(*workers, 3001);
  for (const WorkerSamples &worker : *workers) {
    EXPECT_NEAR(static_cast<double>(worker.train.size()), 1000, 1);
    EXPECT_EQ(labels_of(set.train, worker.train).size(), 10U);
    EXPECT_EQ(labels_of(set.test, worker.test).size(), 10U);
    EXPECT_NEAR(static_cast<double>(worker.test.size()), 500, 5);
  }
}

TEST(Partition, TwoShardsAreFewLabels) {
  const auto set = ten_classes(5000, 1000);
  const auto workers = partition(set, {.split = *parse_split("shards:2"), .workers = 50});
  ASSERT_TRUE(workers) << workers.error().message;
  expect_each_sample_once(*workers, 5000);
  for (const WorkerSamples &worker : *workers) {
    EXPECT_EQ(worker.train.size(), 100U);
    EXPECT_LE(labels_of(set.train, worker.train).size(), 2U);
  }
}

TEST(Partition, DisjointLabelsMeetNowhere) {
  const auto set = ten_classes(5000, 1000);
  const auto workers = partition(set, {.split = *parse_split("disjoint"), .workers = 3});
  ASSERT_TRUE(workers) << workers.error().message;
  expect_each_sample_once(*workers, 5000);
  std::size_t labels = 0;
  for (const WorkerSamples &worker : *workers) {
    labels += labels_of(set.train, worker.train).size();
  }
  EXPECT_EQ(labels, 10U);
}

TEST(Partition, HeldOutSamplesAreLikeTheWorkersOwn) {
  const auto set = ten_classes(6000, 2000);
  const auto workers = partition(set, {.split = *parse_split("shards:2"), .workers = 3});
  ASSERT_TRUE(workers);
  for (const WorkerSamples &worker : *workers) {
    const auto own = labels_of(set.train, worker.train);
    const auto held = labels_of(set.test, worker.test);
    ASSERT_EQ(own.size(), held.size());
    for (const auto &[label, count] : own) {
      const double expected = static_cast<double>(count) / static_cast<double>(worker.train.size());
      const double there =
          static_cast<double>(held.at(label)) / static_cast<double>(worker.test.size());
      EXPECT_NEAR(there, expected, 0.02) << label;
    }
  }
}

TEST(Partition, TheSeedDecides) {
  const auto set = ten_classes(500, 100);
  const PartitionWish wish{.split = *parse_split("disjoint"), .workers = 3, .seed = 4};
  EXPECT_EQ((*partition(set, wish))[1].train, (*partition(set, wish))[1].train);
  auto other = wish;
  other.seed = 5;
  EXPECT_NE((*partition(set, wish))[1].train, (*partition(set, other))[1].train);
}

TEST(Partition, RefusesWhatCannotBeDivided) {
  const auto set = ten_classes(20, 10);
  EXPECT_FALSE(partition(set, {.workers = 0}).ok());
  EXPECT_FALSE(partition(set, {.workers = 21}).ok());
  EXPECT_FALSE(partition(set, {.split = *parse_split("disjoint"), .workers = 11}).ok());
  EXPECT_FALSE(partition(set, {.split = *parse_split("shards:3"), .workers = 7}).ok());
}

TEST(Partition, SplitsHaveNames) {
  for (const char *name : {"iid", "shards:2", "disjoint"}) {
    ASSERT_TRUE(parse_split(name)) << name;
    EXPECT_EQ(split_name(*parse_split(name)), name);
  }
  for (const char *name : {"", "shards", "shards:", "shards:0", "shards:2x", "shards:-1", "IID"}) {
    EXPECT_FALSE(parse_split(name).ok()) << name;
  }
}

} // namespace
} // namespace tinyml::training
