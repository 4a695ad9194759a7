// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

/// The data shard in a worker's store: docs/training-protocol.md, "Data shard".
namespace tinyml::training {

inline constexpr std::uint32_t kShardMagic = 0x44534D54; ///< "TMSD"
inline constexpr std::uint8_t kShardVersion = 1;
inline constexpr std::size_t kShardHeaderBytes = 64;

enum class ShardValue : std::uint8_t {
  kU8 = 0,      ///< value = byte · scale + offset
  kFloat32 = 1, ///< as it is, little endian
};
enum class ShardLabel : std::uint8_t {
  kClass = 0,  ///< one byte: 0…label_count - 1
  kValues = 1, ///< label_count float32 values
};

/// The first 64 bytes; records follow at once: first those to train on, then the held-out ones.
/// A record is the sample's values in HWC order, then the label, then zeros up to a multiple of 4.
struct ShardHeader {
  ShardValue value = ShardValue::kU8;
  ShardLabel label = ShardLabel::kClass;
  std::uint16_t label_count = 0;
  std::uint32_t training_samples = 0;
  std::uint32_t test_samples = 0;
  std::uint32_t sample_values = 0;
  float scale = 1;
  float offset = 0;
  std::uint32_t records_crc = 0; ///< CRC-32 of all records
  std::uint32_t seed = 0;        ///< of the partition; information

  [[nodiscard]] std::uint32_t value_bytes() const { return value == ShardValue::kU8 ? 1 : 4; }
  [[nodiscard]] std::uint32_t label_offset() const { return sample_values * value_bytes(); }
  [[nodiscard]] std::uint32_t record_bytes() const;
  [[nodiscard]] std::uint32_t samples() const { return training_samples + test_samples; }
  /// Header and records.
  [[nodiscard]] std::uint64_t total_bytes() const;

  bool operator==(const ShardHeader &) const = default;
};

enum class ShardError : std::uint8_t {
  kMissing, ///< no magic: there is no shard
  kVersion,
  kCrc, ///< the header is damaged
  kValue,
};
[[nodiscard]] std::string_view describe(ShardError error);

void encode(const ShardHeader &header, std::span<std::uint8_t, kShardHeaderBytes> to);
[[nodiscard]] Result<ShardHeader, ShardError>
decode_shard(std::span<const std::uint8_t, kShardHeaderBytes> from);

} // namespace tinyml::training
