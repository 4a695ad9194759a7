// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/packing.hpp"

/// RISC-V with vectors (the V extension, registers of 128 bits or more): sixteen filters, or
/// channels, side by side in a vector of sums.
namespace tinyml::kernels::isa::rvv {

inline constexpr Packing kPacking = {
    /*int8_patches=*/{16, 4, 4, 4, 1, 0},
    /*int8_row=*/{16, 4, 4, 1, 0, 0},
    /*float_patches=*/{4, 1, 1, 1, 4, 0},
    /*float_row=*/{4, 1, 1, 1, 0, 0},
    /*int8_depthwise=*/{16, 16, 1, false, 0, false},
    /*float_depthwise=*/{4, 1, 1, false, 0, false},
    /*int8_depthwise_lines=*/false,
    /*wide_is_cheap=*/true,
    /*tensor_alignment=*/1,
    /*weight_alignment=*/1,
};

} // namespace tinyml::kernels::isa::rvv
