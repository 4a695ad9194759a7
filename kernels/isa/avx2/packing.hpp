// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/packing.hpp"

/// AVX2: sixteen products of 16-bit halves in an instruction, summed in pairs. (Products of bytes
/// would saturate.) Inputs are held widened; four positions share each pair of widened weight
/// registers, and eight sums fit into the sixteen registers beside them.
namespace tinyml::kernels::isa::avx2 {

inline constexpr Packing kPacking = {
    /*int8_patches=*/{16, 2, 2, 4, 2, 0},
    /*int8_row=*/{16, 2, 4, 1, 2, 0},
    /*float_patches=*/{16, 1, 1, 4, 4, 0},
    /*float_row=*/{32, 1, 1, 1, 0, 0},
    /*int8_depthwise=*/{8, 8, 2, true, 0, true},
    /*float_depthwise=*/{8, 8, 1, false, 0, false},
    /*int8_depthwise_lines=*/false,
    /*wide_is_cheap=*/false,
    /*tensor_alignment=*/1,
    /*weight_alignment=*/32,
};

} // namespace tinyml::kernels::isa::avx2
