// SPDX-License-Identifier: Apache-2.0
#include "training/partition/partition.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <numeric>
#include <random>

namespace tinyml::training {
namespace {

using datasets::DataSet;
using datasets::Samples;
using Indices = std::vector<std::uint32_t>;

constexpr std::uint32_t kMostWorkers = 10'000;
constexpr std::uint32_t kMostShards = 1'000;

/// Not std::shuffle: its results differ between libraries.
void shuffle(Indices &items, std::mt19937_64 &random) {
  for (std::size_t i = items.size(); i > 1; --i) {
    std::swap(items[i - 1], items[random() % i]);
  }
}

Indices counted(std::size_t count) {
  Indices indices(count);
  std::iota(indices.begin(), indices.end(), 0U);
  return indices;
}

/// Part `index` of `parts`; their sizes differ by one at most.
std::span<const std::uint32_t> slice(const Indices &all, std::size_t index, std::size_t parts) {
  const std::size_t begin = all.size() * index / parts;
  return std::span(all).subspan(begin, all.size() * (index + 1) / parts - begin);
}

void append(Indices &to, std::span<const std::uint32_t> from) {
  to.insert(to.end(), from.begin(), from.end());
}

void give_shards(std::vector<WorkerSamples> &workers, const Samples &train, Indices order,
                 std::uint32_t shards_each, std::mt19937_64 &random) {
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return train.labels[a] < train.labels[b];
  });
  Indices shards = counted(workers.size() * shards_each);
  shuffle(shards, random);
  for (std::size_t i = 0; i < shards.size(); ++i) {
    append(workers[i / shards_each].train, slice(order, shards[i], shards.size()));
  }
}

void give_labels(std::vector<WorkerSamples> &workers, const Samples &train, const Indices &order,
                 std::size_t classes, std::mt19937_64 &random) {
  Indices labels = counted(classes);
  shuffle(labels, random);
  Indices owner(classes);
  for (std::size_t w = 0; w < workers.size(); ++w) {
    for (const std::uint32_t label : slice(labels, w, workers.size())) {
      owner[label] = static_cast<std::uint32_t>(w);
    }
  }
  for (const std::uint32_t sample : order) {
    workers[owner[train.labels[sample]]].train.push_back(sample);
  }
}

Expected<void> check(const DataSet &set, const PartitionWish &wish) {
  if (wish.workers == 0 || wish.workers > kMostWorkers) {
    return fail(ErrorCode::kInvalidInput, fmt::format("a run has 1 to {} workers", kMostWorkers));
  }
  const bool is_disjoint = wish.split.kind == Split::Kind::kDisjoint;
  if (is_disjoint && wish.workers > set.classes.size()) {
    return fail(ErrorCode::kInvalidInput,
                fmt::format("{} workers cannot have labels of their own: '{}' has {} classes",
                            wish.workers, set.name, set.classes.size()));
  }
  const std::uint64_t parts = std::uint64_t{wish.workers} * wish.split.shards_per_worker;
  if (parts == 0 || parts > set.train.size()) {
    return fail(ErrorCode::kInvalidInput,
                fmt::format("{} training samples are too few for {} workers ({})", set.train.size(),
                            wish.workers, split_name(wish.split)));
  }
  return {};
}

/// Held-out samples with the labels in the proportions of the worker's own.
Indices held_out(const DataSet &set, const Indices &own, const Indices &test_order,
                 std::uint32_t most) {
  std::vector<double> share(set.classes.size());
  for (const std::uint32_t sample : own) {
    share[set.train.labels[sample]] += 1.0 / static_cast<double>(own.size());
  }
  std::vector<double> there(set.classes.size());
  for (const std::uint32_t label : set.test.labels) {
    there[label] += 1;
  }
  double count = most;
  for (std::size_t label = 0; label < share.size(); ++label) {
    count =
        share[label] > 0 && there[label] > 0 ? std::min(count, there[label] / share[label]) : count;
  }
  std::vector<double> wanted(share.size());
  for (std::size_t label = 0; label < share.size(); ++label) {
    wanted[label] = share[label] > 0 ? std::max(1.0, share[label] * count) : 0;
  }
  Indices kept;
  for (const std::uint32_t sample : test_order) {
    double &left = wanted[set.test.labels[sample]];
    if (left >= 0.5 && kept.size() < most) {
      left -= 1;
      kept.push_back(sample);
    }
  }
  return kept;
}

} // namespace

Expected<Split> parse_split(std::string_view text) {
  if (text == "iid") {
    return Split{};
  }
  if (text == "disjoint") {
    return Split{.kind = Split::Kind::kDisjoint};
  }
  constexpr std::string_view kShards = "shards:";
  std::uint32_t count = 0;
  if (text.starts_with(kShards)) {
    const char *end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + kShards.size(), end, count);
    if (parsed.ec == std::errc{} && parsed.ptr == end && count > 0 && count <= kMostShards) {
      return Split{.kind = Split::Kind::kShards, .shards_per_worker = count};
    }
  }
  return fail(ErrorCode::kInvalidInput,
              fmt::format("no split '{}': there are iid, shards:K (K of 1 to {}) and disjoint",
                          text, kMostShards));
}

std::string split_name(const Split &split) {
  switch (split.kind) {
  case Split::Kind::kIid:
    return "iid";
  case Split::Kind::kShards:
    return fmt::format("shards:{}", split.shards_per_worker);
  case Split::Kind::kDisjoint:
    return "disjoint";
  }
  return {};
}

Expected<std::vector<WorkerSamples>> partition(const DataSet &set, const PartitionWish &wish) {
  if (auto checked = check(set, wish); !checked) {
    return Failure{checked.error()};
  }
  std::mt19937_64 random(wish.seed);
  std::vector<WorkerSamples> workers(wish.workers);
  Indices order = counted(set.train.size());
  shuffle(order, random);
  if (wish.split.kind == Split::Kind::kShards) {
    give_shards(workers, set.train, std::move(order), wish.split.shards_per_worker, random);
  } else if (wish.split.kind == Split::Kind::kDisjoint) {
    give_labels(workers, set.train, order, set.classes.size(), random);
  } else {
    for (std::size_t w = 0; w < workers.size(); ++w) {
      append(workers[w].train, slice(order, w, workers.size()));
    }
  }
  for (std::size_t w = 0; w < workers.size(); ++w) {
    if (workers[w].train.empty()) {
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("worker {} of {} would have no training samples ({})", w,
                              workers.size(), split_name(wish.split)));
    }
    shuffle(workers[w].train, random);
    Indices test_order = counted(set.test.size());
    shuffle(test_order, random);
    workers[w].test = held_out(set, workers[w].train, test_order, wish.most_test);
  }
  return workers;
}

} // namespace tinyml::training
