// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/autodiff/training_step.hpp"
#include "compiler/driver/compile_model.hpp"
#include "kernels/training_abi.hpp"

/// From a model to a module that learns (kernels/training_abi.hpp).
namespace tinyml::driver {

struct TrainingCompileOptions {
  std::string model_name;
  std::array<std::uint8_t, 16> build_id{};
  std::string isa = "scalar"; ///< link::Kit::isa of the board, or a set that this machine runs
  std::int64_t batch = 0;     ///< 0: as many samples as the kernel set has lanes
  autodiff::Loss loss = autodiff::Loss::kCrossEntropy;
  autodiff::Optimizer optimizer = autodiff::Optimizer::kSgd;
  double momentum = 0.9;
  autodiff::Correction correction = autodiff::Correction::kNone;
  double proximal_strength = 0.01;
  /// Of parameters of convolutions and fully connected layers; what else learns stays float32.
  module::ParameterStorage storage = module::ParameterStorage::kFloat32;
  /// The same bits on every processor. Off (this machine only, no kit): products may be fused.
  bool deterministic = true;
  /// The other layers are constants of the module: it is for a trained model.
  bool last_layer_only = false;
  /// The module begins with the model's own weights, which costs ROM; else with zeros.
  bool initial_values = false;
  /// What can be computed without being stored is not stored (compiler/autodiff/fuse.hpp).
  bool fuse = true;
  Optimize optimize = Optimize::kBalanced;
};

struct CompiledTraining {
  CompiledModel model; ///< the step's graph, plan and sources, for link, kits and hostrun
  codegen::TrainingFacts facts;
  std::vector<float> initial; ///< the flat model that the given model's weights are
};

/// Imports a model as load_model does, but keeps batch normalisation so that it can learn.
[[nodiscard]] Expected<ir::Graph> load_trainable_model(ByteView model);

/// Errors: kInvalidInput for a quantised model, kUnsupported for what has no gradient or no kernel.
[[nodiscard]] Expected<CompiledTraining> compile_training(const ir::Graph &model,
                                                          const TrainingCompileOptions &options);

} // namespace tinyml::driver
