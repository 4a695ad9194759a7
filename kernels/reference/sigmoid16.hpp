// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Sigmoid and tanh of int16, by one table of sigmoid(i / 24) with 16 fraction bits and linear
/// interpolation: tanh(x) = 2 sigmoid(2 x) - 1. Bit for bit that of TensorFlow Lite Micro's
/// reference kernels. Freestanding.
namespace tinyml::kernels {

struct SigmoidTable {
  std::uint16_t at[256];
};

/// Each entry lies half of the largest interpolation error behind it above the function.
[[nodiscard]] constexpr SigmoidTable make_sigmoid_table() {
  constexpr double kStep = 0.95918945710913145;     // exp(-1 / 24)
  constexpr double kHalfStep = 0.97938218132690606; // exp(-1 / 48)
  SigmoidTable table{};
  double power = 1; // exp(-i / 24)
  for (int i = 0; i < 255; ++i, power *= kStep) {
    const double here = 65536 / (1 + power);
    const double middle = 65536 / (1 + power * kHalfStep);
    const double next = 65536 / (1 + power * kStep);
    table.at[i] = static_cast<std::uint16_t>(here + (middle - (here + next) / 2) / 2 + 0.5);
  }
  table.at[255] = 65535;
  return table;
}

inline constexpr SigmoidTable kSigmoidTable = make_sigmoid_table();

/// How codes become the table's steps of 1 / (3 * 4096): times `multiplier`, shifted right by
/// `shift`, rounded.
struct SigmoidInput {
  std::int32_t multiplier;
  std::int32_t shift;
};

/// Within a thousandth of a power of two, as scales of that kind are recognised.
[[nodiscard]] constexpr bool is_close(float scale, float power_of_two) {
  return scale > power_of_two * 0.99930709F && scale < power_of_two * 1.00069339F;
}

/// A scale of 2^-12 (for tanh 2^-11 as well) needs no shift. Scales are below kLargestSigmoidScale.
inline constexpr float kLargestSigmoidScale = 2.6F;

[[nodiscard]] constexpr SigmoidInput sigmoid_input(float scale, bool is_tanh) {
  if (is_close(scale, 1.0F / 4096)) {
    return {3, 0};
  }
  if (is_tanh && is_close(scale, 1.0F / 2048)) {
    return {6, 0};
  }
  double multiplier = static_cast<double>(scale) * 4096 * 3;
  std::int32_t shift = 0;
  while (multiplier <= 32767.0 / 2 && shift <= 30) {
    multiplier *= 2;
    ++shift;
  }
  return {static_cast<std::int32_t>(multiplier), shift};
}

[[nodiscard]] constexpr std::int32_t sigmoid_steps(std::int16_t x, SigmoidInput in) {
  const std::int32_t round = in.shift > 0 ? 1 << (in.shift - 1) : 0;
  return (x * in.multiplier + round) >> in.shift;
}

/// The output has scale 2^-15.
[[nodiscard]] constexpr std::int16_t sigmoid16(std::int16_t x, SigmoidInput in) {
  const std::int32_t steps = sigmoid_steps(x, in);
  const auto magnitude = static_cast<std::uint32_t>(steps < 0 ? -steps : steps);
  const std::uint32_t index = magnitude >> 9;
  std::uint32_t result = 0x7FFFU << 10;
  if (index < 255) {
    const std::uint32_t here = kSigmoidTable.at[index];
    const std::uint32_t next = kSigmoidTable.at[index + 1];
    result = (here << 9) + (magnitude & 0x1FF) * (next - here);
  }
  result = steps >= 0 ? result + (1U << 9) : (1U << 25) - result + (1U << 9) - 1;
  return static_cast<std::int16_t>(result >> 10);
}

[[nodiscard]] constexpr std::int16_t tanh16(std::int16_t x, SigmoidInput in) {
  const std::int32_t steps = sigmoid_steps(x, in);
  const auto magnitude = static_cast<std::uint32_t>(steps < 0 ? -steps : steps);
  const std::uint32_t index = magnitude >> 8;
  std::int32_t result = 0xFFFF << 8;
  if (index < 255) {
    const std::int32_t here = kSigmoidTable.at[index];
    const std::int32_t next = kSigmoidTable.at[index + 1];
    result = (here << 8) + static_cast<std::int32_t>(magnitude & 0xFF) * (next - here);
  }
  result = steps >= 0 ? result - (1 << 23) + (1 << 7) : -result + (1 << 23) + (1 << 7) - 1;
  return static_cast<std::int16_t>(result >> 8);
}

} // namespace tinyml::kernels
