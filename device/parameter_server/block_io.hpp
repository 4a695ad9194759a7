// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/parameter_server/store_plan.hpp"
#include "training/coding/coding.hpp"

#include <bit>
#include <cstring>

namespace tinyml::device {

static_assert(std::endian::native == std::endian::little, "vectors lie in the store as in memory");

/// Vectors pass through RAM in blocks of so many values.
inline constexpr std::uint32_t kBlockValues = 1024;
static_assert(kBlockValues % training::kBlockValues == 0);

/// A block of values in RAM, from which whole program units can be written.
struct Block {
  alignas(8) float values[kBlockValues];

  [[nodiscard]] std::span<float> first(std::uint32_t count) {
    return std::span(values).first(count);
  }
};

/// Which values of a vector are its index-th block.
struct BlockRange {
  std::uint32_t first;
  std::uint32_t count;

  [[nodiscard]] static BlockRange of(std::uint32_t index, std::uint32_t total) {
    const std::uint32_t first = index * kBlockValues;
    return {first, std::min(kBlockValues, total - first)};
  }
  /// Where it begins in a vector at `offset` of the store.
  [[nodiscard]] std::uint32_t begin(std::uint32_t offset) const { return offset + 4 * first; }
  /// How many of them are among the first `limit` of the vector.
  [[nodiscard]] std::uint32_t below(std::uint32_t limit) const {
    return limit <= first ? 0 : std::min(count, limit - first);
  }
};

template <store::Flash Flash>
[[nodiscard]] bool read_block(Flash &flash, const store::Region &vector, const BlockRange &range,
                              Block &to) {
  const ByteSpan bytes(reinterpret_cast<std::uint8_t *>(to.values), range.count * sizeof(float));
  return flash.read(range.begin(vector.offset), bytes) == hal::Status::kOk;
}

/// The vector's region was erased before.
template <store::Flash Flash>
[[nodiscard]] bool write_block(Flash &flash, const store::Region &vector, const BlockRange &range,
                               Block &from) {
  auto *bytes = reinterpret_cast<std::uint8_t *>(from.values);
  const std::size_t used = range.count * sizeof(float);
  const std::size_t unit = flash.info().program_bytes;
  const std::size_t whole = (used + unit - 1) / unit * unit;
  std::memset(bytes + used, 0xFF, whole - used);
  return flash.write(range.begin(vector.offset), ByteView(bytes, whole)) == hal::Status::kOk;
}

template <store::Flash Flash> [[nodiscard]] bool erase(Flash &flash, const store::Region &region) {
  return flash.erase(region.offset, region.size_bytes) == hal::Status::kOk;
}

/// Codes of up to a block of values: read from behind a message's header.
struct CodedBlock {
  alignas(8) std::uint8_t bytes[kBlockValues * sizeof(float)];

  template <store::Flash Flash>
  [[nodiscard]] bool read(Flash &flash, std::uint32_t codes_offset, training::Coding coding,
                          const BlockRange &range) {
    const std::uint32_t at = codes_offset + training::coded_bytes(coding, range.first);
    return flash.read(at, ByteSpan(bytes, training::coded_bytes(coding, range.count))) ==
           hal::Status::kOk;
  }
  /// False when there is something that is no number.
  [[nodiscard]] bool decode(training::Coding coding, std::span<float> to) const {
    const std::uint8_t *at = bytes;
    for (std::size_t done = 0; done < to.size(); done += training::kBlockValues) {
      const auto part =
          to.subspan(done, std::min<std::size_t>(training::kBlockValues, to.size() - done));
      const std::uint32_t size =
          training::coded_block_bytes(coding, static_cast<std::uint32_t>(part.size()));
      if (!training::decode_block(coding, ByteView(at, size), part)) {
        return false;
      }
      at += size;
    }
    return true;
  }
  /// Codes the values and leaves what the codes do not say; the codes' length, 0 when a value is no
  /// number.
  [[nodiscard]] std::uint32_t encode(training::Coding coding, std::span<float> values) {
    std::uint8_t *at = bytes;
    for (std::size_t done = 0; done < values.size(); done += training::kBlockValues) {
      const auto part =
          values.subspan(done, std::min<std::size_t>(training::kBlockValues, values.size() - done));
      const std::uint32_t size =
          training::coded_block_bytes(coding, static_cast<std::uint32_t>(part.size()));
      if (!training::encode_block(coding, part, ByteSpan(at, size))) {
        return 0;
      }
      at += size;
    }
    return static_cast<std::uint32_t>(at - bytes);
  }
};

} // namespace tinyml::device
