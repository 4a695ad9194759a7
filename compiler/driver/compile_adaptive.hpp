// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/driver/budget.hpp"
#include "compiler/driver/compile_training.hpp"

#include <optional>

/// A trained model as a module that goes on learning on its device (device/adaptive).
namespace tinyml::driver {

/// What may change there.
struct Adapt {
  bool last_layer_only = true;
  module::ParameterStorage storage = module::ParameterStorage::kFloat32;

  bool operator==(const Adapt &) const = default;
};

/// "last", "all", "last:float16" or "all:float16"; kInvalidInput for anything else.
[[nodiscard]] Expected<Adapt> parse_adapt(const std::string &text);
[[nodiscard]] std::string name_of(const Adapt &adapt);

/// From the model file to the module: one sample a step, SGD, its own weights to begin with, batch
/// normalisation folded. Of `options` model_name, build_id, isa and optimize count. Errors are
/// those of compile_training().
[[nodiscard]] Expected<CompiledTraining>
compile_adaptive(ByteView model, const CompileOptions &options, const Adapt &adapt);

/// As report_of(), with the tensors that an inference has: the sample, and the output before a
/// softmax. `adapt` and `learned_values` say what changes on the device.
[[nodiscard]] nlohmann::json report_of(const CompiledTraining &training, const Adapt &adapt);

/// What fits instead of what was refused: fewer layers that learn, or half as long parameters.
[[nodiscard]] std::vector<std::string> advise_adaptive(const VariantRequest &request,
                                                       const Adapt &refused,
                                                       const std::string &program,
                                                       const link::ImagePlan &plan);

} // namespace tinyml::driver
