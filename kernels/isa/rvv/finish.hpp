// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/arithmetic.hpp"
#include "kernels/isa/plain_finish.hpp"
#include "kernels/isa/plain_products.hpp"
#include "kernels/isa/rvv/instructions.hpp"

/// From sums to output elements.
namespace tinyml::kernels::isa {
namespace rvv {

/// Tables of up to sixteen neighbouring channels, with one entry a channel.
struct Tables {
  const std::int32_t *bias;
  const std::int32_t *multipliers;
  const std::int8_t *shifts;
};

/// An arithmetic's tables; one entry for all is written out once for each channel.
template <typename Arithmetic> class ChannelTables {
public:
  ChannelTables(const Arithmetic &arithmetic, int channel)
      : tables_{arithmetic.bias + channel, arithmetic.multipliers + channel,
                arithmetic.shifts + channel} {
    if (arithmetic.table_step == 0) {
      for (int i = 0; i < kChannels; ++i) {
        multipliers_[i] = arithmetic.multipliers[0];
        shifts_[i] = arithmetic.shifts[0];
      }
      tables_.multipliers = multipliers_;
      tables_.shifts = shifts_;
    }
  }
  [[nodiscard]] const Tables &get() const { return tables_; }

private:
  static constexpr int kChannels = 16;
  Tables tables_;
  std::int32_t multipliers_[kChannels];
  std::int8_t shifts_[kChannels];
};

/// The last steps for `count` channels: zero point, range, bytes. Sums are in v8 to v11 as 32 bits,
/// the arithmetic's numbers in registers.
#define TINYML_RVV_STORE                                                                           \
  "vadd.vx v8, v8, %[zero]\n"                                                                      \
  "vmax.vx v8, v8, %[low]\n"                                                                       \
  "vmin.vx v8, v8, %[high]\n"                                                                      \
  "vsetvli zero, %[count], e16, m2, ta, ma\n"                                                      \
  "vnsrl.wi v4, v8, 0\n"                                                                           \
  "vsetvli zero, %[count], e8, m1, ta, ma\n"                                                       \
  "vnsrl.wi v2, v4, 0\n"                                                                           \
  "vse8.v v2, (%[output])\n"
#define TINYML_RVV_NUMBERS                                                                         \
  [bias] "r"(tables.bias), [multipliers] "r"(tables.multipliers), [shifts] "r"(tables.shifts),     \
      [zero] "r"(long{arithmetic.output_zero_point}), [low] "r"(long{arithmetic.low}),             \
      [high] "r"(long{arithmetic.high}), [count] "r"(count)

/// `positions` times the same channels. vsmul is the doubling multiplication; vssra rounds halves
/// up, so what is negative is made one smaller before.
inline void finish_rows(const generic::Int8Arithmetic &arithmetic, const Tables &tables,
                        const std::int32_t *sums, long count, long positions, std::int8_t *output,
                        long step) {
  __asm__ volatile(TINYML_RVV("csrwi vxrm, 0\n"
                              "vsetvli zero, %[count], e32, m4, ta, ma\n"
                              "vle32.v v16, (%[bias])\n"
                              "vle32.v v20, (%[multipliers])\n"
                              "vle8.v v2, (%[shifts])\n"
                              "vsext.vf4 v24, v2\n"
                              "vadd.vi v24, v24, 1\n"
                              "1: vle32.v v8, (%[sums])\n"
                              "vadd.vv v8, v8, v16\n"
                              "vsmul.vv v8, v8, v20\n"
                              "vsra.vi v12, v8, 31\n"
                              "vadd.vv v8, v8, v12\n"
                              "vssra.vv v8, v8, v24\n" TINYML_RVV_STORE
                              "addi %[sums], %[sums], 64\n"
                              "add %[output], %[output], %[step]\n"
                              "addi %[positions], %[positions], -1\n"
                              "vsetvli zero, %[count], e32, m4, ta, ma\n"
                              "bnez %[positions], 1b\n")
                   : [sums] "+r"(sums), [output] "+r"(output), [positions] "+r"(positions)
                   : TINYML_RVV_NUMBERS, [step] "r"(step)
                   : "memory");
}

/// Shifts in either direction; without one to the right nothing is rounded.
inline void finish_rows(const generic::Int8WideArithmetic &arithmetic, const Tables &tables,
                        const std::int32_t *sums, long count, long positions, std::int8_t *output,
                        long step) {
  __asm__ volatile(TINYML_RVV("csrwi vxrm, 0\n"
                              "vsetvli zero, %[count], e32, m4, ta, ma\n"
                              "vle32.v v16, (%[bias])\n"
                              "vle32.v v20, (%[multipliers])\n"
                              "vle8.v v2, (%[shifts])\n"
                              "vsext.vf4 v24, v2\n"
                              "vmax.vx v28, v24, zero\n" // to the left
                              "vrsub.vi v24, v24, 0\n"
                              "vmax.vx v24, v24, zero\n" // to the right
                              "1: vle32.v v8, (%[sums])\n"
                              "vadd.vv v8, v8, v16\n"
                              "vsll.vv v8, v8, v28\n"
                              "vsmul.vv v8, v8, v20\n"
                              "vrsub.vi v12, v24, 0\n" // negative where something is rounded
                              "vand.vv v12, v12, v8\n"
                              "vsra.vi v12, v12, 31\n"
                              "vadd.vv v8, v8, v12\n"
                              "vssra.vv v8, v8, v24\n" TINYML_RVV_STORE
                              "addi %[sums], %[sums], 64\n"
                              "add %[output], %[output], %[step]\n"
                              "addi %[positions], %[positions], -1\n"
                              "vsetvli zero, %[count], e32, m4, ta, ma\n"
                              "bnez %[positions], 1b\n")
                   : [sums] "+r"(sums), [output] "+r"(output), [positions] "+r"(positions)
                   : TINYML_RVV_NUMBERS, [step] "r"(step)
                   : "memory");
}

#undef TINYML_RVV_STORE
#undef TINYML_RVV_NUMBERS

} // namespace rvv

inline void finish_tile(const generic::FloatArithmetic &arithmetic, const Sums<float, 1, 4> &sums,
                        int channel, int count, int positions, float *output, int step) {
  finish_tile_plain(arithmetic, sums, channel, count, positions, output, step);
}

template <typename Arithmetic, typename Sums>
inline void finish_tile(const Arithmetic &arithmetic, const Sums &sums, int channel, int count,
                        int positions, std::int8_t *output, int step) {
  static_assert(Sums::kOutputs == 16, "a row of sums is 64 bytes");
  const rvv::ChannelTables<Arithmetic> tables(arithmetic, channel);
  rvv::finish_rows(arithmetic, tables.get(), sums.at[0], count, positions, output, step);
}

} // namespace tinyml::kernels::isa
