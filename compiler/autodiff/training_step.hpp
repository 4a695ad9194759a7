// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "compiler/ir/graph.hpp"

#include <string>
#include <vector>

namespace tinyml::autodiff {

enum class Loss : std::uint8_t {
  kCrossEntropy, ///< of a softmax over the model's output (a softmax at its end is taken off)
  kMeanSquaredError,
};

enum class Optimizer : std::uint8_t { kSgd, kMomentum, kAdam };

/// What besides the loss pulls at the parameters (see TrainingStep).
enum class Correction : std::uint8_t {
  kNone,
  /// FedProx (Li et al., MLSys 2020): gradient + strength * (parameter - anchor).
  kProximal,
  /// SCAFFOLD (Karimireddy et al., ICML 2020): gradient + control.
  kControl,
};

struct TrainingOptions {
  Loss loss = Loss::kCrossEntropy;
  Optimizer optimizer = Optimizer::kSgd;
  double momentum = 0.9;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  Correction correction = Correction::kNone;
  double proximal_strength = 0.01;
  std::int64_t batch = 1;
  /// Activations are [.., batch] instead of [batch, ..]: vector lanes are samples. The same
  /// memory when the batch is 1.
  bool batch_innermost = true;
  /// Only the last layer with parameters learns; the others stay as they are.
  bool last_layer_only = false;
  /// Updates by SGD without stored gradients, pools without what they leave away (fuse.hpp). Needs
  /// batch_innermost.
  bool fuse = false;
};

/// One parameter with all that belongs to it; ids are variables of the graph.
struct Parameter {
  ir::ValueId value = 0;
  std::vector<ir::ValueId> moments;      ///< of the optimiser: none, velocity, or mean and square
  std::optional<ir::ValueId> correction; ///< anchor or control
};

/// Inputs of the graph: the model's own with the batch in front, then labels i32[batch] (cross
/// entropy; a label that is no class switches the sample off) or targets like the model's output,
/// then the rate f32[1]. Outputs: losses f32[batch], then the model's outputs (logits).
struct TrainingStep {
  ir::Graph graph;
  std::vector<Parameter> parameters; ///< in the order of the model's nodes and their inputs
  /// Running means and variances that inference normalises with, in the order of the model's nodes.
  std::vector<ir::ValueId> statistics;
};

/// `model` is a float graph with one input and one output, in canonical form but for batch
/// normalisation, which may still be there: it learns, from the statistics of each batch. Errors:
/// kUnsupported names the node that has no gradient.
[[nodiscard]] Expected<TrainingStep> make_training_step(const ir::Graph &model,
                                                        const TrainingOptions &options);

/// The loss and its gradients, for tests: outputs are losses, then one gradient a parameter.
[[nodiscard]] Expected<TrainingStep> make_gradients(const ir::Graph &model,
                                                    const TrainingOptions &options);

} // namespace tinyml::autodiff
