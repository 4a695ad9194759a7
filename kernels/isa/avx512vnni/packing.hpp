// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/packing.hpp"

/// AVX-512 F, BW, VL, DQ and VNNI: 64 products of an unsigned with a signed byte in an instruction,
/// so inputs are held as x + 128. Sixteen sums fill a register; eight positions share each load of
/// weights and keep eight independent chains of additions.
namespace tinyml::kernels::isa::avx512vnni {

inline constexpr Packing kPacking = {
    /*int8_patches=*/{16, 4, 4, 8, 1, 128},
    /*int8_row=*/{16, 4, 16, 1, 1, 128},
    /*float_patches=*/{16, 1, 1, 8, 4, 0},
    /*float_row=*/{32, 1, 1, 1, 0, 0},
    /*int8_depthwise=*/{16, 16, 4, true, 128, true},
    /*float_depthwise=*/{16, 16, 1, false, 0, false},
    /*int8_depthwise_lines=*/false,
    /*wide_is_cheap=*/false,
    /*tensor_alignment=*/1,
    /*weight_alignment=*/64,
};

} // namespace tinyml::kernels::isa::avx512vnni
