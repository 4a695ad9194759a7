// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "compiler/ir/graph.hpp"
#include "compiler/plan/plan.hpp"
#include "kernels/training_abi.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// From a planned graph to C++17 that a person can read and that defines kernels/module_abi.hpp.
namespace tinyml::codegen {

/// How kernels become code.
enum class Instantiation : std::uint8_t {
  kShared,   ///< one function an operator, parameters in ROM: smallest
  kPerLayer, ///< one instance a layer, parameters folded into the code: larger, faster
  kBalanced, ///< an instance of its own for the layers that do much of the work, shared for the
             ///< rest
};

/// What a module that learns tells of itself (kernels/training_abi.hpp). The plan has the learned
/// variables and then the statistics as its first variables.
struct TrainingFacts {
  std::vector<ir::ValueId> learned;
  std::vector<ir::ValueId> statistics;
  std::vector<ir::ValueId> moments;
  std::vector<ir::ValueId> corrections; ///< one a learned variable, or none at all
  std::uint32_t batch = 1;
  std::uint32_t sample_values = 0;
  std::uint32_t output_values = 0;
  module::ParameterStorage storage = module::ParameterStorage::kFloat32;
  module::TrainingLoss loss = module::TrainingLoss::kCrossEntropy;
  module::TrainingOptimizer optimizer = module::TrainingOptimizer::kSgd;
  module::TrainingCorrection correction = module::TrainingCorrection::kNone;
  std::array<std::uint8_t, 8> model_fingerprint{};
  /// The module begins with the content that the graph's variables have, which costs ROM; else with
  /// zeros.
  bool initial_values = false;
};

struct GenerateOptions {
  std::string model_name;                  ///< any text; escaped where it becomes a literal
  std::array<std::uint8_t, 16> build_id{}; ///< ModuleInfo::build_id
  std::string isa = "scalar"; ///< a folder of kernels/isa: decides how weights are packed
  Instantiation instantiation = Instantiation::kShared;
  std::optional<TrainingFacts> training = {}; ///< for a graph with variables
  /// Multiplications may be fused with additions: faster where there are such instructions, but
  /// last places differ from processor to processor.
  bool contract = false;
};

struct SourceFile {
  std::string name; ///< plain file name: letters, digits, '_' and '.'
  std::string text;
};

/// One operator as compiled, in the order of execution.
struct LayerReport {
  std::string name;  ///< node name of the source model, as given
  std::string op;    ///< e.g. "conv2d"
  std::string shape; ///< e.g. "28x28x1 -> 28x28x6"
  std::uint64_t macs = 0;
  /// As packed: filter, bias, requantisation tables. What an earlier layer has is not counted
  /// again.
  std::uint64_t weight_bytes = 0;
};

/// One tensor in the arena.
struct TensorReport {
  std::string name;
  std::string type; ///< e.g. "int8 1x28x28x6"
  plan::Placement placement;
};

struct GeneratedModule {
  /// Each .cpp is a translation unit; compile with the root that has base/ and kernels/ as include
  /// path and -DTINYML_ISA=<isa> when that is not "scalar".
  std::vector<SourceFile> files;
  std::uint32_t arena_bytes = 0;
  std::uint32_t state_bytes = 0;    ///< kept between inferences, beside the arena
  std::uint32_t variable_bytes = 0; ///< what learns, beside the arena
  std::uint64_t weight_bytes = 0;
  std::uint64_t macs = 0;
  std::vector<LayerReport> layers;
  std::vector<TensorReport> tensors;
};

/// Whether the kernel of this operator reads parameters that are stored as float16.
[[nodiscard]] bool reads_half(const ir::Node &node);

/// The same graph, plan and options give the same bytes. Errors: kUnsupported names the operator
/// and the node that no kernel can do; kInvalidInput when plan and graph do not belong together.
[[nodiscard]] Expected<GeneratedModule>
generate(const ir::Graph &graph, const plan::MemoryPlan &plan, const GenerateOptions &options);

} // namespace tinyml::codegen
