// SPDX-License-Identifier: Apache-2.0
#include "compiler/driver/accuracy.hpp"

#include "compiler/driver/quantize_model.hpp"
#include "compiler/hostrun/host_module.hpp"
#include "compiler/ir/types.hpp"
#include "compiler/quantize/codes.hpp"
#include "compiler/quantize/report.hpp"

#include <algorithm>

namespace tinyml::driver {
namespace {

/// A model on this machine that takes and gives real numbers.
class Runner {
public:
  static Expected<Runner> prepare(const CompiledModel &model,
                                  const std::filesystem::path &include_dir) {
    auto module = hostrun::HostModule::build(model.module.files,
                                             {.include_dir = include_dir, .isa = model.plan.isa});
    if (!module.ok()) {
      return Failure{module.error()};
    }
    return Runner(model.graph, *std::move(module));
  }

  /// `sample` has all inputs, one after the other. The result is the first output.
  Expected<std::vector<float>> run(std::span<const float> sample) {
    std::size_t at = 0;
    for (const ir::ValueId id : graph_->inputs) {
      const ir::TensorType &type = graph_->values[id].type;
      const auto count = static_cast<std::size_t>(ir::element_count(type.shape));
      quantize::encode(type, sample.first(count), inputs_.data() + at);
      sample = sample.subspan(count);
      at += ir::byte_size(type);
    }
    if (const auto ran = module_.run(inputs_, outputs_); !ran.ok()) {
      return Failure{ran.error()};
    }
    const ir::TensorType &type = graph_->values[graph_->outputs[0]].type;
    return quantize::decode(type, ByteView(outputs_).first(ir::byte_size(type)));
  }

private:
  Runner(const ir::Graph &graph, hostrun::HostModule module)
      : graph_(&graph), module_(std::move(module)), inputs_(module_.input_bytes()),
        outputs_(module_.output_bytes()) {}

  const ir::Graph *graph_;
  hostrun::HostModule module_;
  std::vector<std::uint8_t> inputs_, outputs_;
};

std::uint32_t class_of(std::span<const float> scores) {
  if (scores.size() == 1) {
    return scores[0] >= 0.5F ? 1 : 0;
  }
  return static_cast<std::uint32_t>(std::max_element(scores.begin(), scores.end()) -
                                    scores.begin());
}

Expected<std::size_t> values_per_sample(const ir::Graph &graph, const TestData &data) {
  std::size_t values = 0;
  for (const ir::ValueId id : graph.inputs) {
    values += static_cast<std::size_t>(ir::element_count(graph.values[id].type.shape));
  }
  if (data.inputs.empty() || data.inputs.size() % values != 0) {
    return fail(ErrorCode::kInvalidInput, "the test samples have " +
                                              std::to_string(data.inputs.size()) +
                                              " values, which is no multiple of the model's " +
                                              std::to_string(values) + " input values");
  }
  const std::size_t samples = data.inputs.size() / values;
  if (!data.labels.empty() && data.labels.size() != samples) {
    return fail(ErrorCode::kInvalidInput, "there are " + std::to_string(data.labels.size()) +
                                              " labels for " + std::to_string(samples) +
                                              " test samples");
  }
  return values;
}

} // namespace

Expected<Accuracy> measure_accuracy(const CompiledModel &real, const CompiledModel &integers,
                                    const TestData &data,
                                    const std::filesystem::path &include_dir) {
  const auto values = values_per_sample(real.graph, data);
  if (!values.ok()) {
    return Failure{values.error()};
  }
  auto first = Runner::prepare(real, include_dir);
  auto second = Runner::prepare(integers, include_dir);
  if (!first.ok() || !second.ok()) {
    return Failure{first.ok() ? second.error() : first.error()};
  }
  Accuracy accuracy{.samples = data.inputs.size() / *values, .has_labels = !data.labels.empty()};
  quantize::Difference difference;
  for (std::size_t i = 0; i < accuracy.samples; ++i) {
    const auto sample = data.inputs.subspan(i * *values, *values);
    const auto expected = first->run(sample);
    const auto actual = expected.ok() ? second->run(sample) : expected;
    if (!actual.ok()) {
      return Failure{actual.error()};
    }
    difference.add(*expected, *actual);
    const std::uint32_t right = accuracy.has_labels ? data.labels[i] : 0;
    accuracy.same_class += class_of(*expected) == class_of(*actual) ? 1 : 0;
    accuracy.right_in_float += class_of(*expected) == right ? 1 : 0;
    accuracy.right_in_integers += class_of(*actual) == right ? 1 : 0;
  }
  accuracy.output_sqnr_db = difference.sqnr_db();
  return accuracy;
}

} // namespace tinyml::driver
