// SPDX-License-Identifier: Apache-2.0
#include "compiler/quantize/report.hpp"

#include "compiler/ir/edit.hpp"
#include "compiler/ir/operators.hpp"

#include <algorithm>
#include <cmath>

namespace tinyml::quantize {
namespace {

constexpr double kNoNoiseDb = 200; ///< shown when the layer is exact

struct Power {
  double signal = 0;
  double noise = 0;

  void add(ByteView real, ByteView quantized, const ir::Quantization &q) {
    for (std::size_t i = 0; i < quantized.size(); ++i) {
      float expected = 0;
      std::memcpy(&expected, real.data() + i * sizeof(float), sizeof(float));
      const int code = static_cast<std::int8_t>(quantized[i]) - q.zero_points[0];
      const double difference =
          static_cast<double>(expected) - static_cast<double>(q.scales[0]) * code;
      signal += static_cast<double>(expected) * static_cast<double>(expected);
      noise += difference * difference;
    }
  }

  [[nodiscard]] double sqnr_db() const {
    if (noise <= 0) {
      return kNoNoiseDb;
    }
    return signal > 0 ? std::min(kNoNoiseDb, 10 * std::log10(signal / noise)) : 0;
  }
};

bool is_comparable(const GraphPair &pair, const ir::Node &node) {
  const ir::ValueId id = node.outputs[0];
  return pair.ids[id] != ir::kNoValue && !pair.not_comparable[id] &&
         pair.real.values[id].type.element == ir::ElementType::kFloat32;
}

} // namespace

Expected<std::vector<LayerError>>
measure_layers(const GraphPair &pair, const CalibrationSamples &samples, std::size_t count) {
  auto real = interpret::Interpreter::prepare(pair.real);
  auto quantized = interpret::Interpreter::prepare(pair.quantized);
  auto real_feeder = SampleFeeder::prepare(pair.real, samples);
  auto quantized_feeder = SampleFeeder::prepare(pair.quantized, samples);
  if (!real || !quantized || !real_feeder || !quantized_feeder) {
    return fail(ErrorCode::kInternal, "the quantised graph cannot be run: " +
                                          (quantized ? "" : quantized.error().message));
  }
  std::vector<Power> powers(pair.real.nodes.size());
  for (std::size_t sample = 0; sample < std::min(count, samples.count); ++sample) {
    const auto first = real_feeder->run(*real, sample, {});
    const auto second = quantized_feeder->run(*quantized, sample, {});
    if (!first || !second) {
      return Failure{first ? second.error() : first.error()};
    }
    for (std::size_t i = 0; i < powers.size(); ++i) {
      const ir::Node &node = pair.real.nodes[i];
      if (is_comparable(pair, node)) {
        const ir::ValueId id = pair.ids[node.outputs[0]];
        powers[i].add(real->value(node.outputs[0]), quantized->value(id),
                      *pair.quantized.values[id].type.quantization);
      }
    }
  }
  std::vector<LayerError> layers;
  for (std::size_t i = 0; i < powers.size(); ++i) {
    const ir::Node &node = pair.real.nodes[i];
    if (is_comparable(pair, node)) {
      layers.push_back({node.name, std::string(ir::op_name(node.op)), powers[i].sqnr_db()});
    }
  }
  return layers;
}

} // namespace tinyml::quantize
