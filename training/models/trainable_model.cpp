// SPDX-License-Identifier: Apache-2.0
#include "training/models/trainable_model.hpp"

#include "compiler/autodiff/training_step.hpp"
#include "compiler/driver/compile_training.hpp"
#include "compiler/frontends/tflite/import.hpp"
#include "compiler/ir/types.hpp"
#include "host/files.hpp"

#include <algorithm>

namespace tinyml::training {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

json records_of(const fs::path &zoo) {
  const auto text = host::read_text(zoo / "zoo.json");
  const json list = text ? json::parse(*text, nullptr, false) : json();
  return list.is_object() ? list.value("models", json::array()) : json::array();
}

/// Reads the file that a zoo or the person names; `names` collects what there would be.
Expected<TrainableModel> read_bytes(const std::string &model, const std::vector<fs::path> &zoos) {
  std::string names;
  for (const fs::path &zoo : zoos) {
    for (const json &record : records_of(zoo)) {
      const std::string name = record.value("name", "");
      names += (names.empty() ? "" : ", ") + name;
      if (name != model) {
        continue;
      }
      auto bytes = host::read_file(zoo / record.value("file", name + ".onnx"));
      if (!bytes) {
        return Failure{bytes.error()};
      }
      return TrainableModel{.name = name, .bytes = *std::move(bytes), .record = record};
    }
  }
  std::error_code error;
  if (!fs::is_regular_file(model, error)) {
    return fail(ErrorCode::kNotFound, "no model '" + model +
                                          "': give an ONNX or TensorFlow Lite file, or a model of "
                                          "the zoo: " +
                                          names);
  }
  auto bytes = host::read_file(model);
  if (!bytes) {
    return Failure{bytes.error()};
  }
  return TrainableModel{.name = fs::path(model).stem().string(),
                        .bytes = *std::move(bytes),
                        .record = json::object()};
}

std::uint32_t side(std::int64_t dimension) { return static_cast<std::uint32_t>(dimension); }

/// Height, width and channels of one sample, whatever the file's layout.
datasets::SampleShape input_shape(const ir::Graph &graph, bool channels_last) {
  const ir::Shape &shape = graph.values[graph.inputs[0]].type.shape;
  if (shape.size() == 4 && channels_last) {
    return {side(shape[1]), side(shape[2]), side(shape[3])};
  }
  if (shape.size() == 4) {
    return {side(shape[2]), side(shape[3]), side(shape[1])};
  }
  return {1, 1, side(ir::element_count(shape))};
}

} // namespace

Expected<TrainableModel> load_trainable(const std::string &model,
                                        const std::vector<fs::path> &zoos) {
  auto trainable = read_bytes(model, zoos);
  if (!trainable) {
    return trainable;
  }
  auto graph = driver::load_trainable_model(trainable->bytes);
  if (!graph) {
    return fail(graph.error().code, "model '" + model + "': " + graph.error().message);
  }
  if (graph->inputs.size() != 1 || graph->outputs.size() != 1) {
    return fail(ErrorCode::kUnsupported,
                "model '" + model + "': only one input and one output can be trained");
  }
  const bool channels_last = tflite::is_tflite(trainable->bytes);
  trainable->input = input_shape(*graph, channels_last);
  trainable->channels_first = !channels_last && trainable->input.channels > 1 &&
                              graph->values[graph->inputs[0]].type.shape.size() == 4;
  trainable->outputs = side(ir::element_count(graph->values[graph->outputs[0]].type.shape));
  trainable->graph = *std::move(graph);
  return trainable;
}

bool ends_with_class_biases(const ir::Graph &graph, std::uint32_t outputs) {
  const auto step = autodiff::make_training_step(graph, {});
  if (!step || step->parameters.empty()) {
    return false;
  }
  // A convolution's biases would be a class's in every place, which is as good.
  const ir::Shape biases{static_cast<std::int64_t>(outputs)};
  return step->graph.values[step->parameters.back().value].type.shape == biases;
}

Expected<std::vector<float>> flat_model(const ir::Graph &graph) {
  const auto step = autodiff::make_training_step(graph, {});
  if (!step) {
    return Failure{step.error()};
  }
  std::vector<float> flat;
  const auto append = [&](ir::ValueId id) {
    const auto values = ir::elements_of<float>(step->graph.values[id]);
    flat.insert(flat.end(), values.begin(), values.end());
  };
  for (const autodiff::Parameter &parameter : step->parameters) {
    append(parameter.value);
  }
  for (const ir::ValueId statistic : step->statistics) {
    append(statistic);
  }
  return flat;
}

} // namespace tinyml::training
