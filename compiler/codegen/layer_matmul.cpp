// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/layer.hpp"

#include "compiler/ir/types.hpp"
#include "kernels/reference/requantize.hpp"

#include <optional>

/// Products of two computed matrices.
namespace tinyml::codegen {
namespace {

/// How far an operand moves a batch: its whole matrix, or 0 when it has one batch only. Absent when
/// some batch dimensions are broadcast and others are not.
std::optional<std::int64_t> batch_step(const ir::Shape &operand, const ir::Shape &out) {
  const std::int64_t matrix = operand[operand.size() - 2] * operand.back();
  const std::int64_t batches = ir::element_count(operand) / matrix;
  const std::int64_t wanted = ir::element_count(out) / (out[out.size() - 2] * out[out.size() - 1]);
  if (batches == wanted) {
    return matrix;
  }
  return batches == 1 ? std::optional<std::int64_t>(0) : std::nullopt;
}

/// As kernels/generic/matmul_quantized.hpp ends.
void add_arithmetic(const LayerContext &c, Fields &fields) {
  const kernels::Multiplier m =
      kernels::convolution_multiplier(c.scale(c.in(0)), c.scale(c.in(1)), c.scale(c.out()));
  fields
      .add("multiplier", Fields()
                             .add("value", c.is_int16() ? kernels::fraction16(m) : m.value)
                             .add("shift", m.shift))
      .add("a_zero_point", c.zero_point(c.in(0)))
      .add("b_zero_point", c.zero_point(c.in(1)))
      .add("output_zero_point", c.zero_point(c.out()));
}

} // namespace

Expected<Layer> make_matmul(const LayerContext &c) {
  const ir::Shape &a = c.in(0).shape;
  const ir::Shape &b = c.in(1).shape;
  const ir::Shape &out = c.out().shape;
  if (a.size() < 2 || b.size() < 2 || out.size() < 2) {
    return c.unsupported("a vector operand; reshape it to a matrix");
  }
  const auto a_step = batch_step(a, out);
  const auto b_step = batch_step(b, out);
  if (!a_step || !b_step) {
    return c.unsupported("an operand is broadcast along some batch dimensions but not all");
  }
  Layer layer;
  const bool quantized = c.in().element != ir::ElementType::kFloat32;
  layer.header = quantized ? "matmul_quantized.hpp" : "matmul.hpp";
  layer.macs = static_cast<std::uint64_t>(ir::element_count(out) * a.back());
  Fields parameters;
  parameters.add("batches", ir::element_count(out) / (out[out.size() - 2] * out.back()))
      .add("rows", out[out.size() - 2])
      .add("inner", a.back())
      .add("columns", out.back())
      .add("a_step", *a_step)
      .add("b_step", *b_step);
  if (quantized) {
    add_arithmetic(c, parameters);
  }
  const std::string first = c.input_text(0, layer);
  const std::string second = c.input_text(1, layer);
  layer.calls.push_back({quantized ? "matmul_quantized" : "matmul",
                         quantized ? "MatMulQuantized" : "MatMul",
                         std::move(parameters),
                         {first, second, c.output_text()}});
  return layer;
}

} // namespace tinyml::codegen
