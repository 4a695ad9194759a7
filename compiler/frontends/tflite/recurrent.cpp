// SPDX-License-Identifier: Apache-2.0
// SVDF and UNIDIRECTIONAL_SEQUENCE_LSTM. What they remember is their variable inputs in the model
// and part of the node in the graph, so of those tensors only the scales count.
#include "compiler/frontends/tflite/node_import.hpp"

namespace tinyml::tflite {
namespace {

/// A constant with its own quantisation; biases without one mean whole numbers to the kernels.
ir::ValueId read_constant(NodeImport &n, int index) {
  const ir::ValueId id = n.input(index);
  if (n.ok() && !n.is_constant(id)) {
    n.unsupported("is supported with constant weights and biases only");
  }
  if (n.ok() && n.element(id) == ir::ElementType::kInt32 && !n.value(id).type.quantization) {
    n.graph().values[id].type.quantization = ir::Quantization{{1}, {0}, -1};
  }
  return id;
}

void refuse_inputs(NodeImport &n, int first, int last, const char *what) {
  for (int i = first; i <= last; ++i) {
    if (n.has_input(i)) {
      n.unsupported(std::string("is supported without ") + what + " only (input " +
                    std::to_string(i) + ")");
    }
  }
}

const ir::Quantization &scale_of(NodeImport &n, const ir::TensorType &state) {
  static const ir::Quantization nothing{{1}, {0}, -1};
  if (n.ok() && (!state.quantization || state.quantization->axis >= 0)) {
    n.invalid("needs one scale for its state");
  }
  return n.ok() ? *state.quantization : nothing;
}

constexpr int kSvdfBias = 3;
constexpr int kSvdfState = 4;
constexpr int kLstmFirstBias = 12;
constexpr int kLstmOutputState = 18;
constexpr int kLstmCellState = 19;

} // namespace

void convert_svdf(NodeImport &n) {
  const auto &options = n.options<schema::SVDFOptions>();
  const ir::ValueId x = n.input(0);
  std::vector<ir::ValueId> inputs = {x, read_constant(n, 1), read_constant(n, 2)};
  if (n.has_input(kSvdfBias)) {
    inputs.push_back(read_constant(n, kSvdfBias));
  }
  const ir::TensorType state = n.variable(kSvdfState);
  ir::Attributes attributes = {{"rank", std::int64_t{options.rank()}}};
  if (n.is_float(x)) {
    n.define(0, emit_activated(n, ir::Op::kSvdf, inputs, attributes, options.activation()));
    return;
  }
  attributes["state_scale"] = static_cast<double>(scale_of(n, state).scales[0]);
  attributes["state_zero_point"] = std::int64_t{scale_of(n, state).zero_points[0]};
  n.produce(ir::Op::kSvdf, inputs, std::move(attributes));
}

void convert_lstm(NodeImport &n) {
  const auto &options = n.options<schema::UnidirectionalSequenceLSTMOptions>();
  const ir::ValueId x = n.input(0);
  refuse_inputs(n, 9, 11, "peepholes");
  refuse_inputs(n, 16, 17, "a projection");
  refuse_inputs(n, 20, 23, "normalisation");
  if (options.activation() != schema::Activation_TANH || options.diagonal_recurrent_tensors()) {
    n.unsupported("is supported with tanh and full recurrent weights only");
  }
  std::vector<ir::ValueId> inputs = {x};
  for (int i = 1; i <= 8; ++i) {
    inputs.push_back(read_constant(n, i));
  }
  for (int gate = 0; gate < 4; ++gate) {
    inputs.push_back(read_constant(n, kLstmFirstBias + gate));
  }
  const ir::TensorType output_state = n.variable(kLstmOutputState);
  const ir::TensorType cell_state = n.variable(kLstmCellState);
  ir::Attributes attributes = {{"time_major", std::int64_t{options.time_major() ? 1 : 0}},
                               {"cell_clip", static_cast<double>(options.cell_clip())}};
  if (n.ok() && !n.is_float(x)) {
    attributes["cell_scale"] = static_cast<double>(scale_of(n, cell_state).scales[0]);
    if (output_state.quantization != n.declared().quantization) {
      n.unsupported("is supported where its state and its output have the same scale");
    }
  }
  n.produce(ir::Op::kLstm, inputs, std::move(attributes));
}

} // namespace tinyml::tflite
