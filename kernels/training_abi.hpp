// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/module_abi.hpp"

/// What a module that learns has beside kernels/module_abi.hpp, whose tinyml_module_run() is one
/// whole training step: forward, loss, backward, update. Version 1.
///
/// ModuleInfo's inputs are, in this order, x (value i of sample n at x[i * batch + n], i in the
/// order of the model's own input with images as height, width, channel), labels int32[batch]
/// (cross entropy; a label that is no class switches its sample off) or targets like the output
/// (squared error), and the rate float[1]. Its outputs are losses float[batch] and the model's
/// output before a softmax, value i of sample n at [i * batch + n]. A run may overwrite its inputs:
/// all of them are written anew before the next one.
///
/// The *flat model* is what travels between machines: the learned parameters one after the other
/// in the order of the model's nodes and their inputs, then running statistics (batch
/// normalisation's means and variances). Each tensor in the IR's own layout (docs/ir.md), as
/// float32 whatever the storage. It lies with moments and corrections in memory beside the arena
/// and outlives runs.
namespace tinyml::module {

inline constexpr std::uint32_t kTrainingAbiVersion = 1;

/// Values travel in messages: never renumber.
enum class ParameterStorage : std::uint8_t { kFloat32 = 1, kFloat16 = 2 };
enum class TrainingLoss : std::uint8_t { kCrossEntropy = 1, kMeanSquaredError = 2 };
enum class TrainingOptimizer : std::uint8_t { kSgd = 1, kMomentum = 2, kAdam = 3 };
enum class TrainingCorrection : std::uint8_t {
  kNone = 0,
  kAnchor = 1,  ///< FedProx: gradient + strength * (parameter - anchor)
  kControl = 2, ///< SCAFFOLD: gradient + control
};

struct TrainingInfo {
  std::uint32_t abi_version;
  std::uint32_t batch;
  std::uint32_t parameter_count; ///< values of the flat model
  std::uint32_t learned_count;   ///< those of them that gradients move; the rest are statistics
  std::uint32_t sample_values;   ///< of x, one sample
  std::uint32_t output_values;   ///< of the model's output, one sample; cross entropy: the classes
  std::uint32_t variable_bytes;  ///< memory of all that outlives a run, beside arena_bytes
  ParameterStorage storage;
  TrainingLoss loss;
  TrainingOptimizer optimizer;
  TrainingCorrection correction;
  /// Equal in all modules of one model (its architecture, whatever the weights), so that flat
  /// models fit.
  std::uint8_t model_fingerprint[8];
};

} // namespace tinyml::module

extern "C" {
extern const tinyml::module::TrainingInfo tinyml_training_info;
/// Losses and outputs of the batch alone; nothing that outlives the run changes. Batch
/// normalisation takes the batch's own statistics, as in a step.
void tinyml_training_forward();
/// `count` values of the flat model from `first` on, in and out. The range is the caller's to keep:
/// first + count <= parameter_count. Before the first load the model is as compiled: its initial
/// values when the module was built with them, else 0.
void tinyml_training_load(std::uint32_t first, const float *values, std::uint32_t count);
void tinyml_training_read(std::uint32_t first, float *values, std::uint32_t count);
/// The same for the vector that the correction takes; it has learned_count values. Without a
/// correction nothing happens.
void tinyml_training_load_correction(std::uint32_t first, const float *values, std::uint32_t count);
/// What the optimiser remembers (velocities, means, squares) becomes 0.
void tinyml_training_reset_moments();
}
