// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/arithmetic.hpp"
#include "kernels/isa/plain_finish.hpp"
#include "kernels/isa/plain_products.hpp"

#include <arm_mve.h>

/// From sums to output elements.
namespace tinyml::kernels::isa {
namespace mve {

/// What belongs to four neighbouring channels; nothing is read behind `count`.
template <typename Arithmetic> struct FourChannels {
  mve_pred16_t inside;
  int32x4_t bias, multipliers, shifts;

  FourChannels(const Arithmetic &arithmetic, int channel, int count)
      : inside(vctp32q(static_cast<std::uint32_t>(count))),
        bias(vldrwq_z_s32(arithmetic.bias + channel, inside)) {
    if (arithmetic.table_step != 0) {
      multipliers = vldrwq_z_s32(arithmetic.multipliers + channel, inside);
      shifts = vldrbq_z_s32(arithmetic.shifts + channel, inside);
    } else {
      multipliers = vdupq_n_s32(arithmetic.multipliers[0]);
      shifts = vdupq_n_s32(arithmetic.shifts[0]);
    }
  }
};

/// Divides by powers of two (negative shifts; 0 leaves a lane alone), halves away from zero: what
/// is negative is made one smaller before the instruction rounds halves up.
[[nodiscard]] inline int32x4_t divide(int32x4_t x, int32x4_t shifts) {
  const int32x4_t nudge = vandq_s32(vshrq_n_s32(x, 31), vshrq_n_s32(shifts, 31));
  return vrshlq_s32(vaddq_s32(x, nudge), shifts);
}

[[nodiscard]] inline int32x4_t rescale(const FourChannels<generic::Int8Arithmetic> &four,
                                       int32x4_t sums) {
  return divide(vqrdmulhq_s32(sums, four.multipliers), vsubq_s32(vdupq_n_s32(-1), four.shifts));
}
[[nodiscard]] inline int32x4_t rescale(const FourChannels<generic::Int8WideArithmetic> &four,
                                       int32x4_t sums) {
  const int32x4_t none = vdupq_n_s32(0);
  const int32x4_t grown = vshlq_s32(sums, vmaxq_s32(four.shifts, none));
  return divide(vqrdmulhq_s32(grown, four.multipliers), vminq_s32(four.shifts, none));
}

/// Four neighbouring channels of one position; `sums` hold no bias yet.
template <typename Arithmetic>
inline void finish_four(const Arithmetic &arithmetic, int32x4_t sums, int channel, int count,
                        std::int8_t *output) {
  const FourChannels<Arithmetic> four(arithmetic, channel, count);
  int32x4_t result = rescale(four, vaddq_s32(sums, four.bias));
  result = vaddq_n_s32(result, arithmetic.output_zero_point);
  result = vmaxq_s32(result, vdupq_n_s32(arithmetic.low));
  result = vminq_s32(result, vdupq_n_s32(arithmetic.high));
  vstrbq_p_s32(output, result, four.inside);
}

} // namespace mve

inline void finish_tile(const generic::FloatArithmetic &arithmetic, const Sums<float, 1, 4> &sums,
                        int channel, int count, int positions, float *output, int step) {
  finish_tile_plain(arithmetic, sums, channel, count, positions, output, step);
}

template <typename Arithmetic, typename Sums>
inline void finish_tile(const Arithmetic &arithmetic, const Sums &sums, int channel, int count,
                        int /*positions*/, std::int8_t *output, int /*step*/) {
  static_assert(Sums::kPositions == 1 && Sums::kOutputs == 4, "one vector of sums");
  mve::finish_four(arithmetic, vldrwq_s32(sums.at[0]), channel, count, output);
}

} // namespace tinyml::kernels::isa
