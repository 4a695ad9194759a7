// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "training/models/trainable_model.hpp"

namespace tinyml::training {

/// What a run leaves for the zoo.
struct Publication {
  std::string name; ///< `[a-z0-9][a-z0-9._-]{0,63}`
  std::string title;
  std::vector<float> flat; ///< the trained model
  double accuracy = 0;     ///< share of the whole test part, 0…1
  nlohmann::json training; ///< how it was trained: an object, kept in the record as "training"
};

/// Writes `<zoo>/NAME.onnx` and a record into `<zoo>/zoo.json`, in place of an earlier one of that
/// name; the folder is made when missing. Where `set` is none that every machine can get, samples
/// to quantise with go along: `NAME.calibration.f32`, in the model's own input layout. The files
/// are there before the list names them. Returns the ONNX file.
[[nodiscard]] Expected<std::filesystem::path> publish(const Publication &publication,
                                                      const TrainableModel &model,
                                                      const datasets::DataSet &set,
                                                      const std::filesystem::path &zoo);

/// Whether publish() would take this name and model, whose parameters are as many as `flat`'s:
/// kInvalidInput, kUnsupported. To be asked before anything is trained.
[[nodiscard]] Expected<void> check_publication(const std::string &name, const TrainableModel &model,
                                               std::span<const float> flat);

/// Whether the zoo in that folder has a model of that name.
[[nodiscard]] bool holds_model(const std::filesystem::path &zoo, const std::string &name);

/// `count` training samples, evenly spread, as the model's file takes them: the channels of an ONNX
/// picture one after the other.
[[nodiscard]] std::vector<float> calibration_of(const TrainableModel &model,
                                                const datasets::DataSet &set, std::size_t count);

} // namespace tinyml::training
