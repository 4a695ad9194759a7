// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/interpret/interpreter.hpp"
#include "compiler/quantize/quantize.hpp"

namespace tinyml::quantize {

/// Statistics of every float value of the graph, by value id, from one run of each sample.
[[nodiscard]] Expected<std::vector<Statistics>> calibrate(const ir::Graph &graph,
                                                          const CalibrationSamples &samples);

/// Feeds samples to a graph: as they are, or quantised where the input is an integer.
class SampleFeeder {
public:
  [[nodiscard]] static Expected<SampleFeeder> prepare(const ir::Graph &graph,
                                                      const CalibrationSamples &samples);
  [[nodiscard]] Expected<void> run(interpret::Interpreter &interpreter, std::size_t sample,
                                   const interpret::Interpreter::Observer &observer);
  /// The sample's numbers for a graph input, as real numbers.
  [[nodiscard]] std::span<const float> numbers(std::size_t input, std::size_t sample) const;

private:
  SampleFeeder(const ir::Graph &graph, const CalibrationSamples &samples)
      : graph_(&graph), samples_(&samples) {}

  const ir::Graph *graph_;
  const CalibrationSamples *samples_;
  std::vector<std::vector<std::uint8_t>> raw_;
};

} // namespace tinyml::quantize
