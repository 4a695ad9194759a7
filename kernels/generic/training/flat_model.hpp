// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/training/bundles.hpp"

#include <cstddef>
#include <cstdint>

/// Vectors that travel between machines (kernels/training_abi.hpp) lie in pieces, a variable each.
namespace tinyml::kernels::generic::training {

/// One variable of such a vector.
struct FlatPart {
  std::uint32_t offset_bytes; ///< from the start of the module's variables
  std::uint32_t count;
  bool is_half; ///< stored as isa::Half, else as float
};

/// Calls `visit(part, first element of it, elements, elements visited before)` for the parts that
/// hold the vector's elements [first, first + count).
template <std::size_t Parts, typename Visit>
inline void for_each_part(const FlatPart (&parts)[Parts], std::uint32_t first, std::uint32_t count,
                          Visit visit) {
  std::uint32_t done = 0;
  for (std::size_t i = 0; i < Parts && done < count; ++i) {
    if (first >= parts[i].count) {
      first -= parts[i].count;
      continue;
    }
    const std::uint32_t rest = parts[i].count - first;
    const std::uint32_t length = rest < count - done ? rest : count - done;
    visit(parts[i], first, length, done);
    done += length;
    first = 0;
  }
}

template <typename P>
inline void set_elements(void *variable, std::uint32_t first, const float *values,
                         std::uint32_t count) {
  P *to = static_cast<P *>(variable) + first;
  for (std::uint32_t i = 0; i < count; ++i) {
    set_parameter(to + i, values[i]);
  }
}

template <typename P>
inline void get_elements(const void *variable, std::uint32_t first, float *values,
                         std::uint32_t count) {
  const P *from = static_cast<const P *>(variable) + first;
  for (std::uint32_t i = 0; i < count; ++i) {
    values[i] = parameter(from + i);
  }
}

template <std::size_t Parts>
inline void load_flat(const FlatPart (&parts)[Parts], std::uint8_t *variables, std::uint32_t first,
                      const float *values, std::uint32_t count) {
  for_each_part(
      parts, first, count,
      [=](const FlatPart &part, std::uint32_t at, std::uint32_t length, std::uint32_t done) {
        void *variable = variables + part.offset_bytes;
        part.is_half ? set_elements<isa::Half>(variable, at, values + done, length)
                     : set_elements<float>(variable, at, values + done, length);
      });
}

template <std::size_t Parts>
inline void read_flat(const FlatPart (&parts)[Parts], const std::uint8_t *variables,
                      std::uint32_t first, float *values, std::uint32_t count) {
  for_each_part(
      parts, first, count,
      [=](const FlatPart &part, std::uint32_t at, std::uint32_t length, std::uint32_t done) {
        const void *variable = variables + part.offset_bytes;
        part.is_half ? get_elements<isa::Half>(variable, at, values + done, length)
                     : get_elements<float>(variable, at, values + done, length);
      });
}

/// All elements become 0.
template <std::size_t Parts>
inline void clear_flat(const FlatPart (&parts)[Parts], std::uint8_t *variables) {
  for (const FlatPart &part : parts) {
    __builtin_memset(variables + part.offset_bytes, 0,
                     part.count * (part.is_half ? sizeof(isa::Half) : sizeof(float)));
  }
}

} // namespace tinyml::kernels::generic::training
