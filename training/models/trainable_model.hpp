// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/graph.hpp"
#include "training/data/data_set.hpp"

#include <nlohmann/json.hpp>

namespace tinyml::training {

/// A model that can be trained: a zoo model's architecture or a file's.
struct TrainableModel {
  std::string name;
  std::vector<std::uint8_t> bytes; ///< the ONNX or TensorFlow Lite file
  nlohmann::json record;       ///< the zoo's, with "dataset", "labels"…; an object, maybe empty
  ir::Graph graph;             ///< as driver::compile_training takes it, with the file's weights
  datasets::SampleShape input; ///< 1 x 1 x K when the model does not take pictures
  bool channels_first = false; ///< the file takes the channels of a picture one after the other
  std::uint32_t outputs = 0;

  /// The data set it was made for; empty when nobody says.
  [[nodiscard]] std::string data_set() const { return record.value("dataset", ""); }
};

/// `model` is a name in the first of `zoos` (folders with a zoo.json) that has it, or a file.
/// kNotFound lists the names there are; kUnsupported names what cannot be trained.
[[nodiscard]] Expected<TrainableModel>
load_trainable(const std::string &model, const std::vector<std::filesystem::path> &zoos);

/// Fresh weights: uniform with the variance 2 / fan-in (He et al., ICCV 2015), of the last layer
/// 2 / (fan-in + fan-out) (Glorot and Bengio, AISTATS 2010); biases 0, batch normalisation 1 and 0.
/// The same seed gives the same bits on every machine.
void initialise(ir::Graph &graph, std::uint64_t seed);

/// The graph's weights as the flat model of kernels/training_abi.hpp.
[[nodiscard]] Expected<std::vector<float>> flat_model(const ir::Graph &graph);

/// Are the last learned parameters of the flat model one bias for each of `outputs` classes, as
/// RunSettings::label_calibration needs it?
[[nodiscard]] bool ends_with_class_biases(const ir::Graph &graph, std::uint32_t outputs);

} // namespace tinyml::training
