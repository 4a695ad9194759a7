// SPDX-License-Identifier: Apache-2.0
#pragma once

/// How this instruction set wants its weights. The code generator reads this file on the host, the
/// kernels on the target: what one packs is what the other reads.
namespace tinyml::kernels::isa::scalar {

/// Output channels computed together. Their weights are interleaved, so that one pointer walks
/// through all of them while each input element is loaded once for the whole tile.
inline constexpr int kOutputTile = 4;

/// Alignment the kernels expect of tensors in the arena; 1: the element's own.
inline constexpr int kTensorAlignment = 1;

} // namespace tinyml::kernels::isa::scalar
