// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/edit.hpp"

#include <optional>

namespace tinyml::passes {

/// The quantisation of a tensor after a transpose: its axis moves along.
[[nodiscard]] std::optional<ir::Quantization>
transposed(std::optional<ir::Quantization> quantization,
           const std::vector<std::int64_t> &permutation);

/// Walks a graph's nodes in order and writes the new list. A pass looks at each node (its inputs
/// already stand for replaced values) and either keeps it, or emits others and replaces its output.
class Rewriter {
public:
  explicit Rewriter(ir::Graph &graph);

  /// Calls `visit(node)` for every node; the node is kept when it returns false.
  template <typename Visit> [[nodiscard]] Expected<void> run(const Visit &visit) {
    std::vector<ir::Node> nodes = std::move(graph_.nodes);
    graph_.nodes.clear();
    for (ir::Node &node : nodes) {
      redirect(node.inputs);
      if (!visit(node)) {
        keep(std::move(node));
      }
      if (error_) {
        return Failure{*error_};
      }
    }
    finish();
    return {};
  }

  [[nodiscard]] ir::Graph &graph() { return graph_; }
  [[nodiscard]] const ir::Value &value(ir::ValueId id) const { return graph_.values[id]; }
  [[nodiscard]] const ir::Shape &shape(ir::ValueId id) const { return value(id).type.shape; }
  [[nodiscard]] bool is_float_constant(ir::ValueId id) const;

  /// The kept or emitted node that makes the value; null for inputs and constants.
  [[nodiscard]] ir::Node *producer(ir::ValueId id);
  [[nodiscard]] bool is_used_once(ir::ValueId id) const { return uses_[id] == 1; }

  /// Adds a node; errors stick and end the walk. Returns kNoValue after an error.
  ir::ValueId emit(ir::Op op, std::vector<ir::ValueId> inputs, ir::Attributes attributes,
                   const std::string &name, std::optional<ir::TensorType> declared = {});
  /// The same, but nothing where the operator cannot take its inputs.
  std::optional<ir::ValueId> try_emit(const ir::Node &like, std::vector<ir::ValueId> inputs,
                                      ir::Attributes attributes);
  ir::ValueId reshape(ir::ValueId x, ir::Shape shape, const std::string &name);
  ir::ValueId transpose(ir::ValueId x, const std::vector<std::int64_t> &permutation,
                        const std::string &name);
  ir::ValueId constant(const std::string &name, ir::Shape shape,
                       const std::vector<float> &elements);

  /// From here on `node`'s output is `by`; the node is dropped. The name of a graph output and a
  /// quantisation move along.
  void replace(const ir::Node &node, ir::ValueId by);

  /// The same for a value whose node is kept, or was never emitted.
  void let_stand_for(ir::ValueId old, ir::ValueId by);

  void keep(ir::Node node);

private:
  void redirect(std::vector<ir::ValueId> &ids) const;
  void note_new_values();
  void finish();

  ir::Graph &graph_;
  std::vector<ir::ValueId> stands_for_; ///< by value; itself unless replaced
  std::vector<std::size_t> uses_;
  std::vector<ir::NodeId> producers_; ///< index into the new node list
  std::vector<bool> is_output_;       ///< of the graph
  std::optional<HostError> error_;
};

} // namespace tinyml::passes
