// SPDX-License-Identifier: Apache-2.0
#include "compiler/autodiff/writer.hpp"

#include "compiler/ir/operators.hpp"

namespace tinyml::autodiff {

void Writer::refuse(const ir::Node &node, const std::string &why) {
  if (ok()) {
    error_ = fail(ErrorCode::kUnsupported, ir::describe(node) + " " + why);
  }
}

ir::ValueId Writer::emit(ir::Op op, std::vector<ir::ValueId> inputs, ir::Attributes attributes,
                         std::optional<ir::TensorType> declared) {
  if (!ok()) {
    return 0;
  }
  ir::NodeSpec spec{op, std::move(inputs), std::move(attributes)};
  spec.name = std::string(ir::op_name(op)) + std::to_string(graph_.nodes.size());
  spec.declared = std::move(declared);
  const auto added = ir::add_node(graph_, std::move(spec));
  if (!added) {
    error_ = Failure{added.error()};
    return 0;
  }
  return *added;
}

ir::ValueId Writer::reshape(ir::ValueId a, ir::Shape shape) {
  if (!ok() || this->shape(a) == shape) {
    return a;
  }
  return emit(ir::Op::kReshape, {a}, {},
              ir::TensorType{ir::ElementType::kFloat32, std::move(shape), {}});
}

ir::ValueId Writer::sum(ir::ValueId a, std::vector<std::int64_t> axes) {
  if (!ok() || axes.empty()) {
    return a;
  }
  return emit(ir::Op::kReduce, {a},
              {{"function", std::string("sum")},
               {"axes", std::move(axes)},
               {"keep_dims", std::int64_t{0}}});
}

ir::ValueId Writer::sum_to(ir::ValueId a, const ir::Shape &shape) {
  if (!ok() || this->shape(a) == shape) {
    return a;
  }
  const ir::Shape &wide = this->shape(a);
  std::vector<std::int64_t> axes;
  for (std::size_t axis = 0; axis < wide.size(); ++axis) {
    const std::size_t missing = wide.size() - shape.size();
    if (axis < missing || (shape[axis - missing] == 1 && wide[axis] != 1)) {
      axes.push_back(static_cast<std::int64_t>(axis));
    }
  }
  return reshape(sum(a, std::move(axes)), shape);
}

ir::ValueId Writer::number(double value) {
  if (!ok()) {
    return 0;
  }
  return ir::add_float_constant(graph_, "", {1}, {static_cast<float>(value)});
}

} // namespace tinyml::autodiff
