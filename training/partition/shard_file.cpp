// SPDX-License-Identifier: Apache-2.0
#include "training/partition/shard_file.hpp"

#include "base/crc32.hpp"
#include "protocol/training/shard.hpp"

#include <algorithm>
#include <bit>

namespace tinyml::training {
namespace {

using datasets::DataSet;
using datasets::ValueType;

ShardHeader header_of(const DataSet &set, const WorkerSamples &samples, std::uint32_t seed,
                      std::size_t classes) {
  const bool is_u8 = set.type == ValueType::kU8;
  return {.value = is_u8 ? ShardValue::kU8 : ShardValue::kFloat32,
          .label = ShardLabel::kClass,
          .label_count = static_cast<std::uint16_t>(classes),
          .training_samples = static_cast<std::uint32_t>(samples.train.size()),
          .test_samples = static_cast<std::uint32_t>(samples.test.size()),
          .sample_values = static_cast<std::uint32_t>(set.shape.values()),
          .scale = is_u8 ? set.scale : 1,
          .offset = is_u8 ? set.offset : 0,
          .seed = seed};
}

/// Float samples are stored as the model sees them: the format's scale is for bytes.
void put_values(const DataSet &set, const datasets::Samples &part, std::size_t index,
                std::uint8_t *to) {
  if (set.type == ValueType::kU8) {
    const ByteView sample = set.sample(part, index);
    std::copy(sample.begin(), sample.end(), to);
    return;
  }
  std::vector<float> values(set.shape.values());
  set.read(part, index, values);
  for (std::size_t i = 0; i < values.size(); ++i) {
    store_le(to + i * sizeof(float), std::bit_cast<std::uint32_t>(values[i]));
  }
}

} // namespace

Expected<std::vector<std::uint8_t>> shard_file(const DataSet &set, const WorkerSamples &samples,
                                               std::uint32_t seed, std::size_t outputs) {
  constexpr std::size_t kMostClasses = 256;
  const std::size_t classes = std::max(outputs, set.classes.size());
  if (classes > kMostClasses) {
    return fail(ErrorCode::kDoesNotFit,
                "'" + set.name + "' or the model has more than 256 classes");
  }
  ShardHeader header = header_of(set, samples, seed, classes);
  std::vector<std::uint8_t> file(header.total_bytes());
  std::uint8_t *record = file.data() + kShardHeaderBytes;
  const auto put_part = [&](const datasets::Samples &part, const auto &indices) {
    for (const std::uint32_t index : indices) {
      put_values(set, part, index, record);
      record[header.label_offset()] = static_cast<std::uint8_t>(part.labels[index]);
      record += header.record_bytes();
    }
  };
  put_part(set.train, samples.train);
  put_part(set.test, samples.test);
  header.records_crc = crc32(ByteView(file).subspan(kShardHeaderBytes));
  const auto head = std::span(file).first<kShardHeaderBytes>();
  encode(header, head);
  if (const auto read_back = decode_shard(head); !read_back || *read_back != header) {
    return fail(ErrorCode::kDoesNotFit,
                "samples of '" + set.name + "' are too many or too large for a data shard");
  }
  return file;
}

} // namespace tinyml::training
