// SPDX-License-Identifier: Apache-2.0
#include "training/coding/coding.hpp"

#include <algorithm>
#include <bit>

namespace tinyml::training {

namespace {

constexpr std::string_view kNames[] = {"fp32", "int8", "int4", "1bit", "topk"};
constexpr std::uint32_t kScaleBytes = 2;
constexpr std::uint32_t kKeptShare = 16; ///< top-k keeps one value of so many
constexpr int kInt8Limit = 127;
constexpr int kInt4Limit = 7;

bool is_finite(float value) {
  constexpr std::uint32_t kExponent = 0x7F800000;
  return (std::bit_cast<std::uint32_t>(value) & kExponent) != kExponent;
}

float magnitude(float value) { return value < 0 ? -value : value; }

std::uint32_t kept_values(std::uint32_t values) { return (values + kKeptShare - 1) / kKeptShare; }

/// Rounded up to what the upper half of a float can say, so that no code exceeds its limit.
float storable_scale(float scale) {
  const auto bits = std::bit_cast<std::uint32_t>(scale);
  constexpr std::uint32_t kLowHalf = 0xFFFF;
  return std::bit_cast<float>((bits + kLowHalf) & ~kLowHalf);
}

void put_scale(std::uint8_t *to, float scale) {
  store_le(to, static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(scale) >> 16));
}

float take_scale(const std::uint8_t *from) {
  return std::bit_cast<float>(std::uint32_t{load_le<std::uint16_t>(from)} << 16);
}

float largest_magnitude(std::span<const float> block) {
  float largest = 0;
  for (const float value : block) {
    largest = std::max(largest, magnitude(value));
  }
  return largest;
}

/// The scale whose code `limit` is the block's largest magnitude; 0 for a block of zeros and of
/// values too small for a scale.
float linear_scale(std::span<const float> block, int limit) {
  const float scale = storable_scale(largest_magnitude(block) / static_cast<float>(limit));
  return is_finite(1 / scale) && is_finite(scale) ? scale : 0;
}

/// The nearest code, halves away from zero; takes it off the value.
int take_code(float &value, float scale, int limit) {
  if (scale == 0) {
    return 0;
  }
  const float ratio = value / scale;
  const int code = std::clamp(static_cast<int>(ratio + (ratio < 0 ? -0.5F : 0.5F)), -limit, limit);
  value -= static_cast<float>(code) * scale;
  return code;
}

/// What a hostile sender can say at most.
float largest_code(Coding coding) {
  constexpr float kInt8Codes = 128;
  constexpr float kInt4Codes = 8;
  return coding == Coding::kOneBit ? 1 : coding == Coding::kInt4 ? kInt4Codes : kInt8Codes;
}

void encode_float32(std::span<float> block, std::uint8_t *to) {
  for (float &value : block) {
    store_le(to, std::bit_cast<std::uint32_t>(value));
    value = 0;
    to += sizeof(float);
  }
}

void encode_int8(std::span<float> block, std::uint8_t *to) {
  const float scale = linear_scale(block, kInt8Limit);
  put_scale(to, scale);
  to += kScaleBytes;
  for (float &value : block) {
    *to++ = static_cast<std::uint8_t>(take_code(value, scale, kInt8Limit));
  }
}

void encode_int4(std::span<float> block, std::uint8_t *to) {
  const float scale = linear_scale(block, kInt4Limit);
  put_scale(to, scale);
  to += kScaleBytes;
  for (std::size_t i = 0; i < block.size(); i += 2) {
    const int low = take_code(block[i], scale, kInt4Limit);
    const int high = i + 1 < block.size() ? take_code(block[i + 1], scale, kInt4Limit) : 0;
    *to++ = static_cast<std::uint8_t>((low & 15) | (high & 15) << 4);
  }
}

/// The mean magnitude is the scale of least squared error.
void encode_one_bit(std::span<float> block, std::uint8_t *to) {
  float sum = 0;
  for (const float value : block) {
    sum += magnitude(value) / static_cast<float>(block.size());
  }
  const float scale = std::min(storable_scale(sum), std::bit_cast<float>(0x7F7F0000U));
  put_scale(to, scale);
  to += kScaleBytes;
  std::fill_n(to, (block.size() + 7) / 8, std::uint8_t{0});
  for (std::size_t i = 0; i < block.size(); ++i) {
    const bool negative = block[i] < 0;
    to[i / 8] = static_cast<std::uint8_t>(to[i / 8] | (negative ? 1 : 0) << (i % 8));
    block[i] -= negative ? -scale : scale;
  }
}

/// Picks the largest value that is not among the first `count` of `taken`; the first of equals.
std::uint8_t next_largest(std::span<const float> block, const std::uint8_t *taken,
                          std::uint32_t count) {
  std::size_t best = block.size();
  for (std::size_t i = 0; i < block.size(); ++i) {
    const bool is_new =
        std::find(taken, taken + count, static_cast<std::uint8_t>(i)) == taken + count;
    if (is_new && (best == block.size() || magnitude(block[i]) > magnitude(block[best]))) {
      best = i;
    }
  }
  return static_cast<std::uint8_t>(best);
}

void encode_top_k(std::span<float> block, std::uint8_t *to) {
  const float scale = linear_scale(block, kInt8Limit);
  const std::uint32_t kept = kept_values(static_cast<std::uint32_t>(block.size()));
  put_scale(to, scale);
  std::uint8_t *const indices = to + kScaleBytes;
  for (std::uint32_t i = 0; i < kept; ++i) {
    indices[i] = next_largest(block, indices, i);
  }
  std::uint8_t *const codes = indices + kept;
  for (std::uint32_t i = 0; i < kept; ++i) {
    codes[i] = static_cast<std::uint8_t>(take_code(block[indices[i]], scale, kInt8Limit));
  }
}

bool decode_float32(const std::uint8_t *from, std::span<float> block) {
  bool finite = true;
  for (float &value : block) {
    value = std::bit_cast<float>(load_le<std::uint32_t>(from));
    finite = finite && is_finite(value);
    from += sizeof(float);
  }
  return finite;
}

void decode_int8(const std::uint8_t *from, float scale, std::span<float> block) {
  for (float &value : block) {
    value = scale * static_cast<float>(static_cast<std::int8_t>(*from++));
  }
}

void decode_int4(const std::uint8_t *from, float scale, std::span<float> block) {
  for (std::size_t i = 0; i < block.size(); ++i) {
    const int nibble = from[i / 2] >> (i % 2 * 4) & 15;
    block[i] = scale * static_cast<float>(nibble < 8 ? nibble : nibble - 16);
  }
}

void decode_one_bit(const std::uint8_t *from, float scale, std::span<float> block) {
  for (std::size_t i = 0; i < block.size(); ++i) {
    block[i] = (from[i / 8] >> (i % 8) & 1) != 0 ? -scale : scale;
  }
}

bool decode_top_k(const std::uint8_t *from, float scale, std::span<float> block) {
  const std::uint32_t kept = kept_values(static_cast<std::uint32_t>(block.size()));
  std::fill(block.begin(), block.end(), 0.0F);
  for (std::uint32_t i = 0; i < kept; ++i) {
    if (from[i] >= block.size()) {
      return false;
    }
    block[from[i]] = scale * static_cast<float>(static_cast<std::int8_t>(from[kept + i]));
  }
  return true;
}

} // namespace

std::uint32_t coded_block_bytes(Coding coding, std::uint32_t values) {
  switch (coding) {
  case Coding::kFloat32:
    return values * static_cast<std::uint32_t>(sizeof(float));
  case Coding::kInt8:
    return kScaleBytes + values;
  case Coding::kInt4:
    return kScaleBytes + (values + 1) / 2;
  case Coding::kOneBit:
    return kScaleBytes + (values + 7) / 8;
  case Coding::kTopK:
    return kScaleBytes + 2 * kept_values(values);
  }
  return 0;
}

std::uint32_t coded_bytes(Coding coding, std::uint32_t values) {
  const std::uint32_t rest = values % kBlockValues;
  return values / kBlockValues * coded_block_bytes(coding, kBlockValues) +
         (rest == 0 ? 0 : coded_block_bytes(coding, rest));
}

bool encode_block(Coding coding, std::span<float> block, ByteSpan to) {
  if (to.size() != coded_block_bytes(coding, static_cast<std::uint32_t>(block.size())) ||
      !std::all_of(block.begin(), block.end(), is_finite)) {
    return false;
  }
  switch (coding) {
  case Coding::kFloat32:
    encode_float32(block, to.data());
    break;
  case Coding::kInt8:
    encode_int8(block, to.data());
    break;
  case Coding::kInt4:
    encode_int4(block, to.data());
    break;
  case Coding::kOneBit:
    encode_one_bit(block, to.data());
    break;
  case Coding::kTopK:
    encode_top_k(block, to.data());
    break;
  }
  return true;
}

bool decode_block(Coding coding, ByteView from, std::span<float> block) {
  if (from.size() != coded_block_bytes(coding, static_cast<std::uint32_t>(block.size()))) {
    return false;
  }
  if (coding == Coding::kFloat32) {
    return decode_float32(from.data(), block);
  }
  const float scale = take_scale(from.data());
  if (!is_finite(scale * largest_code(coding))) {
    return false;
  }
  const std::uint8_t *const codes = from.data() + kScaleBytes;
  switch (coding) {
  case Coding::kInt8:
    decode_int8(codes, scale, block);
    return true;
  case Coding::kInt4:
    decode_int4(codes, scale, block);
    return true;
  case Coding::kOneBit:
    decode_one_bit(codes, scale, block);
    return true;
  default:
    return decode_top_k(codes, scale, block);
  }
}

std::string_view coding_name(Coding coding) {
  const auto index = static_cast<std::size_t>(coding);
  return index < std::size(kNames) ? kNames[index] : std::string_view();
}

bool find_coding(std::string_view name, Coding &coding) {
  const auto *const found = std::find(std::begin(kNames), std::end(kNames), name);
  if (found == std::end(kNames)) {
    return false;
  }
  coding = static_cast<Coding>(found - std::begin(kNames));
  return true;
}

} // namespace tinyml::training
