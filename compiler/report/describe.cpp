// SPDX-License-Identifier: Apache-2.0
#include "compiler/report/describe.hpp"

#include "compiler/ir/attributes.hpp"
#include "compiler/ir/edit.hpp"
#include "compiler/ir/operators.hpp"
#include "compiler/ir/types.hpp"
#include "compiler/plan/kernel_facts.hpp"
#include "compiler/plan/liveness.hpp"
#include "kernels/isa/registry.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>

namespace tinyml::report {
namespace {

using ir::Op;

class Describer {
public:
  explicit Describer(const Subject &subject)
      : subject_(subject),
        buffers_(plan::find_buffers(subject.graph, *kernels::isa::find_packing(subject.plan.isa),
                                    subject.plan.joined)) {}

  Report run() {
    add_tensors();
    add_values();
    add_scratch();
    add_states();
    for (std::uint32_t step = 0; step < subject_.plan.order.size(); ++step) {
      add_layer(step);
    }
    add_memory();
    add_instructions();
    return std::move(report_);
  }

private:
  const ir::Node &node_at(std::uint32_t step) const {
    return subject_.graph.nodes[subject_.plan.order[step]];
  }

  /// Steps by the value they make.
  std::vector<std::optional<std::uint32_t>> makers() const {
    std::vector<std::optional<std::uint32_t>> steps(subject_.graph.values.size());
    for (std::uint32_t step = 0; step < subject_.plan.order.size(); ++step) {
      for (const ir::ValueId value : node_at(step).outputs) {
        steps[value] = step;
      }
    }
    return steps;
  }

  void add_tensors() {
    const auto maker = makers();
    of_buffer_.resize(buffers_.list.size());
    for (std::size_t i = 0; i < buffers_.list.size(); ++i) {
      const plan::Buffer &buffer = buffers_.list[i];
      const ir::ValueId first = buffer.values.front();
      const auto &place = subject_.plan.placements[first];
      if (!place) {
        continue;
      }
      Tensor tensor{.type = ir::type_text(plain_type(first)),
                    .role = role_of(buffer),
                    .offset_bytes = place->offset_bytes,
                    .size_bytes = place->size_bytes,
                    .first_step = place->first_step,
                    .last_step = place->last_step,
                    .made_by = maker[first]};
      for (const ir::ValueId value : buffer.values) {
        tensor.names.push_back(subject_.graph.values[value].name);
      }
      of_buffer_[i] = static_cast<std::uint32_t>(report_.tensors.size());
      report_.tensors.push_back(std::move(tensor));
    }
  }

  /// Without its quantisation, which would not fit on a label.
  ir::TensorType plain_type(ir::ValueId value) const {
    const ir::TensorType &type = subject_.graph.values[value].type;
    return {type.element, type.shape, {}};
  }

  Role role_of(const plan::Buffer &buffer) const {
    const auto &inputs = subject_.graph.inputs;
    const bool input =
        std::find(inputs.begin(), inputs.end(), buffer.values.front()) != inputs.end();
    return buffer.is_graph_output ? Role::kOutput : input ? Role::kInput : Role::kActivation;
  }

  void add_scratch() {
    for (const plan::Scratch &scratch : subject_.plan.scratch) {
      const auto &order = subject_.plan.order;
      const auto step = static_cast<std::uint32_t>(
          std::find(order.begin(), order.end(), scratch.node) - order.begin());
      report_.tensors.push_back({.names = {"scratch of " + subject_.graph.nodes[scratch.node].name},
                                 .type = "",
                                 .role = Role::kScratch,
                                 .offset_bytes = scratch.offset_bytes,
                                 .size_bytes = scratch.size_bytes,
                                 .first_step = step,
                                 .last_step = step,
                                 .made_by = step});
    }
  }

  void add_values() {
    of_value_.resize(subject_.graph.values.size());
    for (ir::ValueId id = 0; id < subject_.graph.values.size(); ++id) {
      const auto buffer = buffers_.of_value[id];
      if (buffer && of_buffer_[*buffer]) {
        of_value_[id] = static_cast<std::uint32_t>(report_.values.size());
        report_.values.push_back(
            {subject_.graph.values[id].name, ir::type_text(plain_type(id)), *of_buffer_[*buffer]});
      }
    }
    report_.inputs = values_of(subject_.graph.inputs);
    report_.outputs = values_of(subject_.graph.outputs);
  }

  /// In a memory of its own, alive all the time.
  void add_states() {
    const auto last = static_cast<std::uint32_t>(subject_.plan.order.size()) - 1;
    for (const plan::StatePlace &place : subject_.plan.states) {
      report_.tensors.push_back(
          {.names = {"state of " + subject_.graph.nodes[place.node].name},
           .type = ir::type_text({place.part.element, {place.part.count}, {}}),
           .role = Role::kState,
           .memory = 1,
           .offset_bytes = place.offset_bytes,
           .size_bytes = place.size_bytes,
           .first_step = 0,
           .last_step = last,
           .made_by = {}});
    }
  }

  std::vector<std::uint32_t> values_of(const std::vector<ir::ValueId> &ids) const {
    std::vector<std::uint32_t> values;
    for (const ir::ValueId id : ids) {
      if (of_value_[id]) {
        values.push_back(*of_value_[id]);
      }
    }
    return values;
  }

  void add_layer(std::uint32_t step) {
    const ir::Node &node = node_at(step);
    Layer layer{.name = node.name,
                .op = std::string(ir::op_name(node.op)),
                .detail = detail_of(node),
                .output_type = ir::type_text(plain_type(node.outputs[0])),
                .kernel = kernel_name(subject_.graph, node),
                .instructions = {},
                .used_bytes = used_bytes_at(step),
                .reads = values_of(node.inputs),
                .writes = values_of(node.outputs)};
    if (step < subject_.module.layers.size()) {
      layer.macs = subject_.module.layers[step].macs;
      layer.weight_bytes = subject_.module.layers[step].weight_bytes;
    }
    if (plan::shares_storage(node)) {
      layer.instructions = 0;
    } else if (const KernelCost *cost = cost_of(node)) {
      layer.instructions = estimated_instructions(*cost, subject_.graph, node);
    }
    report_.macs += layer.macs;
    report_.layers.push_back(std::move(layer));
  }

  const KernelCost *cost_of(const ir::Node &node) const {
    return subject_.costs == nullptr ? nullptr : subject_.costs->find(subject_.graph, node);
  }

  std::string detail_of(const ir::Node &node) const {
    std::string text;
    const bool filtered = node.op == Op::kConv2d || node.op == Op::kDepthwiseConv2d;
    if (filtered || node.op == Op::kMaxPool2d || node.op == Op::kAveragePool2d) {
      const ir::Window w = ir::window_of(
          node, filtered ? subject_.graph.values[node.inputs[1]].type.shape : ir::Shape{});
      text = fmt::format("{}x{}", w.kernel_h, w.kernel_w);
      if (w.stride_h != 1 || w.stride_w != 1) {
        text += w.stride_h == w.stride_w ? fmt::format(" stride {}", w.stride_h)
                                         : fmt::format(" stride {}x{}", w.stride_h, w.stride_w);
      }
    }
    const std::string activation = ir::text_attribute(node, "activation", "none");
    if (activation == "relu" || activation == "relu6") {
      text += (text.empty() ? "" : " ") + activation;
    }
    return text;
  }

  /// Bytes in the union of all storage that is alive at a step.
  std::uint64_t used_bytes_at(std::uint32_t step) const {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
    for (const Tensor &tensor : report_.tensors) {
      if (tensor.first_step <= step && step <= tensor.last_step) {
        const std::uint64_t from = (std::uint64_t{tensor.memory} << 32) + tensor.offset_bytes;
        ranges.emplace_back(from, from + tensor.size_bytes);
      }
    }
    std::sort(ranges.begin(), ranges.end());
    std::uint64_t used = 0;
    std::uint64_t end = 0;
    for (const auto &[from, to] : ranges) {
      used += to > end ? to - std::max(from, end) : 0;
      end = std::max(end, to);
    }
    return used;
  }

  void add_memory() {
    report_.memories.push_back({.name = "arena",
                                .used_bytes = subject_.plan.arena_bytes,
                                .lower_bound_bytes = subject_.plan.lower_bound_bytes,
                                .disjoint_bytes = subject_.plan.peak_live_bytes,
                                .optimal = subject_.plan.optimal,
                                .limit_bytes = {}});
    if (subject_.plan.state_bytes > 0) {
      const std::uint64_t bytes = subject_.plan.state_bytes;
      report_.memories.push_back({"state, kept between inferences", bytes, bytes, bytes, true, {}});
    }
  }

  void add_instructions() {
    if (subject_.costs == nullptr) {
      return;
    }
    std::set<std::string> unmeasured;
    double sum = 0;
    for (const Layer &layer : report_.layers) {
      sum += layer.instructions.value_or(0);
      if (!layer.instructions) {
        unmeasured.insert(layer.kernel);
      }
    }
    report_.cost_source =
        fmt::format("kernels measured on board {} ({}, kernel set {})", subject_.costs->board,
                    subject_.costs->isa, subject_.costs->kernels);
    if (unmeasured.empty()) {
      report_.instructions = sum;
    } else {
      report_.notes.push_back(
          fmt::format("no measured cost of {}: instructions are given only for other layers",
                      fmt::join(unmeasured, ", ")));
    }
  }

  const Subject &subject_;
  plan::Buffers buffers_;
  std::vector<std::optional<std::uint32_t>> of_buffer_; ///< tensor
  std::vector<std::optional<std::uint32_t>> of_value_;  ///< index into Report::values
  Report report_;
};

} // namespace

const char *name_of(Role role) {
  switch (role) {
  case Role::kInput:
    return "input";
  case Role::kOutput:
    return "output";
  case Role::kScratch:
    return "scratch";
  case Role::kState:
    return "state";
  case Role::kActivation:
    break;
  }
  return "activation";
}

Report describe(const Subject &subject) { return Describer(subject).run(); }

} // namespace tinyml::report
