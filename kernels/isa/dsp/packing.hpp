// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/packing.hpp"

/// Armv7E-M (Cortex-M4, M7): two 16-bit products an instruction. Inputs are held widened, in the
/// order in which SXTB16 takes weights apart, so one widened weight word serves four positions.
namespace tinyml::kernels::isa::dsp {

inline constexpr Packing kPacking = {
    /*int8_patches=*/{1, 4, 4, 4, 2, 0},
    /*int8_row=*/{4, 4, 4, 1, 0, 0},
    /*float_patches=*/{4, 1, 1, 1, 4, 0},
    /*float_row=*/{4, 1, 1, 1, 0, 0},
    /*int8_depthwise=*/{4, 1, 1, false, 0, false},
    /*float_depthwise=*/{4, 1, 1, false, 0, false},
    /*int8_depthwise_lines=*/true,
    /*wide_is_cheap=*/true,
    /*tensor_alignment=*/1,
    /*weight_alignment=*/4,
};

} // namespace tinyml::kernels::isa::dsp
