// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/packing.hpp"

/// Plain C++: four sums an input element keep the loads of inputs few, and four accumulators, two
/// pointers, an input and a weight fit into the registers of a Cortex-M3.
namespace tinyml::kernels::isa::scalar {

inline constexpr Packing kPacking = {
    /*int8_patches=*/{4, 1, 1, 1, 1, 0},
    /*int8_row=*/{4, 1, 1, 1, 0, 0},
    /*float_patches=*/{4, 1, 1, 1, 4, 0},
    /*float_row=*/{4, 1, 1, 1, 0, 0},
    /*int8_depthwise=*/{4, 1, 1, false, 0, false},
    /*float_depthwise=*/{4, 1, 1, false, 0, false},
    /*int8_depthwise_lines=*/false,
    /*wide_is_cheap=*/true,
    /*tensor_alignment=*/1,
    /*weight_alignment=*/1,
};

} // namespace tinyml::kernels::isa::scalar
