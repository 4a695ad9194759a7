// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/training_source.hpp"

#include "compiler/ir/types.hpp"
#include "kernels/isa/plain_half.hpp"

#include <algorithm>
#include <cstring>
#include <ostream>

namespace tinyml::codegen {
namespace {

const plan::VariablePlace &place_of(const plan::MemoryPlan &plan, ir::ValueId value) {
  return *std::find_if(plan.variables.begin(), plan.variables.end(),
                       [&](const plan::VariablePlace &place) { return place.value == value; });
}

std::vector<ir::ValueId> model_variables(const TrainingFacts &facts) {
  std::vector<ir::ValueId> model = facts.learned;
  model.insert(model.end(), facts.statistics.begin(), facts.statistics.end());
  return model;
}

std::int64_t total_count(const ir::Graph &graph, const std::vector<ir::ValueId> &values) {
  std::int64_t count = 0;
  for (const ir::ValueId value : values) {
    count += ir::element_count(graph.values[value].type.shape);
  }
  return count;
}

/// A table of FlatPart, offsets from the start of the array; nothing for an empty one.
void print_parts(std::ostream &out, const ModuleSummary &summary, const std::string &name,
                 const std::vector<ir::ValueId> &values) {
  if (values.empty()) {
    return;
  }
  out << "constexpr generic::training::FlatPart " << name << "[] = {\n";
  for (const ir::ValueId value : values) {
    const plan::VariablePlace &place = place_of(summary.plan, value);
    const bool half = place.storage == plan::VariableStorage::kFloat16;
    const std::uint32_t first = summary.plan.first_variable_bytes;
    out << "    "
        << Fields()
               .add("offset_bytes", place.offset_bytes - (place.offset_bytes < first ? 0 : first))
               .add("count", ir::element_count(summary.graph.values[value].type.shape))
               .add("is_half", half ? "true" : "false")
               .text()
        << ", // " << comment_text(summary.graph.values[value].name) << "\n";
  }
  out << "};\n\n";
}

/// A variable's content as it is stored.
void store(const ir::Value &value, const plan::VariablePlace &place, ir::ConstantData &bytes) {
  std::uint8_t *to = bytes.data() + place.offset_bytes;
  if (place.storage == plan::VariableStorage::kFloat32) {
    std::memcpy(to, value.constant->data(), place.size_bytes);
    return;
  }
  for (const float element : ir::elements_of<float>(value)) {
    const auto half = kernels::isa::plain_to_half(element);
    std::memcpy(to, &half.bits, sizeof half.bits);
    to += sizeof half.bits;
  }
}

ir::ConstantData initial_bytes(const ModuleSummary &summary) {
  ir::ConstantData bytes(summary.plan.first_variable_bytes, 0);
  for (const plan::VariablePlace &place : summary.plan.variables) {
    if (place.offset_bytes < bytes.size()) {
      store(summary.graph.values[place.value], place, bytes);
    }
  }
  return bytes;
}

/// The flat model is an array of its own, so that the rest costs no ROM where it has a content.
void print_arrays(std::ostream &out, const ModuleSummary &summary) {
  const plan::MemoryPlan &plan = summary.plan;
  const std::string begin = "alignas(" + std::to_string(plan.alignment_bytes) + ") std::uint8_t ";
  out << "/// What the module learns.\n"
      << begin << "model_bytes[" << plan.first_variable_bytes << "]";
  if (summary.options.training->initial_values) {
    out << " = {\n" << element_list(ir::ElementType::kUint8, initial_bytes(summary)) << "\n}";
  }
  out << ";\n/// What it remembers while it learns.\n"
      << begin << "memory_bytes[" << std::max(1U, plan.variable_bytes - plan.first_variable_bytes)
      << "];\n\ntemplate <typename T> T *variable(std::size_t offset) {\n"
      << "  return reinterpret_cast<T *>(offset < sizeof model_bytes\n"
      << "                                   ? model_bytes + offset\n"
      << "                                   : memory_bytes + (offset - sizeof model_bytes));\n"
      << "}\n\n";
}

std::string enumerator(module::ParameterStorage storage) {
  return storage == module::ParameterStorage::kFloat16 ? "kFloat16" : "kFloat32";
}

std::string enumerator(module::TrainingLoss loss) {
  return loss == module::TrainingLoss::kMeanSquaredError ? "kMeanSquaredError" : "kCrossEntropy";
}

std::string enumerator(module::TrainingOptimizer optimizer) {
  switch (optimizer) {
  case module::TrainingOptimizer::kMomentum:
    return "kMomentum";
  case module::TrainingOptimizer::kAdam:
    return "kAdam";
  case module::TrainingOptimizer::kSgd:
    break;
  }
  return "kSgd";
}

std::string enumerator(module::TrainingCorrection correction) {
  switch (correction) {
  case module::TrainingCorrection::kAnchor:
    return "kAnchor";
  case module::TrainingCorrection::kControl:
    return "kControl";
  case module::TrainingCorrection::kNone:
    break;
  }
  return "kNone";
}

Fields info_fields(const ModuleSummary &summary) {
  const TrainingFacts &facts = *summary.options.training;
  const auto &id = facts.model_fingerprint;
  const std::string scope = "tinyml::module::";
  return Fields()
      .add("abi_version", scope + "kTrainingAbiVersion")
      .add("batch", facts.batch)
      .add("parameter_count", total_count(summary.graph, model_variables(facts)))
      .add("learned_count", total_count(summary.graph, facts.learned))
      .add("sample_values", facts.sample_values)
      .add("output_values", facts.output_values)
      .add("variable_bytes", summary.plan.variable_bytes)
      .add("storage", scope + "ParameterStorage::" + enumerator(facts.storage))
      .add("loss", scope + "TrainingLoss::" + enumerator(facts.loss))
      .add("optimizer", scope + "TrainingOptimizer::" + enumerator(facts.optimizer))
      .add("correction", scope + "TrainingCorrection::" + enumerator(facts.correction))
      .add_list("model_fingerprint", {id.begin(), id.end()});
}

} // namespace

Expected<void> check_training(const ir::Graph &graph, const plan::MemoryPlan &plan,
                              const GenerateOptions &options) {
  if (plan.variables.empty() != !options.training) {
    return fail(ErrorCode::kInvalidInput,
                "a graph with variables becomes a training module, others do not");
  }
  if (!options.training) {
    return {};
  }
  const std::vector<ir::ValueId> model = model_variables(*options.training);
  for (std::size_t i = 0; i < model.size(); ++i) {
    if (i >= plan.variables.size() || plan.variables[i].value != model[i]) {
      return fail(ErrorCode::kInvalidInput, "the plan has other variables first than the model's");
    }
  }
  for (const auto *list : {&options.training->moments, &options.training->corrections}) {
    for (const ir::ValueId value : *list) {
      if (value >= graph.values.size() || !graph.values[value].variable) {
        return fail(ErrorCode::kInvalidInput, "a moment or correction is no variable");
      }
    }
  }
  return {};
}

void print_variable_memory(std::ostream &out, const ModuleSummary &summary) {
  if (!summary.options.training) {
    return;
  }
  const TrainingFacts &facts = *summary.options.training;
  print_arrays(out, summary);
  print_parts(out, summary, "kModelParts", model_variables(facts));
  print_parts(out, summary, "kCorrectionParts", facts.corrections);
  print_parts(out, summary, "kMomentParts", facts.moments);
}

void print_training_functions(std::ostream &out, const ModuleSummary &summary) {
  if (!summary.options.training) {
    return;
  }
  const TrainingFacts &facts = *summary.options.training;
  const std::string range = "(std::uint32_t first, const float *values, std::uint32_t count)";
  out << "const tinyml::module::TrainingInfo tinyml_training_info = "
      << info_fields(summary).lines() << ";\n\nvoid tinyml_training_load" << range << " {\n"
      << "  generic::training::load_flat(kModelParts, model_bytes, first, values, "
      << "count);\n}\n\n"
      << "void tinyml_training_read(std::uint32_t first, float *values, std::uint32_t count) {\n"
      << "  generic::training::read_flat(kModelParts, model_bytes, first, values, "
      << "count);\n}\n\n";
  if (facts.corrections.empty()) {
    out << "void tinyml_training_load_correction(std::uint32_t, const float *, std::uint32_t) "
        << "{}\n\n";
  } else {
    out << "void tinyml_training_load_correction" << range << " {\n"
        << "  generic::training::load_flat(kCorrectionParts, memory_bytes, first, values, "
        << "count);\n}\n\n";
  }
  out << "void tinyml_training_reset_moments() {";
  out << (facts.moments.empty()
              ? "}\n\n"
              : "\n  generic::training::clear_flat(kMomentParts, memory_bytes);\n}\n\n");
}

} // namespace tinyml::codegen
