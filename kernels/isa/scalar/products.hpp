// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/plain_products.hpp"
#include "kernels/isa/scalar/packing.hpp"

/// Products of patches with filters: the vocabulary of convolutions and fully connected layers.
namespace tinyml::kernels::isa {

inline constexpr Packing kPacking = scalar::kPacking;

template <typename T> class Patches : public PlainPatches<T, 1, 4> {
public:
  using PlainPatches<T, 1, 4>::PlainPatches;
};
template <typename T> class Row : public PlainRow<T, 4> {
public:
  using PlainRow<T, 4>::PlainRow;
};

} // namespace tinyml::kernels::isa
