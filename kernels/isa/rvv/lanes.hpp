// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/plain_lanes.hpp"

/// Elementwise vocabulary: a bundle of neighbouring elements that are loaded, combined and stored
/// together; here one element.
namespace tinyml::kernels::isa {

template <typename T> using Lanes = PlainLane<T>;

} // namespace tinyml::kernels::isa
