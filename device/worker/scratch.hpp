// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/worker/stored_vector.hpp"
#include "kernels/module_abi.hpp"

#include <algorithm>

namespace tinyml::device {

/// The module's arena between two steps, as room for three blocks of vectors and one of codes.
/// Nothing stays in it from one slice of work to the next.
struct Scratch {
  static constexpr std::uint32_t kBytes = 4 * kVectorBlock * sizeof(float);

  explicit Scratch(std::uint8_t *arena) : base(arena) {}

  [[nodiscard]] std::span<float> block(unsigned which, std::uint32_t values) const {
    return {reinterpret_cast<float *>(base) + which * kVectorBlock, values};
  }
  [[nodiscard]] ByteSpan codes(std::uint32_t size_bytes) const {
    return {base + 3 * kVectorBlock * sizeof(float), size_bytes};
  }

  std::uint8_t *base;
};

/// The longest piece of the arena that holds no input of the step: there samples may wait on their
/// way into the inputs.
template <typename Step> [[nodiscard]] ByteSpan free_of_inputs(Step &step) {
  const module::ModuleInfo &info = step.module();
  const std::uint32_t end = static_cast<std::uint32_t>(module::arena_extent(info.arena_bytes));
  std::uint32_t best = 0;
  std::uint32_t best_bytes = 0;
  // A gap begins at the arena's start or behind an input, and ends before the next one.
  for (int i = -1; i < info.input_count; ++i) {
    const auto from = i < 0 ? 0 : info.inputs[i].arena_offset + info.inputs[i].size_bytes;
    std::uint32_t to = std::max(from, end);
    for (int k = 0; k < info.input_count; ++k) {
      const std::uint32_t start = info.inputs[k].arena_offset;
      if (start + info.inputs[k].size_bytes > from) {
        to = std::min(to, std::max(start, from));
      }
    }
    if (to - from > best_bytes) {
      best = from;
      best_bytes = to - from;
    }
  }
  constexpr std::uint32_t kAlign = alignof(float);
  const std::uint32_t skipped = (kAlign - best % kAlign) % kAlign;
  return {step.arena() + best + skipped, best_bytes > skipped ? best_bytes - skipped : 0};
}

} // namespace tinyml::device
