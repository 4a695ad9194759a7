// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

#include <cstdint>
#include <span>
#include <string_view>

/// Codings of updates, block by block: a worker never holds a whole coded update, nor a server.
///
/// A block is up to kBlockValues consecutive values of the flat update. All but float32 begin with
/// the block's scale, the upper half of a float32's bits (little endian).
namespace tinyml::training {

/// Values travel in messages: never renumber.
enum class Coding : std::uint8_t {
  kFloat32 = 0, ///< 4 bytes a value, little endian
  kInt8 = 1,    ///< value = scale * code, -127…127
  kInt4 = 2,    ///< value = scale * code, -7…7; two's complement, the first value in the low half
  kOneBit = 3,  ///< value = ±scale; a set bit is negative (Seide et al., Interspeech 2014)
  kTopK = 4, ///< the largest sixteenth: an index byte each, then an int8 code each; the rest is 0
};

inline constexpr std::uint32_t kBlockValues = 256;

/// Length of a coded block of `values` values, 0 < values <= kBlockValues.
[[nodiscard]] std::uint32_t coded_block_bytes(Coding coding, std::uint32_t values);
/// Length of a whole coded update of `values` values.
[[nodiscard]] std::uint32_t coded_bytes(Coding coding, std::uint32_t values);

/// Codes `block` into `to`, which is coded_block_bytes() long, and leaves in `block` what the code
/// does not say: added to the next round's update, nothing is lost for good (error feedback).
/// False, and nothing changed, when a value is not finite.
[[nodiscard]] bool encode_block(Coding coding, std::span<float> block, ByteSpan to);

/// The values of a coded block. False when the length is wrong or a scale or value is not finite:
/// such an update is not to be used.
[[nodiscard]] bool decode_block(Coding coding, ByteView from, std::span<float> block);

/// "fp32", "int8", "int4", "1bit", "topk"; empty for a number that is none.
[[nodiscard]] std::string_view coding_name(Coding coding);
/// False for a name that is none.
[[nodiscard]] bool find_coding(std::string_view name, Coding &coding);

} // namespace tinyml::training
