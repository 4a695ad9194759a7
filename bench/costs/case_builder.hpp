// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/costs/kernel_cases.hpp"
#include "compiler/ir/edit.hpp"

#include <random>

namespace tinyml::bench {

/// Makes graphs of one operator. What the kernels refuse is left out.
class CaseBuilder {
public:
  explicit CaseBuilder(ir::ElementType element) : element_(element) {}

  struct WindowShape {
    std::int64_t height, width, channels, outputs, kernel, stride, pad, groups = 1;
  };
  void convolution(const WindowShape &shape);
  void depthwise(const WindowShape &shape);
  void pool(ir::Op op, const WindowShape &shape);
  void fully_connected(std::int64_t rows, std::int64_t inputs, std::int64_t outputs);
  void matmul(std::int64_t rows, std::int64_t inner, std::int64_t columns);
  /// One tensor in, one of the same type out.
  void unary(ir::Op op, const ir::Shape &shape, const ir::Attributes &attributes = {});
  void softmax(std::int64_t rows, std::int64_t columns);
  void binary(ir::Op op, const ir::Shape &a, const ir::Shape &b);
  void concat(const ir::Shape &a, const ir::Shape &b, std::int64_t axis);
  /// `output` says what comes out.
  void convert(ir::Op op, const ir::Shape &shape, ir::ElementType from, ir::ElementType to);

  [[nodiscard]] std::vector<KernelCase> take() { return std::move(cases_); }

private:
  [[nodiscard]] bool is_float() const { return element_ == ir::ElementType::kFloat32; }
  [[nodiscard]] ir::TensorType type(ir::ElementType element, const ir::Shape &shape) const;
  [[nodiscard]] ir::TensorType type(const ir::Shape &shape) const { return type(element_, shape); }
  ir::ValueId weights(ir::Graph &graph, const ir::Shape &shape, int axis);
  ir::ValueId bias(ir::Graph &graph, std::int64_t outputs);
  void add(ir::Graph graph, ir::NodeSpec spec, const ir::TensorType &output);

  ir::ElementType element_;
  std::mt19937 random_{1};
  std::vector<KernelCase> cases_;
};

} // namespace tinyml::bench
