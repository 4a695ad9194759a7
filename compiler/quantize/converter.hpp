// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/edit.hpp"
#include "compiler/quantize/assignment.hpp"

#include <map>

namespace tinyml::quantize {

/// Writes the integer graph node by node; where a float32 node meets an integer one, a quantize or
/// dequantize. The first error sticks.
class Converter {
public:
  /// `forms` says what each node computes with (forms.hpp).
  Converter(const ir::Graph &graph, const Assignment &assignment,
            const std::vector<ir::ElementType> &forms, const QuantizeOptions &options)
      : from_(graph), assigned_(assignment), forms_(forms), options_(options) {}

  /// Once.
  [[nodiscard]] Expected<ir::Graph> run();

  /// After `run`: for each value of the float graph, the one that its own node made.
  [[nodiscard]] const std::vector<ir::ValueId> &made() const { return made_; }

private:
  using Form = std::pair<ir::ValueId, ir::ElementType>;

  [[nodiscard]] bool is_integer(ir::ElementType element) const { return element == integers(); }
  [[nodiscard]] ir::ElementType integers() const { return assigned_.element; }
  [[nodiscard]] const ir::Quantization &quantization(ir::ValueId id) const {
    return *assigned_.of[id];
  }
  [[nodiscard]] ir::TensorType type_of(ir::ValueId id) const {
    return {integers(), from_.values[id].type.shape, quantization(id)};
  }

  [[nodiscard]] ir::ElementType form_of(ir::ValueId id) const;
  void add_inputs();
  void add_outputs();
  ir::ValueId as(ir::ValueId id, ir::ElementType wanted);
  ir::ValueId add_constant(ir::ValueId id, ir::ElementType wanted);
  ir::ValueId add_conversion(ir::ValueId id, ir::ElementType wanted);
  ir::ValueId emit(const ir::Node &like, ir::Op op, std::vector<ir::ValueId> inputs,
                   std::optional<ir::TensorType> type);
  ir::ValueId requantized(const ir::Node &node, ir::ValueId id, const ir::Quantization &wanted);
  ir::ValueId convert(const ir::Node &node);
  ir::ValueId copy(const ir::Node &node);
  ir::ValueId same_operator(const ir::Node &node);
  ir::ValueId concat(const ir::Node &node);
  ir::ValueId layer(const ir::Node &node);

  const ir::Graph &from_;
  const Assignment &assigned_;
  const std::vector<ir::ElementType> &forms_;
  const QuantizeOptions &options_;
  ir::Graph to_;
  std::map<Form, ir::ValueId> ids_; ///< what there is of each value of the float graph
  std::vector<ir::ValueId> made_;
  std::optional<HostError> error_;
};

} // namespace tinyml::quantize
