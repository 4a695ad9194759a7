// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/codegen/layer.hpp"

/// The files of a generated module.
namespace tinyml::codegen {

struct PlacedLayer {
  Layer layer;
  LayerReport report;
};

struct ModuleSummary {
  const ir::Graph &graph;
  const plan::MemoryPlan &plan;
  const GenerateOptions &options;
  Packing packing;
  std::uint64_t macs;
  std::uint64_t weight_bytes;
};

/// Declarations of all weight arrays.
[[nodiscard]] SourceFile weights_header(const std::vector<PlacedLayer> &layers);
/// Their contents.
[[nodiscard]] SourceFile weights_source(const std::vector<PlacedLayer> &layers);
/// Parameters, arena, the run function and the module's description.
[[nodiscard]] SourceFile model_source(const ModuleSummary &summary,
                                      const std::vector<PlacedLayer> &layers);

} // namespace tinyml::codegen
