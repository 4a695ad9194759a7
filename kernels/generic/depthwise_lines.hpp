// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/isa.hpp"

/// For kernel sets whose packing says int8_depthwise_lines: they bring this kernel themselves.
#include TINYML_ISA_HEADER(depthwise_lines.hpp)
