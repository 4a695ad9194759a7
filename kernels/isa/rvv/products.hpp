// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/plain_products.hpp"
#include "kernels/isa/rvv/instructions.hpp"
#include "kernels/isa/rvv/packing.hpp"

/// Products of patches with filters: the vocabulary of convolutions and fully connected layers.
namespace tinyml::kernels::isa {

inline constexpr Packing kPacking = rvv::kPacking;

template <typename T> class Patches : public PlainPatches<T, 1, 4> {
public:
  using PlainPatches<T, 1, 4>::PlainPatches;
};
template <typename T> class Row : public PlainRow<T, 4> {
public:
  using PlainRow<T, 4>::PlainRow;
};

namespace rvv {

inline constexpr int kFilters = 16;
inline constexpr int kBlock = 4; ///< inputs of a filter that lie side by side

inline void copy(std::int8_t *to, const std::int8_t *from, int count) {
  long left = count;
  long part;
  __asm__ volatile(TINYML_RVV("1: vsetvli %[part], %[left], e8, m8, ta, ma\n"
                              "vle8.v v8, (%[from])\n"
                              "sub %[left], %[left], %[part]\n"
                              "add %[from], %[from], %[part]\n"
                              "vse8.v v8, (%[to])\n"
                              "add %[to], %[to], %[part]\n"
                              "bnez %[left], 1b\n")
                   : [to] "+r"(to), [from] "+r"(from), [left] "+r"(left), [part] "=&r"(part)
                   :
                   : "memory");
}

inline void set(std::int8_t *to, std::int8_t value, int count) {
  long left = count;
  long part;
  __asm__ volatile(TINYML_RVV("1: vsetvli %[part], %[left], e8, m8, ta, ma\n"
                              "vmv.v.x v8, %[value]\n"
                              "sub %[left], %[left], %[part]\n"
                              "vse8.v v8, (%[to])\n"
                              "add %[to], %[to], %[part]\n"
                              "bnez %[left], 1b\n")
                   : [to] "+r"(to), [left] "+r"(left), [part] "=&r"(part)
                   : [value] "r"(long{value})
                   : "memory");
}

/// sums[position][filter] of four patches, `step` inputs apart, with sixteen filters. A block of
/// weights is fetched taken apart: the first weights of all filters, the second ones, and so on.
inline void multiply_four(std::int32_t *sums, const std::int8_t *x, long step,
                          const std::int8_t *weights, const std::int8_t *weights_end) {
  const std::int8_t *b = x + step;
  const std::int8_t *c = b + step;
  const std::int8_t *d = c + step;
  long s, t, u, v;
  __asm__ volatile(TINYML_RVV("vsetivli zero, 16, e32, m4, ta, ma\n"
                              "vmv.v.i v8, 0\n"
                              "vmv.v.i v12, 0\n"
                              "vmv.v.i v16, 0\n"
                              "vmv.v.i v20, 0\n"
                              "vsetivli zero, 16, e16, m2, ta, ma\n"
                              "1: vlseg4e8.v v4, (%[w])\n"
                              "addi %[w], %[w], 64\n"
                              ".macro tinyml_rvv_input at, from\n"
                              "vsext.vf2 v2, \\from\n"
                              "lb %[s], \\at(%[a])\n"
                              "lb %[t], \\at(%[b])\n"
                              "lb %[u], \\at(%[c])\n"
                              "lb %[v], \\at(%[d])\n"
                              "vwmacc.vx v8, %[s], v2\n"
                              "vwmacc.vx v12, %[t], v2\n"
                              "vwmacc.vx v16, %[u], v2\n"
                              "vwmacc.vx v20, %[v], v2\n"
                              ".endm\n"
                              "tinyml_rvv_input 0, v4\n"
                              "tinyml_rvv_input 1, v5\n"
                              "tinyml_rvv_input 2, v6\n"
                              "tinyml_rvv_input 3, v7\n"
                              ".purgem tinyml_rvv_input\n"
                              "addi %[a], %[a], 4\n"
                              "addi %[b], %[b], 4\n"
                              "addi %[c], %[c], 4\n"
                              "addi %[d], %[d], 4\n"
                              "bne %[w], %[end], 1b\n"
                              "vsetivli zero, 16, e32, m4, ta, ma\n"
                              "vse32.v v8, (%[sums])\n"
                              "addi %[a], %[sums], 64\n"
                              "vse32.v v12, (%[a])\n"
                              "addi %[b], %[sums], 128\n"
                              "vse32.v v16, (%[b])\n"
                              "addi %[c], %[sums], 192\n"
                              "vse32.v v20, (%[c])\n")
                   : [a] "+r"(x), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d), [w] "+r"(weights),
                     [s] "=&r"(s), [t] "=&r"(t), [u] "=&r"(u), [v] "=&r"(v)
                   : [sums] "r"(sums), [end] "r"(weights_end)
                   : "memory");
}

/// sums[filter] += one patch of whole blocks, at least one, with sixteen filters.
inline void multiply_one(std::int32_t *sums, const std::int8_t *x, const std::int8_t *weights,
                         const std::int8_t *weights_end) {
  long s, t, u, v;
  __asm__ volatile(
      TINYML_RVV("vsetivli zero, 16, e32, m4, ta, ma\n"
                 "vle32.v v8, (%[sums])\n"
                 "vsetivli zero, 16, e16, m2, ta, ma\n"
                 "1: vlseg4e8.v v4, (%[w])\n"
                 "addi %[w], %[w], 64\n"
                 "lb %[s], 0(%[x])\n"
                 "lb %[t], 1(%[x])\n"
                 "lb %[u], 2(%[x])\n"
                 "lb %[v], 3(%[x])\n"
                 "addi %[x], %[x], 4\n"
                 "vsext.vf2 v2, v4\n"
                 "vwmacc.vx v8, %[s], v2\n"
                 "vsext.vf2 v2, v5\n"
                 "vwmacc.vx v8, %[t], v2\n"
                 "vsext.vf2 v2, v6\n"
                 "vwmacc.vx v8, %[u], v2\n"
                 "vsext.vf2 v2, v7\n"
                 "vwmacc.vx v8, %[v], v2\n"
                 "bne %[w], %[end], 1b\n"
                 "vsetivli zero, 16, e32, m4, ta, ma\n"
                 "vse32.v v8, (%[sums])\n")
      : [x] "+r"(x), [w] "+r"(weights), [s] "=&r"(s), [t] "=&r"(t), [u] "=&r"(u), [v] "=&r"(v)
      : [sums] "r"(sums), [end] "r"(weights_end)
      : "memory");
}

} // namespace rvv

/// Four positions, held as they are; what pads them meets weights of zero.
template <> class Patches<std::int8_t> {
public:
  static constexpr int kPositions = 4;
  static constexpr int kOutputs = rvv::kFilters;
  using TileSums = Sums<std::int32_t, kPositions, kOutputs>;

  Patches(void *scratch, int depth) : held_(static_cast<std::int8_t *>(scratch)), depth_(depth) {}

  void put(int position, int at, const std::int8_t *from, int count) {
    if (count > 0) {
      rvv::copy(held_ + position * depth_ + at, from, count);
    }
  }
  void fill(int position, int at, std::int8_t value, int count) {
    if (count > 0) {
      rvv::set(held_ + position * depth_ + at, value, count);
    }
  }
  /// All four, whatever the last ones hold.
  void multiply(TileSums &sums, const std::int8_t *weights, int /*positions*/) const {
    rvv::multiply_four(sums.at[0], held_, depth_, weights, weights + tile_step());
  }
  [[nodiscard]] int tile_step() const { return depth_ * kOutputs; }

private:
  std::int8_t *held_;
  int depth_;
};

/// The row is read where it lies, and nothing behind it.
template <> class Row<std::int8_t> {
public:
  static constexpr int kOutputs = rvv::kFilters;
  using TileSums = Sums<std::int32_t, 1, kOutputs>;

  Row(const std::int8_t *input, int depth, void * /*scratch*/) : input_(input), depth_(depth) {}

  void multiply(TileSums &sums, const std::int8_t *weights, int /*positions*/) const {
    const int whole = depth_ / rvv::kBlock * rvv::kBlock;
    const std::int8_t *whole_end = weights + whole * kOutputs;
    sums = {};
    if (whole > 0) {
      rvv::multiply_one(sums.at[0], input_, weights, whole_end);
    }
    if (whole < depth_) {
      std::int8_t last[rvv::kBlock] = {};
      for (int i = whole; i < depth_; ++i) {
        last[i - whole] = input_[i];
      }
      rvv::multiply_one(sums.at[0], last, whole_end, whole_end + rvv::kBlock * kOutputs);
    }
  }
  [[nodiscard]] int tile_step() const { return rvv::kPacking.int8_row.padded(depth_) * kOutputs; }

private:
  const std::int8_t *input_;
  int depth_;
};

} // namespace tinyml::kernels::isa
