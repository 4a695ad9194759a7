// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/interpret/interpreter.hpp"
#include "compiler/quantize/quantize.hpp"

#include <array>

namespace tinyml::quantize {

inline constexpr std::size_t kBins = 2048;

/// What calibration saw of one value: its extremes, then how often each part of the range occurred.
struct Statistics {
  double low = 0; ///< both hold zero, which every quantised range must
  double high = 0;
  std::vector<std::uint64_t>
      histogram; ///< kBins equal parts of [low, high]; empty before it is filled

  void widen(std::span<const float> values);
  void count(std::span<const float> values);
  [[nodiscard]] double bin_width() const { return (high - low) / static_cast<double>(kBins); }
  [[nodiscard]] double bin_center(std::size_t bin) const {
    return low + (static_cast<double>(bin) + 0.5) * bin_width();
  }
};

/// A range of real numbers.
struct RealRange {
  double low, high;
};

[[nodiscard]] RealRange choose_range(const Statistics &statistics, const QuantizeOptions &options);

/// Statistics of every float value of the graph, by value id.
[[nodiscard]] Expected<std::vector<Statistics>> calibrate(const ir::Graph &graph,
                                                          const CalibrationSamples &samples,
                                                          const QuantizeOptions &options);

/// Feeds samples to a graph: as they are, or quantised where the input is int8.
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
