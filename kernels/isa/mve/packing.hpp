// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/packing.hpp"

/// Armv8.1-M with Helium (Cortex-M55, M85): sixteen products of bytes an instruction, summed across
/// the vector; four filters share each load of inputs.
namespace tinyml::kernels::isa::mve {

inline constexpr Packing kPacking = {
    /*int8_patches=*/{4, 16, 16, 1, 1, 0},
    /*int8_row=*/{4, 16, 16, 1, 0, 0},
    /*float_patches=*/{4, 1, 1, 1, 4, 0},
    /*float_row=*/{4, 1, 1, 1, 0, 0},
    /*int8_depthwise=*/{8, 8, 1, false, 0, false},
    /*float_depthwise=*/{4, 1, 1, false, 0, false},
    /*int8_depthwise_lines=*/false,
    /*wide_is_cheap=*/true,
    /*tensor_alignment=*/1,
    /*weight_alignment=*/4,
};

} // namespace tinyml::kernels::isa::mve
