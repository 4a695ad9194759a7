// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/quantize/quantize.hpp"

namespace tinyml::quantize {

/// What every node computes with: the integers that the options ask for, or float32 (a node that
/// does not compute with float32 at all stays as it is). Notes say why a node stays float32. Errors
/// name a pattern of the options that no node fits.
[[nodiscard]] Expected<std::vector<ir::ElementType>> choose_forms(const ir::Graph &graph,
                                                                  const QuantizeOptions &options,
                                                                  std::vector<std::string> &notes);

/// Whether `text` is what `pattern` says; `*` stands for any letters, `?` for one.
[[nodiscard]] bool fits_pattern(std::string_view pattern, std::string_view text);

/// An operator that only moves or selects numbers: it adds no error of its own.
[[nodiscard]] bool only_moves(ir::Op op);

} // namespace tinyml::quantize
