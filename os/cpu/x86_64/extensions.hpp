// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/x86_extensions.hpp"

namespace tinyml::x86_64 {

/// What this processor has and may be used of it, bits of kernels::isa::kX86Extensions.
[[nodiscard]] std::uint32_t extensions_here();

/// What this image needs and the processor lacks; the image's linking says what it needs.
[[nodiscard]] std::uint32_t missing_extensions();

/// The first one of a set that is not empty.
[[nodiscard]] std::string_view first_word(std::uint32_t extensions);

} // namespace tinyml::x86_64
