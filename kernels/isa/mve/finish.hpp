// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/arithmetic.hpp"
#include "kernels/isa/plain_finish.hpp"
#include "kernels/isa/plain_products.hpp"

#include <arm_mve.h>

/// From sums to output elements.
namespace tinyml::kernels::isa {
namespace mve {

/// What belongs to four neighbouring channels.
struct FourChannels {
  int32x4_t bias, multipliers, shifts;
};

/// One entry an output channel, or one for all.
template <typename Arithmetic>
[[nodiscard]] inline FourChannels one_for_all(const Arithmetic &arithmetic, int32x4_t bias) {
  return {bias, vdupq_n_s32(arithmetic.multipliers[0]), vdupq_n_s32(arithmetic.shifts[0])};
}
template <typename Arithmetic>
[[nodiscard]] inline FourChannels whole_channels(const Arithmetic &arithmetic, int channel) {
  const int32x4_t bias = vldrwq_s32(arithmetic.bias + channel);
  if (arithmetic.table_step == 0) {
    return one_for_all(arithmetic, bias);
  }
  return {bias, vldrwq_s32(arithmetic.multipliers + channel),
          vldrbq_s32(arithmetic.shifts + channel)};
}
/// The last channels, when they are fewer than four: nothing is read behind them.
template <typename Arithmetic>
[[nodiscard]] inline FourChannels last_channels(const Arithmetic &arithmetic, int channel,
                                                mve_pred16_t inside) {
  const int32x4_t bias = vldrwq_z_s32(arithmetic.bias + channel, inside);
  if (arithmetic.table_step == 0) {
    return one_for_all(arithmetic, bias);
  }
  return {bias, vldrwq_z_s32(arithmetic.multipliers + channel, inside),
          vldrbq_z_s32(arithmetic.shifts + channel, inside)};
}

/// Divides by powers of two (negative shifts; 0 leaves a lane alone), halves away from zero: what
/// is negative is made one smaller before the instruction rounds halves up.
[[nodiscard]] inline int32x4_t divide(int32x4_t x, int32x4_t shifts) {
  const int32x4_t nudge = vandq_s32(vshrq_n_s32(x, 31), vshrq_n_s32(shifts, 31));
  return vrshlq_s32(vaddq_s32(x, nudge), shifts);
}

[[nodiscard]] inline int32x4_t rescale(const generic::Int8Arithmetic & /*only its type*/,
                                       const FourChannels &four, int32x4_t sums) {
  const int32x4_t scaled = vqrdmulhq_s32(sums, four.multipliers);
  const int32x4_t nudged = vaddq_s32(scaled, vshrq_n_s32(scaled, 31));
  return vrshlq_s32(nudged, vmvnq_s32(four.shifts)); // -1 - shift
}
[[nodiscard]] inline int32x4_t rescale(const generic::Int8WideArithmetic & /*only its type*/,
                                       const FourChannels &four, int32x4_t sums) {
  const int32x4_t none = vdupq_n_s32(0);
  const int32x4_t grown = vshlq_s32(sums, vmaxq_s32(four.shifts, none));
  return divide(vqrdmulhq_s32(grown, four.multipliers), vminq_s32(four.shifts, none));
}

template <typename Arithmetic>
[[nodiscard]] inline int32x4_t finish(const Arithmetic &arithmetic, const FourChannels &four,
                                      int32x4_t sums) {
  const int32x4_t result = vaddq_n_s32(rescale(arithmetic, four, vaddq_s32(sums, four.bias)),
                                       arithmetic.output_zero_point);
  return vminq_s32(vmaxq_s32(result, vdupq_n_s32(arithmetic.low)), vdupq_n_s32(arithmetic.high));
}

/// Up to four neighbouring channels of one position; `sums` hold no bias yet.
template <typename Arithmetic>
inline void finish_four(const Arithmetic &arithmetic, int32x4_t sums, int channel, int count,
                        std::int8_t *output) {
  if (count >= 4) {
    vstrbq_s32(output, finish(arithmetic, whole_channels(arithmetic, channel), sums));
    return;
  }
  const mve_pred16_t inside = vctp32q(static_cast<std::uint32_t>(count));
  vstrbq_p_s32(output, finish(arithmetic, last_channels(arithmetic, channel, inside), sums),
               inside);
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
