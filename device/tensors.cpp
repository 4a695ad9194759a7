// SPDX-License-Identifier: Apache-2.0
#include "device/tensors.hpp"

#include <algorithm>

namespace tinyml::device {

std::uint32_t bytes_of(Tensors tensors) {
  std::uint32_t total = 0;
  for (const module::TensorInfo &tensor : tensors) {
    total += tensor.size_bytes;
  }
  return total;
}

void copy_in(Tensors tensors, std::uint8_t *arena, std::uint32_t offset, ByteView bytes) {
  visit_run(tensors, arena, offset, static_cast<std::uint32_t>(bytes.size()),
            [&](ByteSpan place, std::uint32_t at) {
              std::memcpy(place.data(), bytes.data() + (at - offset), place.size());
            });
}

void copy_out(Tensors tensors, std::uint8_t *arena, std::uint32_t offset, ByteSpan to) {
  visit_run(tensors, arena, offset, static_cast<std::uint32_t>(to.size()),
            [&](ByteSpan place, std::uint32_t at) {
              std::memcpy(to.data() + (at - offset), place.data(), place.size());
            });
}

} // namespace tinyml::device
