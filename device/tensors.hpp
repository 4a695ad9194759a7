// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "kernels/module_abi.hpp"

#include <algorithm>
#include <span>

/// A module's inputs, or its outputs, as one run of bytes: the tensors one after the other, in
/// their order.
namespace tinyml::device {

using Tensors = std::span<const module::TensorInfo>;

[[nodiscard]] std::uint32_t bytes_of(Tensors tensors);

/// Calls `move(bytes of the arena, offset in the run)` for each piece of the run between `offset`
/// and `offset` + `size_bytes`.
template <typename Move>
void visit_run(Tensors tensors, std::uint8_t *arena, std::uint32_t offset, std::uint32_t size_bytes,
               Move &&move) {
  std::uint32_t start = 0;
  for (const module::TensorInfo &tensor : tensors) {
    const std::uint32_t from = std::max(offset, start);
    const std::uint32_t to = std::min(offset + size_bytes, start + tensor.size_bytes);
    if (from < to) {
      move(ByteSpan(arena + tensor.arena_offset + (from - start), to - from), from);
    }
    start += tensor.size_bytes;
  }
}

/// Copies into the run at `offset`; bytes behind its end are dropped.
void copy_in(Tensors tensors, std::uint8_t *arena, std::uint32_t offset, ByteView bytes);
/// Copies out of the run from `offset` on, as much as `to` holds.
void copy_out(Tensors tensors, std::uint8_t *arena, std::uint32_t offset, ByteSpan to);

} // namespace tinyml::device
