// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/dsp/instructions.hpp"
#include "kernels/isa/dsp/packing.hpp"
#include "kernels/isa/plain_products.hpp"

/// Products of patches with filters: the vocabulary of convolutions and fully connected layers.
namespace tinyml::kernels::isa {

inline constexpr Packing kPacking = dsp::kPacking;

template <typename T> class Patches : public PlainPatches<T, 1, 4> {
public:
  using PlainPatches<T, 1, 4>::PlainPatches;
};
template <typename T> class Row : public PlainRow<T, 4> {
public:
  using PlainRow<T, 4>::PlainRow;
};

namespace dsp {

/// One filter at four positions.
struct FourSums {
  std::int32_t a, b, c, d;
};

/// bias + the products with one filter. Held inputs: a block of four lies as four words with the
/// inputs 0 and 2 of each position, then four words with 1 and 3.
inline FourSums multiply_blocks(const std::uint32_t *held, const std::int8_t *weights, int blocks,
                                std::int32_t bias) {
  std::int32_t a = bias;
  std::int32_t b = bias;
  std::int32_t c = bias;
  std::int32_t d = bias;
#if defined(__ARM_FEATURE_DSP)
#define TINYML_BLOCK                                                                               \
  "ldr %[word], [%[weights]], #4\n\t"                                                              \
  "ldmia %[held]!, {r4, r5, r6, r8}\n\t"                                                           \
  "sxtb16 %[pair], %[word]\n\t"                                                                    \
  "smlad %[a], %[pair], r4, %[a]\n\t"                                                              \
  "smlad %[b], %[pair], r5, %[b]\n\t"                                                              \
  "smlad %[c], %[pair], r6, %[c]\n\t"                                                              \
  "smlad %[d], %[pair], r8, %[d]\n\t"                                                              \
  "ldmia %[held]!, {r4, r5, r6, r8}\n\t"                                                           \
  "sxtb16 %[pair], %[word], ror #8\n\t"                                                            \
  "smlad %[a], %[pair], r4, %[a]\n\t"                                                              \
  "smlad %[b], %[pair], r5, %[b]\n\t"                                                              \
  "smlad %[c], %[pair], r6, %[c]\n\t"                                                              \
  "smlad %[d], %[pair], r8, %[d]\n\t"
  std::uint32_t word;
  std::uint32_t pair;
  // Two blocks a turn; an odd one goes first, by a jump into the middle.
  __asm__ volatile(
      "lsrs %[blocks], %[blocks], #1\n\t"
      "bcs 2f\n\t"
      "1:\n\t" TINYML_BLOCK "subs %[blocks], %[blocks], #1\n\t"
      "2:\n\t" TINYML_BLOCK "cmp %[blocks], #0\n\t"
      "bgt 1b\n\t"
      : [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d), [held] "+r"(held),
        [weights] "+r"(weights), [blocks] "+r"(blocks), [word] "=&r"(word), [pair] "=&r"(pair)
      :
      : "r4", "r5", "r6", "r8", "cc", "memory");
#undef TINYML_BLOCK
#else
  for (; blocks > 0; --blocks, weights += 4, held += 8) {
    const std::uint32_t word = load_word(weights);
    const std::uint32_t even = widen_even(word);
    const std::uint32_t odd = widen_odd(word);
    a = multiply_pair(multiply_pair(a, even, held[0]), odd, held[4]);
    b = multiply_pair(multiply_pair(b, even, held[1]), odd, held[5]);
    c = multiply_pair(multiply_pair(c, even, held[2]), odd, held[6]);
    d = multiply_pair(multiply_pair(d, even, held[3]), odd, held[7]);
  }
#endif
  return {a, b, c, d};
}

} // namespace dsp

/// Four positions, held as 16-bit halves.
template <> class Patches<std::int8_t> {
public:
  static constexpr int kPositions = 4;
  static constexpr int kOutputs = 1;
  using TileSums = Sums<std::int32_t, kPositions, kOutputs>;

  Patches(void *scratch, int depth) : held_(static_cast<std::int16_t *>(scratch)), depth_(depth) {}

  void put(int position, int at, const std::int8_t *from, int count) {
    std::int16_t *to = half(position, at);
    for (; count > 0 && (at & 3) != 0; --count) {
      *to = *from++;
      to += step_from(at++);
    }
    for (; count >= 4; count -= 4, at += 4, from += 4, to += 16) {
      const std::uint32_t word = dsp::load_word(from);
      auto *words = reinterpret_cast<std::uint32_t *>(to);
      words[0] = dsp::widen_even(word);
      words[4] = dsp::widen_odd(word);
    }
    for (; count > 0; --count) {
      *to = *from++;
      to += step_from(at++);
    }
  }
  void fill(int position, int at, std::int8_t value, int count) {
    std::int16_t *to = half(position, at);
    for (; count > 0; --count) {
      *to = value;
      to += step_from(at++);
    }
  }
  void multiply(TileSums &sums, const std::int8_t *weights, int /*positions*/) const {
    const dsp::FourSums four = multiply(weights, 0);
    sums = {{{four.a}, {four.b}, {four.c}, {four.d}}};
  }
  [[nodiscard]] dsp::FourSums multiply(const std::int8_t *weights, std::int32_t bias) const {
    return dsp::multiply_blocks(reinterpret_cast<const std::uint32_t *>(held_), weights,
                                depth_ >> 2, bias);
  }
  [[nodiscard]] int tile_step() const { return depth_; }

private:
  /// Where an input lies: a block of four inputs takes 16 halves.
  [[nodiscard]] std::int16_t *half(int position, int at) const {
    return held_ + (at >> 2) * 16 + (at & 1) * 8 + position * 2 + ((at >> 1) & 1);
  }
  /// From one input of a position to its next.
  [[nodiscard]] static int step_from(int at) { return (at & 1) == 0 ? 8 : (at & 2) != 0 ? 7 : -7; }

  std::int16_t *held_;
  int depth_;
};

/// Four filters at once; the row is widened anew for each of them, which needs no memory.
template <> class Row<std::int8_t> {
public:
  static constexpr int kOutputs = 4;
  using TileSums = Sums<std::int32_t, 1, kOutputs>;

  Row(const std::int8_t *input, int depth, void * /*scratch*/) : input_(input), depth_(depth) {}

  void multiply(TileSums &sums, const std::int8_t *weights, int /*positions*/) const {
    std::int32_t(&sum)[4] = sums.at[0];
    std::int32_t a = 0;
    std::int32_t b = 0;
    std::int32_t c = 0;
    std::int32_t d = 0;
    const std::int8_t *x = input_;
    const auto add = [&](std::uint32_t word) {
      const std::uint32_t even = dsp::widen_even(word);
      const std::uint32_t odd = dsp::widen_odd(word);
      const auto *w = reinterpret_cast<const std::uint32_t *>(weights);
      a = dsp::multiply_pair(a, even, dsp::widen_even(w[0]));
      b = dsp::multiply_pair(b, even, dsp::widen_even(w[1]));
      c = dsp::multiply_pair(c, even, dsp::widen_even(w[2]));
      d = dsp::multiply_pair(d, even, dsp::widen_even(w[3]));
      a = dsp::multiply_pair(a, odd, dsp::widen_odd(w[0]));
      b = dsp::multiply_pair(b, odd, dsp::widen_odd(w[1]));
      c = dsp::multiply_pair(c, odd, dsp::widen_odd(w[2]));
      d = dsp::multiply_pair(d, odd, dsp::widen_odd(w[3]));
      weights += 16;
    };
    for (int blocks = depth_ >> 2; blocks > 0; --blocks, x += 4) {
      add(dsp::load_word(x));
    }
    if ((depth_ & 3) != 0) {
      std::uint32_t rest = 0;
      std::memcpy(&rest, x, static_cast<std::size_t>(depth_ & 3));
      add(rest);
    }
    sum[0] = a;
    sum[1] = b;
    sum[2] = c;
    sum[3] = d;
  }
  [[nodiscard]] int tile_step() const { return (depth_ + 3) / 4 * 16; }

private:
  const std::int8_t *input_;
  int depth_;
};

} // namespace tinyml::kernels::isa
