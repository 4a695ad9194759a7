// SPDX-License-Identifier: Apache-2.0
#include "compiler/quantize/report.hpp"

#include "compiler/ir/edit.hpp"
#include "compiler/ir/operators.hpp"
#include "compiler/quantize/codes.hpp"

#include <algorithm>
#include <cmath>

namespace tinyml::quantize {
namespace {

bool is_comparable(const GraphPair &pair, const ir::Node &node) {
  const ir::ValueId id = node.outputs[0];
  return pair.ids[id] != ir::kNoValue && !pair.not_comparable[id] &&
         pair.real.values[id].type.element == ir::ElementType::kFloat32;
}

/// Both graphs with the same samples.
class Comparison {
public:
  static Expected<Comparison> prepare(const GraphPair &pair, const CalibrationSamples &samples) {
    auto real = interpret::Interpreter::prepare(pair.real);
    auto quantized = interpret::Interpreter::prepare(pair.quantized);
    auto real_feeder = SampleFeeder::prepare(pair.real, samples);
    auto quantized_feeder = SampleFeeder::prepare(pair.quantized, samples);
    if (!real || !quantized || !real_feeder || !quantized_feeder) {
      return fail(ErrorCode::kInternal, "the quantised graph cannot be run: " +
                                            (quantized ? "" : quantized.error().message));
    }
    return Comparison(pair, *std::move(real), *std::move(quantized), *std::move(real_feeder),
                      *std::move(quantized_feeder));
  }

  Expected<void> run(std::size_t sample) {
    const auto first = real_feeder_.run(real_, sample, {});
    return first ? quantized_feeder_.run(quantized_, sample, {}) : first;
  }

  void add_to(Difference &difference, ir::ValueId real, ir::ValueId quantized) const {
    difference.add(decode(pair_.real.values[real].type, real_.value(real)),
                   decode(pair_.quantized.values[quantized].type, quantized_.value(quantized)));
  }

private:
  Comparison(const GraphPair &pair, interpret::Interpreter real, interpret::Interpreter quantized,
             SampleFeeder real_feeder, SampleFeeder quantized_feeder)
      : pair_(pair), real_(std::move(real)), quantized_(std::move(quantized)),
        real_feeder_(std::move(real_feeder)), quantized_feeder_(std::move(quantized_feeder)) {}

  const GraphPair &pair_;
  interpret::Interpreter real_, quantized_;
  SampleFeeder real_feeder_, quantized_feeder_;
};

LayerError layer_error(const GraphPair &pair, const ir::Node &node, const Difference &difference) {
  const ir::ValueId id = pair.ids[node.outputs[0]];
  return {.node = node.name,
          .op = std::string(ir::op_name(node.op)),
          .computed_in = pair.quantized.values[id].type.element,
          .sqnr_db = difference.sqnr_db(),
          .mean_squared_error = difference.mean_squared_error(),
          .largest_error = difference.largest};
}

} // namespace

void Difference::add(std::span<const float> expected, std::span<const float> actual) {
  for (std::size_t i = 0; i < std::min(expected.size(), actual.size()); ++i) {
    const auto real = static_cast<double>(expected[i]);
    const double difference = real - static_cast<double>(actual[i]);
    signal += real * real;
    noise += difference * difference;
    largest = std::max(largest, std::abs(difference));
  }
  count += expected.size();
}

double Difference::sqnr_db() const {
  constexpr double kNoNoiseDb = 200; // shown when the layer is exact
  if (noise <= 0) {
    return kNoNoiseDb;
  }
  return signal > 0 ? std::min(kNoNoiseDb, 10 * std::log10(signal / noise)) : 0;
}

Expected<MeasuredErrors> measure_errors(const GraphPair &pair, const CalibrationSamples &samples,
                                        std::size_t count) {
  auto comparison = Comparison::prepare(pair, samples);
  if (!comparison) {
    return Failure{comparison.error()};
  }
  std::vector<Difference> layers(pair.real.nodes.size());
  std::vector<Difference> outputs(pair.real.outputs.size());
  for (std::size_t sample = 0; sample < std::min(count, samples.count); ++sample) {
    if (const auto ran = comparison->run(sample); !ran) {
      return Failure{ran.error()};
    }
    for (std::size_t i = 0; i < layers.size(); ++i) {
      if (const ir::Node &node = pair.real.nodes[i]; is_comparable(pair, node)) {
        comparison->add_to(layers[i], node.outputs[0], pair.ids[node.outputs[0]]);
      }
    }
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      comparison->add_to(outputs[i], pair.real.outputs[i], pair.quantized.outputs[i]);
    }
  }
  MeasuredErrors errors;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (const ir::Node &node = pair.real.nodes[i]; is_comparable(pair, node)) {
      errors.layers.push_back(layer_error(pair, node, layers[i]));
    }
  }
  errors.output_sqnr_db = outputs.empty() ? 0 : INFINITY;
  for (const Difference &output : outputs) {
    errors.output_sqnr_db = std::min(errors.output_sqnr_db, output.sqnr_db());
  }
  return errors;
}

} // namespace tinyml::quantize
