// SPDX-License-Identifier: Apache-2.0
// Host only: shards of made-up samples for tests, classes that a linear model can tell apart.
#pragma once

#include "base/crc32.hpp"
#include "protocol/training/shard.hpp"

#include <algorithm>
#include <random>
#include <vector>

namespace tinyml::device {

struct MadeUpData {
  std::uint32_t values = 16;
  std::uint16_t classes = 4;
  std::uint32_t training_samples = 120;
  std::uint32_t test_samples = 40;
  std::uint32_t seed = 1;       ///< of the noise
  std::vector<unsigned> only{}; ///< classes that occur; empty: all
  float scale = 1.0F / 128;     ///< of the values
};

/// Each class lights some of the values; noise does the rest.
inline std::vector<std::uint8_t> made_up_shard(const MadeUpData &data) {
  training::ShardHeader header;
  header.label_count = data.classes;
  header.training_samples = data.training_samples;
  header.test_samples = data.test_samples;
  header.sample_values = data.values;
  header.scale = data.scale;
  std::vector<std::uint8_t> bytes(header.total_bytes());
  std::mt19937 random(data.seed);
  for (std::uint32_t n = 0; n < header.samples(); ++n) {
    std::uint8_t *const record =
        bytes.data() + training::kShardHeaderBytes + n * header.record_bytes();
    const unsigned label = data.only.empty()
                               ? static_cast<unsigned>(random()) % data.classes
                               : data.only[static_cast<unsigned>(random()) % data.only.size()];
    for (std::uint32_t i = 0; i < data.values; ++i) {
      const unsigned lit = i % data.classes == label ? 90 : 0;
      record[i] = static_cast<std::uint8_t>(lit + static_cast<unsigned>(random()) % 100);
    }
    record[data.values] = static_cast<std::uint8_t>(label);
  }
  header.records_crc = crc32(ByteView(bytes).subspan(training::kShardHeaderBytes));
  training::encode(header, std::span<std::uint8_t, training::kShardHeaderBytes>(
                               bytes.data(), training::kShardHeaderBytes));
  return bytes;
}

} // namespace tinyml::device
