// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/mve/packing.hpp"
#include "kernels/isa/plain_products.hpp"

#include <arm_mve.h>

/// Products of patches with filters: the vocabulary of convolutions and fully connected layers.
namespace tinyml::kernels::isa {

inline constexpr Packing kPacking = mve::kPacking;

template <typename T> class Patches : public PlainPatches<T, 1, 4> {
public:
  using PlainPatches<T, 1, 4>::PlainPatches;
};
template <typename T> class Row : public PlainRow<T, 4> {
public:
  using PlainRow<T, 4>::PlainRow;
};

namespace mve {

inline constexpr int kBytes = 16;

/// The sums of four filters, whose blocks of sixteen weights follow each other. Ten instructions a
/// block; the compiler takes half as many again.
struct FourFilters {
  std::int32_t a = 0;
  std::int32_t b = 0;
  std::int32_t c = 0;
  std::int32_t d = 0;

  void add_blocks(const std::int8_t *x, const std::int8_t *weights, int blocks) {
    __asm__ volatile("dls lr, %[blocks]\n\t"
                     "1:\n\t"
                     "vldrb.8 q0, [%[x]], #16\n\t"
                     "vldrb.8 q1, [%[weights]], #16\n\t"
                     "vmladava.s8 %[a], q0, q1\n\t"
                     "vldrb.8 q2, [%[weights]], #16\n\t"
                     "vmladava.s8 %[b], q0, q2\n\t"
                     "vldrb.8 q1, [%[weights]], #16\n\t"
                     "vmladava.s8 %[c], q0, q1\n\t"
                     "vldrb.8 q2, [%[weights]], #16\n\t"
                     "vmladava.s8 %[d], q0, q2\n\t"
                     "le lr, 1b\n\t"
                     : [a] "+Te"(a), [b] "+Te"(b), [c] "+Te"(c), [d] "+Te"(d), [x] "+r"(x),
                       [weights] "+r"(weights)
                     : [blocks] "r"(blocks)
                     : "lr", "q0", "q1", "q2", "memory");
  }
  void add(int8x16_t x, const std::int8_t *weights) {
    a = vmladavaq_s8(a, x, vldrbq_s8(weights));
    b = vmladavaq_s8(b, x, vldrbq_s8(weights + kBytes));
    c = vmladavaq_s8(c, x, vldrbq_s8(weights + 2 * kBytes));
    d = vmladavaq_s8(d, x, vldrbq_s8(weights + 3 * kBytes));
  }
  void store(std::int32_t (&to)[4]) const {
    to[0] = a;
    to[1] = b;
    to[2] = c;
    to[3] = d;
  }
};

} // namespace mve

/// One position, held as it is; what pads it meets weights of zero.
template <> class Patches<std::int8_t> {
public:
  static constexpr int kPositions = 1;
  static constexpr int kOutputs = 4;
  using TileSums = Sums<std::int32_t, kPositions, kOutputs>;

  Patches(void *scratch, int depth) : held_(static_cast<std::int8_t *>(scratch)), depth_(depth) {}

  void put(int /*position*/, int at, const std::int8_t *from, int count) {
    std::int8_t *to = held_ + at;
    for (; count >= mve::kBytes; count -= mve::kBytes) {
      vstrbq_s8(to, vldrbq_s8(from));
      to += mve::kBytes;
      from += mve::kBytes;
    }
    if (count > 0) {
      const mve_pred16_t inside = vctp8q(static_cast<std::uint32_t>(count));
      vstrbq_p_s8(to, vldrbq_z_s8(from, inside), inside);
    }
  }
  void fill(int /*position*/, int at, std::int8_t value, int count) {
    for (std::int8_t *to = held_ + at; count > 0; count -= mve::kBytes, to += mve::kBytes) {
      vstrbq_p_s8(to, vdupq_n_s8(value), vctp8q(static_cast<std::uint32_t>(count)));
    }
  }
  void multiply(TileSums &sums, const std::int8_t *weights, int /*positions*/) const {
    mve::FourFilters filters;
    filters.add_blocks(held_, weights, depth_ / mve::kBytes);
    filters.store(sums.at[0]);
  }
  [[nodiscard]] int tile_step() const { return depth_ * kOutputs; }

private:
  std::int8_t *held_;
  int depth_;
};

/// The row is read where it lies, and nothing behind it.
template <> class Row<std::int8_t> {
public:
  static constexpr int kOutputs = 4;
  using TileSums = Sums<std::int32_t, 1, kOutputs>;

  Row(const std::int8_t *input, int depth, void * /*scratch*/) : input_(input), depth_(depth) {}

  void multiply(TileSums &sums, const std::int8_t *weights, int /*positions*/) const {
    mve::FourFilters filters;
    const int blocks = depth_ / mve::kBytes;
    if (blocks > 0) {
      filters.add_blocks(input_, weights, blocks);
    }
    const int left = depth_ % mve::kBytes;
    if (left > 0) {
      filters.add(
          vldrbq_z_s8(input_ + blocks * mve::kBytes, vctp8q(static_cast<std::uint32_t>(left))),
          weights + blocks * 4 * mve::kBytes);
    }
    filters.store(sums.at[0]);
  }
  [[nodiscard]] int tile_step() const { return mve::kPacking.int8_row.padded(depth_) * kOutputs; }

private:
  const std::int8_t *input_;
  int depth_;
};

} // namespace tinyml::kernels::isa
