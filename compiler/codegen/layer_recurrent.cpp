// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/layer.hpp"

#include "compiler/ir/types.hpp"
#include "kernels/reference/lstm_arithmetic.hpp"
#include "kernels/reference/svdf.hpp"

/// Operators that remember.
namespace tinyml::codegen {
namespace {

using ir::ElementType;
using kernels::Multiplier;

Fields multiplier_fields(const Multiplier &multiplier) {
  return Fields().add("value", multiplier.value).add("shift", multiplier.shift);
}

Expected<void> check_constants(const LayerContext &c) {
  for (std::size_t i = 1; i < c.node.inputs.size(); ++i) {
    if (!c.input(i).constant) {
      return c.unsupported("its weights are computed; they must be constants");
    }
  }
  return {};
}

/// Arithmetic of kernels/generic/svdf.hpp behind its weights.
void add_svdf_arithmetic(const LayerContext &c, Fields &fields) {
  if (!c.is_int8()) {
    const FloatRange range = float_range(ir::activation_of(c.node));
    fields.add_float("low", range.low).add_float("high", range.high);
    return;
  }
  const auto q = kernels::reference::svdf_arithmetic(
      c.scale(c.in()), c.scale(c.in(1)),
      static_cast<float>(ir::double_attribute(c.node, "state_scale", 1)), c.scale(c.in(2)),
      c.scale(c.out()));
  fields.add("to_state", multiplier_fields(q.to_state))
      .add("to_output", multiplier_fields(q.to_output))
      .add("input_zero_point", c.zero_point(c.in()))
      .add("state_zero_point", ir::int_attribute(c.node, "state_zero_point", 0))
      .add("output_zero_point", c.zero_point(c.out()));
}

Layer make_svdf(const LayerContext &c) {
  const ir::Shape &x = c.in().shape;
  const std::int64_t memory = c.in(2).shape[1];
  Layer layer;
  layer.header = "svdf.hpp";
  layer.macs = static_cast<std::uint64_t>(x[0] * c.in(1).shape[0] * (x[1] + memory));
  Fields parameters;
  parameters.add("batches", x[0])
      .add("inputs", x[1])
      .add("units", c.out().shape[1])
      .add("rank", ir::int_attribute(c.node, "rank", 1))
      .add("memory", memory)
      .add("feature", c.input_text(1, layer))
      .add("time", c.input_text(2, layer))
      .add("bias", c.node.inputs.size() > 3 ? c.input_text(3, layer) : std::string("nullptr"));
  add_svdf_arithmetic(c, parameters);
  const std::string state = "<" + cpp_type(c.in(2).element) + ">";
  layer.calls.push_back({"svdf" + state,
                         "Svdf" + state,
                         std::move(parameters),
                         {c.input_text(0, layer), c.state_text(0), c.output_text()}});
  return layer;
}

/// int16 sums are multiplied by a fraction of 15 bits.
Multiplier gate_multiplier(const LayerContext &c, const ir::TensorType &data,
                           const ir::TensorType &weights) {
  if (c.in().element == ElementType::kFloat32) {
    return {};
  }
  const Multiplier m = kernels::gate_multiplier(c.scale(data), c.scale(weights));
  return c.is_int16() ? Multiplier{kernels::fraction16(m), m.shift} : m;
}

std::string gates_text(const LayerContext &c, Layer &layer) {
  std::string text;
  for (std::size_t gate = 0; gate < 4; ++gate) {
    Fields fields;
    fields.add("input_weights", c.input_text(1 + gate, layer))
        .add("recurrent_weights", c.input_text(5 + gate, layer))
        .add("bias", c.input_text(9 + gate, layer))
        .add("input", multiplier_fields(gate_multiplier(c, c.in(), c.in(1 + gate))))
        .add("recurrent", multiplier_fields(gate_multiplier(c, c.out(), c.in(5 + gate))));
    text += (gate == 0 ? "" : ", ") + fields.text();
  }
  return "{" + text + "}";
}

Fields cell_fields(const LayerContext &c) {
  kernels::LstmMultipliers m{};
  if (c.in().element != ElementType::kFloat32) {
    m = kernels::lstm_multipliers(ir::double_attribute(c.node, "cell_scale", 1),
                                  ir::double_attribute(c.node, "cell_clip", 0), c.scale(c.out()));
  }
  return Fields()
      .add("forget", multiplier_fields(m.forget))
      .add("input", multiplier_fields(m.input))
      .add("output", multiplier_fields(m.output))
      .add("cell_tanh",
           Fields().add("multiplier", m.cell_tanh.multiplier).add("shift", m.cell_tanh.shift))
      .add("cell_clip", m.cell_clip);
}

Layer make_lstm(const LayerContext &c) {
  const bool time_major = ir::int_attribute(c.node, "time_major", 0) != 0;
  const bool is_float = c.in().element == ElementType::kFloat32;
  const ir::Shape &x = c.in().shape;
  const std::int64_t cells = c.out().shape[2];
  const std::int64_t batches = x[time_major ? 1 : 0];
  const std::int64_t steps = x[time_major ? 0 : 1];
  Layer layer;
  layer.header = "lstm.hpp";
  layer.macs = static_cast<std::uint64_t>(batches * steps * 4 * cells * (x[2] + cells));
  Fields parameters;
  parameters.add("batches", batches)
      .add("steps", steps)
      .add("batch_step", time_major ? 1 : steps)
      .add("row_step", time_major ? batches : 1)
      .add("inputs", x[2])
      .add("cells", cells)
      .add("gates", gates_text(c, layer))
      .add("multipliers", cell_fields(c))
      .add("input_zero_point", is_float ? 0 : c.zero_point(c.in()))
      .add("hidden_zero_point", is_float ? 0 : c.zero_point(c.out()))
      .add_float("cell_clip", static_cast<float>(ir::double_attribute(c.node, "cell_clip", 0)));
  layer.calls.push_back(
      {"lstm",
       "Lstm<" + cpp_type(c.in().element) + ">",
       std::move(parameters),
       {c.input_text(0, layer), c.state_text(0), c.state_text(1), c.output_text()}});
  return layer;
}

} // namespace

Expected<Layer> make_recurrent(const LayerContext &c) {
  if (const auto constants = check_constants(c); !constants) {
    return Failure{constants.error()};
  }
  return c.node.op == ir::Op::kSvdf ? make_svdf(c) : make_lstm(c);
}

} // namespace tinyml::codegen
