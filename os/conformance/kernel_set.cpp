// SPDX-License-Identifier: Apache-2.0
// What a board's kernel set makes of sums, against plain C++: numbers that no model happens to
// have, on the processor itself.
#include "kernels/generic/add.hpp"
#include "kernels/generic/dense.hpp"
#include "os/hal.hpp"
#include "os/program.hpp"

namespace tinyml::conformance {

namespace {

namespace isa = kernels::isa;
using kernels::generic::Int8Arithmetic;
using kernels::generic::Int8WideArithmetic;

constexpr int kOutputs = isa::Patches<std::int8_t>::kOutputs;
constexpr int kPositions = isa::Patches<std::int8_t>::kPositions;
constexpr int kStep = kOutputs + 3; ///< between the outputs of two positions
constexpr std::int8_t kUntouched = 0x55;

constexpr int kRounds = 2000;

std::uint32_t random_state = 1;

std::int32_t random_number() {
  random_state = random_state * 1664525 + 1013904223;
  const std::uint32_t high = random_state & 0xFFFF0000U;
  random_state = random_state * 1664525 + 1013904223;
  return static_cast<std::int32_t>(high | random_state >> 16);
}

/// Of any magnitude below 2^(31 - spare_bits).
std::int32_t random_sum(std::int32_t spare_bits) {
  const std::int32_t value = random_number();
  return value >> (spare_bits + (random_number() & 15));
}

/// Tables of one arithmetic, for a tile of channels.
struct Tables {
  std::int32_t bias[kOutputs];
  std::int32_t multipliers[kOutputs];
  std::int8_t shifts[kOutputs];

  void fill(bool wide) {
    for (int i = 0; i < kOutputs; ++i) {
      bias[i] = random_sum(wide ? 2 : 3);
      multipliers[i] = (random_number() & 0x3FFFFFFF) | 0x40000000;
      const auto shift = static_cast<std::int8_t>(random_number() & 31);
      shifts[i] = static_cast<std::int8_t>(wide ? 8 - shift : shift < 31 ? shift : 30);
    }
  }
};

template <typename Arithmetic> bool same_as_plain(bool wide) {
  Tables tables;
  tables.fill(wide);
  const Arithmetic arithmetic = {tables.bias,
                                 tables.multipliers,
                                 tables.shifts,
                                 static_cast<std::int16_t>(random_number() >> 24),
                                 static_cast<std::int8_t>(random_number() < 0 ? -128 : -20),
                                 static_cast<std::int8_t>(random_number() < 0 ? 127 : 20),
                                 static_cast<std::uint8_t>(random_number() < 0 ? 1 : 0)};
  typename isa::Patches<std::int8_t>::TileSums sums;
  for (auto &position : sums.at) {
    for (auto &sum : position) {
      sum = static_cast<std::int32_t>(random_sum(wide ? 2 : 3));
    }
  }
  const int count = 1 + (random_number() & 0xFF) % kOutputs;
  const int positions = 1 + (random_number() & 0xFF) % kPositions;
  std::int8_t found[kPositions * kStep];
  std::int8_t expected[kPositions * kStep];
  std::memset(found, kUntouched, sizeof(found));
  std::memset(expected, kUntouched, sizeof(expected));
  isa::finish_tile(arithmetic, sums, 0, count, positions, found, kStep);
  isa::finish_tile_plain(arithmetic, sums, 0, count, positions, expected, kStep);
  return std::memcmp(found, expected, sizeof(found)) == 0;
}

template <typename Arithmetic> bool always_same(bool wide) {
  for (int round = 0; round < kRounds; ++round) {
    if (!same_as_plain<Arithmetic>(wide)) {
      return false;
    }
  }
  return true;
}

kernels::Multiplier random_scale() {
  return {(random_number() & 0x3FFFFFFF) | 0x40000000, -(random_number() & 15)};
}

/// Tensors of any length; what the set leaves over is computed one by one.
bool adds_as_plain() {
  constexpr int kMost = 70;
  std::int8_t a[kMost], b[kMost], found[kMost];
  for (int i = 0; i < kMost; ++i) {
    a[i] = static_cast<std::int8_t>(random_number() >> 24);
    b[i] = static_cast<std::int8_t>(random_number() >> 24);
  }
  const kernels::generic::Add<std::int8_t> add = {
      .multipliers = {random_scale(), random_scale(), random_scale()},
      .first_zero_point = a[0],
      .second_zero_point = b[0],
      .output_zero_point = a[1],
      .low = static_cast<std::int8_t>(random_number() < 0 ? -128 : -20),
      .high = static_cast<std::int8_t>(random_number() < 0 ? 127 : 20)};
  const int count = (random_number() & 0xFF) % kMost;
  std::memset(found, kUntouched, sizeof(found));
  const int done = isa::combine(add, a, b, found, count);
  bool same = done >= 0 && done <= count;
  for (int i = 0; same && i < kMost; ++i) {
    same = found[i] == (i < done ? add(a[i], b[i]) : kUntouched);
  }
  return same;
}

bool always_adds_as_plain() {
  bool same = true;
  for (int round = 0; same && round < kRounds; ++round) {
    same = adds_as_plain();
  }
  return same;
}

bool told(std::string_view what, bool held) {
  hal::console_write(held ? "ok      " : "FAILED  ");
  hal::console_write(what);
  hal::console_write("\r\n");
  return held;
}

} // namespace

} // namespace tinyml::conformance

extern "C" int tinyml_program() {
  using namespace tinyml::conformance;
  const bool small = told("scales below a half", always_same<Int8Arithmetic>(false));
  const bool any = told("scales of any size", always_same<Int8WideArithmetic>(true));
  const bool sums = told("additions", always_adds_as_plain());
  return small && any && sums ? 0 : 1;
}
