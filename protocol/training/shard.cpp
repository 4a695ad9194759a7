// SPDX-License-Identifier: Apache-2.0
#include "protocol/training/shard.hpp"

#include "base/crc32.hpp"
#include "protocol/training/field_codec.hpp"

namespace tinyml::training {

namespace {

constexpr std::size_t kCrcOffset = kShardHeaderBytes - 4;
constexpr std::uint32_t kLargestSampleValues = 1U << 20;
constexpr std::uint32_t kLargestSamples = 1U << 24;

template <typename Codec, typename Header> void fields(Codec &codec, Header &header) {
  codec.field_up_to(header.value, ShardValue::kFloat32);
  codec.field_up_to(header.label, ShardLabel::kValues);
  codec.zeros(1);
  codec.field(header.label_count);
  codec.zeros(2);
  codec.field(header.training_samples);
  codec.field(header.test_samples);
  codec.field(header.sample_values);
  codec.field(header.scale);
  codec.field(header.offset);
  codec.field(header.records_crc);
  codec.field(header.seed);
  codec.zeros(20);
}

bool is_allowed(const ShardHeader &header) {
  constexpr std::uint16_t kMostClasses = 256;
  const bool labels = header.label_count > 0 &&
                      (header.label == ShardLabel::kValues || header.label_count <= kMostClasses);
  return labels && header.sample_values > 0 && header.sample_values <= kLargestSampleValues &&
         header.training_samples <= kLargestSamples && header.test_samples <= kLargestSamples &&
         header.scale != 0;
}

} // namespace

std::uint32_t ShardHeader::record_bytes() const {
  const std::uint32_t label_bytes = label == ShardLabel::kClass ? 1U : label_count * 4U;
  return (label_offset() + label_bytes + 3U) / 4U * 4U;
}

std::uint64_t ShardHeader::total_bytes() const {
  return kShardHeaderBytes + std::uint64_t{samples()} * record_bytes();
}

void encode(const ShardHeader &header, std::span<std::uint8_t, kShardHeaderBytes> to) {
  FieldWriter writer(to.first(kCrcOffset));
  writer.field(kShardMagic);
  writer.field(kShardVersion);
  fields(writer, header);
  store_le(to.data() + kCrcOffset, crc32(to.first(kCrcOffset)));
}

Result<ShardHeader, ShardError>
decode_shard(std::span<const std::uint8_t, kShardHeaderBytes> from) {
  constexpr std::size_t kVersionOffset = 4;
  if (load_le<std::uint32_t>(from.data()) != kShardMagic) {
    return Failure{ShardError::kMissing};
  }
  if (from[kVersionOffset] != kShardVersion) {
    return Failure{ShardError::kVersion};
  }
  if (load_le<std::uint32_t>(from.data() + kCrcOffset) != crc32(from.first(kCrcOffset))) {
    return Failure{ShardError::kCrc};
  }
  ShardHeader header;
  FieldReader reader(ByteView(from).subspan(kVersionOffset + 1, kCrcOffset - kVersionOffset - 1));
  fields(reader, header);
  if (!reader.good() || !is_allowed(header)) {
    return Failure{ShardError::kValue};
  }
  return header;
}

std::string_view describe(ShardError error) {
  switch (error) {
  case ShardError::kMissing:
    return "there is no data shard";
  case ShardError::kVersion:
    return "the data shard has another version";
  case ShardError::kCrc:
    return "the data shard's header is damaged";
  case ShardError::kValue:
    break;
  }
  return "the data shard's header has a value that is not allowed";
}

} // namespace tinyml::training
