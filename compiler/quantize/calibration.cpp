// SPDX-License-Identifier: Apache-2.0
#include "compiler/quantize/calibration.hpp"

#include "compiler/ir/types.hpp"
#include "compiler/quantize/codes.hpp"

namespace tinyml::quantize {
namespace {

/// Runs all samples and calls `take(value id, numbers)` for every float value.
template <typename Take>
Expected<void> observe(const ir::Graph &graph, const CalibrationSamples &samples,
                       const Take &take) {
  auto interpreter = interpret::Interpreter::prepare(graph);
  auto feeder = SampleFeeder::prepare(graph, samples);
  if (!interpreter || !feeder) {
    return Failure{interpreter ? feeder.error() : interpreter.error()};
  }
  for (std::size_t sample = 0; sample < samples.count; ++sample) {
    for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
      take(graph.inputs[i], feeder->numbers(i, sample));
    }
    const auto ran = feeder->run(*interpreter, sample, [&](ir::ValueId id, ByteView bytes) {
      if (graph.values[id].type.element == ir::ElementType::kFloat32) {
        take(id, std::span<const float>(decode(graph.values[id].type, bytes)));
      }
    });
    if (!ran) {
      return ran;
    }
  }
  return {};
}

} // namespace

Expected<SampleFeeder> SampleFeeder::prepare(const ir::Graph &graph,
                                             const CalibrationSamples &samples) {
  if (samples.count == 0 || samples.inputs.size() != graph.inputs.size()) {
    return fail(ErrorCode::kInvalidInput,
                "quantisation needs at least one calibration sample for each of the model's " +
                    std::to_string(graph.inputs.size()) + " inputs");
  }
  for (std::size_t i = 0; i < samples.inputs.size(); ++i) {
    const auto count =
        static_cast<std::size_t>(ir::element_count(graph.values[graph.inputs[i]].type.shape));
    if (samples.inputs[i].size() != count * samples.count) {
      return fail(ErrorCode::kInvalidInput, "calibration data for input " + std::to_string(i) +
                                                " has " + std::to_string(samples.inputs[i].size()) +
                                                " numbers; " + std::to_string(samples.count) +
                                                " samples need " +
                                                std::to_string(count * samples.count));
    }
  }
  SampleFeeder feeder(graph, samples);
  for (const ir::ValueId input : graph.inputs) {
    feeder.raw_.emplace_back(ir::byte_size(graph.values[input].type));
  }
  return feeder;
}

std::span<const float> SampleFeeder::numbers(std::size_t input, std::size_t sample) const {
  const std::size_t count = samples_->inputs[input].size() / samples_->count;
  return std::span(samples_->inputs[input]).subspan(sample * count, count);
}

Expected<void> SampleFeeder::run(interpret::Interpreter &interpreter, std::size_t sample,
                                 const interpret::Interpreter::Observer &observer) {
  std::vector<ByteView> views;
  for (std::size_t i = 0; i < raw_.size(); ++i) {
    const std::span<const float> values = numbers(i, sample);
    const ir::TensorType &type = graph_->values[graph_->inputs[i]].type;
    encode(type, values, raw_[i].data());
    views.emplace_back(raw_[i]);
  }
  return interpreter.run(views, observer);
}

Expected<std::vector<Statistics>> calibrate(const ir::Graph &graph,
                                            const CalibrationSamples &samples) {
  std::vector<Statistics> all(graph.values.size());
  const auto done = observe(
      graph, samples, [&](ir::ValueId id, std::span<const float> values) { all[id].add(values); });
  if (!done) {
    return Failure{done.error()};
  }
  for (ir::ValueId id = 0; id < all.size(); ++id) {
    if (!all[id].is_finite()) {
      return fail(ErrorCode::kInvalidInput,
                  "value '" + graph.values[id].name + "' becomes infinite on the calibration data");
    }
  }
  return all;
}

} // namespace tinyml::quantize
