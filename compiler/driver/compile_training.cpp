// SPDX-License-Identifier: Apache-2.0
#include "compiler/driver/compile_training.hpp"

#include "compiler/frontends/onnx/import.hpp"
#include "compiler/frontends/tflite/import.hpp"
#include "compiler/ir/text.hpp"
#include "compiler/ir/types.hpp"
#include "compiler/passes/passes.hpp"
#include "kernels/isa/registry.hpp"

#include <algorithm>

namespace tinyml::driver {
namespace {

using ir::ValueId;
using module::ParameterStorage;

/// What the model is, without its weights and its names.
std::array<std::uint8_t, 8> fingerprint(ir::Graph model) {
  model.name.clear();
  for (ir::Value &value : model.values) {
    value.name.clear();
    if (value.constant && value.type.element == ir::ElementType::kFloat32) {
      std::fill(value.constant->begin(), value.constant->end(), std::uint8_t{0});
    }
  }
  for (ir::Node &node : model.nodes) {
    node.name.clear();
  }
  std::uint64_t hash = 0xCBF29CE484222325U; // FNV-1a
  for (const char c : ir::print(model)) {
    hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001B3U;
  }
  std::array<std::uint8_t, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(hash >> (8 * i));
  }
  return bytes;
}

Expected<void> check_float(const ir::Graph &model) {
  for (const ir::Value &value : model.values) {
    if (value.type.quantization) {
      return fail(
          ErrorCode::kInvalidInput,
          "this model is quantised: only a float model learns. Take the float model that it "
          "was made from");
    }
  }
  return {};
}

/// Where the last layer alone learns, what stands before it computes as in inference.
Expected<ir::Graph> prepared(ir::Graph model, const TrainingCompileOptions &options) {
  if (auto checked = check_float(model); !checked) {
    return Failure{checked.error()};
  }
  const auto done = options.last_layer_only ? passes::run_default_passes(model)
                                            : passes::run_training_passes(model);
  return done ? Expected<ir::Graph>(std::move(model)) : Failure{done.error()};
}

Expected<autodiff::TrainingOptions> step_options(const TrainingCompileOptions &options) {
  const auto *set = kernels::isa::find_kernel_set(options.isa);
  if (set == nullptr) {
    return fail(ErrorCode::kUnsupported, "there are no kernels for the instruction set '" +
                                             options.isa +
                                             "'; there are: " + kernels::isa::kernel_set_names());
  }
  return autodiff::TrainingOptions{.loss = options.loss,
                                   .optimizer = options.optimizer,
                                   .momentum = options.momentum,
                                   .correction = options.correction,
                                   .proximal_strength = options.proximal_strength,
                                   .batch =
                                       options.batch == 0 ? set->training_batch : options.batch,
                                   .last_layer_only = options.last_layer_only,
                                   .fuse = options.fuse};
}

module::TrainingLoss abi_loss(autodiff::Loss loss) {
  return loss == autodiff::Loss::kCrossEntropy ? module::TrainingLoss::kCrossEntropy
                                               : module::TrainingLoss::kMeanSquaredError;
}

module::TrainingOptimizer abi_optimizer(autodiff::Optimizer optimizer) {
  switch (optimizer) {
  case autodiff::Optimizer::kMomentum:
    return module::TrainingOptimizer::kMomentum;
  case autodiff::Optimizer::kAdam:
    return module::TrainingOptimizer::kAdam;
  case autodiff::Optimizer::kSgd:
    break;
  }
  return module::TrainingOptimizer::kSgd;
}

module::TrainingCorrection abi_correction(autodiff::Correction correction) {
  switch (correction) {
  case autodiff::Correction::kProximal:
    return module::TrainingCorrection::kAnchor;
  case autodiff::Correction::kControl:
    return module::TrainingCorrection::kControl;
  case autodiff::Correction::kNone:
    break;
  }
  return module::TrainingCorrection::kNone;
}

codegen::TrainingFacts facts_of(const autodiff::TrainingStep &step, const ir::Graph &model,
                                const autodiff::TrainingOptions &options) {
  codegen::TrainingFacts facts;
  for (const autodiff::Parameter &parameter : step.parameters) {
    facts.learned.push_back(parameter.value);
    facts.moments.insert(facts.moments.end(), parameter.moments.begin(), parameter.moments.end());
    if (parameter.correction) {
      facts.corrections.push_back(*parameter.correction);
    }
  }
  const auto per_sample = [&](ValueId id) {
    return static_cast<std::uint32_t>(ir::element_count(step.graph.values[id].type.shape) /
                                      options.batch);
  };
  facts.statistics = step.statistics;
  facts.batch = static_cast<std::uint32_t>(options.batch);
  facts.sample_values = per_sample(step.graph.inputs[0]);
  facts.output_values = per_sample(step.graph.outputs[1]);
  facts.loss = abi_loss(options.loss);
  facts.optimizer = abi_optimizer(options.optimizer);
  facts.correction = abi_correction(options.correction);
  facts.model_fingerprint = fingerprint(model);
  return facts;
}

/// Everything that reads the variable can read float16: products, and the update itself.
bool can_be_half(const ir::Graph &graph, ValueId variable) {
  return std::all_of(graph.nodes.begin(), graph.nodes.end(), [&](const ir::Node &node) {
    const bool reads =
        std::find(node.inputs.begin(), node.inputs.end(), variable) != node.inputs.end();
    return !reads || codegen::reads_half(node);
  });
}

std::vector<plan::VariableWish> variable_wishes(const ir::Graph &graph,
                                                const codegen::TrainingFacts &facts) {
  std::vector<plan::VariableWish> wishes;
  for (const ValueId value : facts.learned) {
    const bool half = facts.storage == ParameterStorage::kFloat16 && can_be_half(graph, value);
    wishes.push_back(
        {value, half ? plan::VariableStorage::kFloat16 : plan::VariableStorage::kFloat32});
  }
  for (const ValueId value : facts.statistics) {
    wishes.push_back({value, plan::VariableStorage::kFloat32});
  }
  return wishes;
}

/// Whole vectors where the batch has them; a processor without vectors needs nothing.
std::uint32_t alignment_for(const kernels::isa::KernelSet &set, std::int64_t batch) {
  const auto vector = static_cast<std::uint32_t>(set.sample_lanes) * std::uint32_t{sizeof(float)};
  return batch % set.sample_lanes == 0 ? std::min(vector, plan::kMaxTensorAlignment)
                                       : std::uint32_t{sizeof(float)};
}

std::vector<float> initial_values(const ir::Graph &graph, const codegen::TrainingFacts &facts) {
  std::vector<float> flat;
  for (const auto *list : {&facts.learned, &facts.statistics}) {
    for (const ValueId value : *list) {
      const auto elements = ir::elements_of<float>(graph.values[value]);
      flat.insert(flat.end(), elements.begin(), elements.end());
    }
  }
  return flat;
}

Expected<void> generate_into(CompiledTraining &training, const TrainingCompileOptions &options) {
  CompiledModel &model = training.model;
  auto plan = plan::make_plan(
      model.graph, {.isa = options.isa,
                    .tensor_alignment_bytes = alignment_for(
                        *kernels::isa::find_kernel_set(options.isa), training.facts.batch),
                    .first_variables = variable_wishes(model.graph, training.facts)});
  if (!plan) {
    return Failure{plan.error()};
  }
  auto module = codegen::generate(model.graph, *plan,
                                  {.model_name = options.model_name,
                                   .build_id = options.build_id,
                                   .isa = options.isa,
                                   .training = training.facts,
                                   .contract = !options.deterministic});
  if (!module) {
    return Failure{module.error()};
  }
  model.plan = *std::move(plan);
  model.module = *std::move(module);
  return {};
}

} // namespace

Expected<ir::Graph> load_trainable_model(ByteView model) {
  auto graph =
      tflite::is_tflite(model) ? tflite::import_tflite(model) : onnx::import_onnx(model, {});
  if (!graph) {
    return graph;
  }
  if (const auto done = passes::run_training_passes(*graph); !done) {
    return Failure{done.error()};
  }
  return graph;
}

Expected<CompiledTraining> compile_training(const ir::Graph &model,
                                            const TrainingCompileOptions &options) {
  const auto step_wishes = step_options(options);
  if (!step_wishes) {
    return Failure{step_wishes.error()};
  }
  const auto canonical = prepared(model, options);
  if (!canonical) {
    return Failure{canonical.error()};
  }
  auto step = autodiff::make_training_step(*canonical, *step_wishes);
  if (!step) {
    return Failure{step.error()};
  }
  if (step->parameters.empty()) {
    return fail(ErrorCode::kUnsupported, "the model has nothing that could learn");
  }
  CompiledTraining training;
  training.facts = facts_of(*step, *canonical, *step_wishes);
  training.facts.storage = options.storage;
  training.facts.initial_values = options.initial_values;
  training.initial = initial_values(step->graph, training.facts);
  training.model.graph = std::move(step->graph);
  training.model.optimize = options.optimize;
  if (const auto generated = generate_into(training, options); !generated) {
    return Failure{generated.error()};
  }
  return training;
}

} // namespace tinyml::driver
