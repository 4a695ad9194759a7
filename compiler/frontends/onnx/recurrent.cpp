// SPDX-License-Identifier: Apache-2.0
// RNN, GRU and LSTM, unrolled: the products with the inputs of all steps are one product, then
// every step is a few operators.
#include "compiler/frontends/onnx/lowering.hpp"

#include <algorithm>
#include <array>

namespace tinyml::onnx {
namespace {

/// Longer sequences would make programs of thousands of operators.
constexpr std::int64_t kMaxSteps = 256;

using Activation = std::string;

/// One direction of a recurrent operator; all matrices with batch or gate rows.
struct Direction {
  ir::ValueId inputs;         ///< [steps, batch, gates * hidden], biases of the inputs added
  ir::ValueId recurrent;      ///< [hidden, gates * hidden]
  ir::ValueId recurrent_bias; ///< [gates * hidden], or kNoValue
  ir::ValueId peepholes;      ///< [3 * hidden] (LSTM), or kNoValue
  std::vector<Activation> functions;
};

struct State {
  ir::ValueId hidden, cell;
};

class Recurrent {
public:
  Recurrent(NodeImport &n, std::int64_t gates, std::vector<Activation> functions)
      : n_(n), gates_(gates), functions_(std::move(functions)) {}

  void run() {
    if (!read()) {
      return;
    }
    std::vector<ir::ValueId> all; // per direction [steps, 1, batch, hidden]
    std::vector<ir::ValueId> last_hidden;
    std::vector<ir::ValueId> last_cell;
    for (std::int64_t d = 0; d < directions_ && n_.ok(); ++d) {
      const Direction direction = read_direction(d);
      State state = {initial(5, d), initial(6, d)};
      std::vector<ir::ValueId> outputs(static_cast<std::size_t>(steps_), ir::kNoValue);
      const bool backwards = directions_ == 2 ? d == 1 : reverse_;
      for (std::int64_t i = 0; i < steps_ && n_.ok(); ++i) {
        const std::int64_t t = backwards ? steps_ - 1 - i : i;
        state = step(direction, row(slice(n_, direction.inputs, 0, t, 1)), state);
        outputs[static_cast<std::size_t>(t)] = lifted(state.hidden, {1, 1, batch_, hidden_});
      }
      all.push_back(n_.ok() ? concat(n_, outputs, 0) : ir::kNoValue);
      last_hidden.push_back(lifted(state.hidden, {1, batch_, hidden_}));
      last_cell.push_back(state.cell == ir::kNoValue ? ir::kNoValue
                                                     : lifted(state.cell, {1, batch_, hidden_}));
    }
    define(all, last_hidden, last_cell);
  }

private:
  bool read() {
    x_ = n_.input(0);
    batch_first_ = n_.int_or("layout", 0) != 0;
    ir::Shape x = n_.shape(x_);
    const ir::Shape w = n_.shape(n_.input(1));
    const ir::Shape r = n_.shape(n_.input(2));
    if (n_.ok() && (x.size() != 3 || w.size() != 3 || r.size() != 3)) {
      n_.invalid("needs data and weights with three dimensions");
    }
    const std::string direction = n_.text_or("direction", "forward");
    if (!n_.ok() || !check_attributes(direction)) {
      return false;
    }
    if (batch_first_) {
      x_ = n_.transpose(x_, {1, 0, 2});
      x = n_.shape(x_);
    }
    steps_ = x[0];
    batch_ = x[1];
    hidden_ = r[2];
    directions_ = direction == "bidirectional" ? 2 : 1;
    reverse_ = direction == "reverse";
    if (w != ir::Shape{directions_, gates_ * hidden_, x[2]} ||
        r != ir::Shape{directions_, gates_ * hidden_, hidden_}) {
      n_.invalid("has weights " + ir::shape_text(w) + " and " + ir::shape_text(r) +
                 " that do not fit data " + ir::shape_text(x));
    } else if (steps_ > kMaxSteps) {
      n_.unsupported("is supported for up to " + std::to_string(kMaxSteps) + " steps, not " +
                     std::to_string(steps_));
    }
    return n_.ok() && check_lengths();
  }

  bool check_attributes(const std::string &direction) {
    if (direction != "forward" && direction != "reverse" && direction != "bidirectional") {
      n_.invalid("has an unknown direction '" + direction + "'");
    }
    if (n_.has_attribute("clip") || n_.int_or("input_forget", 0) != 0) {
      n_.unsupported("is supported without clip and input_forget only");
    }
    if (const auto *given = n_.find("activations"); given != nullptr) {
      for (int i = 0; i < given->strings_size(); ++i) {
        const std::string &name = given->strings(i);
        if (name != functions_[static_cast<std::size_t>(i) % functions_.size()] &&
            !(functions_.size() == 1 && name == "Relu")) {
          n_.unsupported("has an activation '" + name + "'; the operator's own are supported");
        }
        if (functions_.size() == 1) {
          functions_[0] = name;
        }
      }
    }
    return n_.ok();
  }

  /// Sequences of one length only.
  bool check_lengths() {
    if (!n_.has_input(4)) {
      return true;
    }
    for (const std::int64_t length : n_.constant_ints(4, "sequence_lens")) {
      if (length != steps_) {
        n_.unsupported("is supported with sequences of full length only");
      }
    }
    return n_.ok();
  }

  ir::ValueId lifted(ir::ValueId x, ir::Shape shape) { return n_.reshape(x, std::move(shape)); }
  ir::ValueId row(ir::ValueId step) { return lifted(step, {batch_, gates_ * hidden_}); }

  /// Part `d` of an input whose first dimension is the direction.
  ir::ValueId of_direction(int input, std::int64_t d) {
    const ir::ValueId all = n_.input(input);
    ir::Shape shape = n_.shape(all);
    if (!n_.ok() || shape.size() < 2) {
      return all;
    }
    shape.erase(shape.begin());
    return n_.reshape(directions_ == 1 ? all : slice(n_, all, 0, d, 1), shape);
  }

  Direction read_direction(std::int64_t d) {
    const std::int64_t width = gates_ * hidden_;
    const ir::ValueId weights = n_.transpose(of_direction(1, d), {1, 0});
    const ir::ValueId flat = lifted(x_, {steps_ * batch_, n_.shape(x_).back()});
    ir::ValueId inputs = n_.emit(ir::Op::kMatMul, {flat, weights});
    Direction direction{ir::kNoValue, n_.transpose(of_direction(2, d), {1, 0}), ir::kNoValue,
                        ir::kNoValue, functions_};
    if (n_.has_input(3)) {
      const ir::ValueId bias = of_direction(3, d);
      inputs = n_.emit(ir::Op::kAdd, {inputs, slice(n_, bias, 0, 0, width)});
      direction.recurrent_bias = slice(n_, bias, 0, width, width);
    }
    if (gates_ == 4 && n_.has_input(7)) {
      direction.peepholes = of_direction(7, d);
    }
    direction.inputs = lifted(inputs, {steps_, batch_, width});
    return direction;
  }

  /// The state before the first step: given, or zeros. Only an LSTM has a cell.
  ir::ValueId initial(int input, std::int64_t d) {
    if (input == 6 && gates_ != 4) {
      return ir::kNoValue;
    }
    if (!n_.has_input(input)) {
      return expand(n_, number(n_, ir::ElementType::kFloat32, 0), {batch_, hidden_});
    }
    if (!batch_first_) {
      return of_direction(input, d);
    }
    return n_.reshape(slice(n_, n_.input(input), 1, d, 1), {batch_, hidden_});
  }

  ir::ValueId add(ir::ValueId a, ir::ValueId b) { return n_.emit(ir::Op::kAdd, {a, b}); }
  ir::ValueId mul(ir::ValueId a, ir::ValueId b) { return n_.emit(ir::Op::kMul, {a, b}); }
  ir::ValueId activate(const Activation &name, ir::ValueId x) {
    return n_.emit(name == "Sigmoid" ? ir::Op::kSigmoid
                                     : (name == "Relu" ? ir::Op::kRelu : ir::Op::kTanh),
                   {x});
  }
  ir::ValueId gate(ir::ValueId all, std::int64_t index) {
    return slice(n_, all, n_.shape(all).size() - 1, index * hidden_, hidden_);
  }

  /// hidden * recurrent + bias for some of the gates.
  ir::ValueId recurrent(const Direction &d, ir::ValueId hidden, std::int64_t first,
                        std::int64_t count) {
    const bool all = count == gates_;
    const ir::ValueId weights =
        all ? d.recurrent : slice(n_, d.recurrent, 1, first * hidden_, count * hidden_);
    const ir::ValueId product = n_.emit(ir::Op::kMatMul, {hidden, weights});
    if (d.recurrent_bias == ir::kNoValue) {
      return product;
    }
    return add(product, all ? d.recurrent_bias
                            : slice(n_, d.recurrent_bias, 0, first * hidden_, count * hidden_));
  }

  State step(const Direction &d, ir::ValueId x, const State &state) {
    if (gates_ == 1) {
      return {activate(d.functions[0], add(x, recurrent(d, state.hidden, 0, 1))), ir::kNoValue};
    }
    return gates_ == 3 ? gru_step(d, x, state) : lstm_step(d, x, state);
  }

  /// Gates: update, reset, hidden.
  State gru_step(const Direction &d, ir::ValueId x, const State &state) {
    const ir::ValueId first_two =
        add(slice(n_, x, 1, 0, 2 * hidden_), recurrent(d, state.hidden, 0, 2));
    const ir::ValueId update = activate("Sigmoid", gate(first_two, 0));
    const ir::ValueId reset = activate("Sigmoid", gate(first_two, 1));
    const bool reset_last = n_.int_or("linear_before_reset", 0) != 0;
    const ir::ValueId memory = reset_last ? mul(reset, recurrent(d, state.hidden, 2, 1))
                                          : recurrent(d, mul(reset, state.hidden), 2, 1);
    const ir::ValueId candidate = activate("Tanh", add(gate(x, 2), memory));
    const ir::ValueId change =
        mul(update, n_.emit(ir::Op::kSub, {state.hidden, candidate})); // z * h + (1 - z) * c
    return {add(candidate, change), ir::kNoValue};
  }

  /// Gates: input, output, forget, cell.
  State lstm_step(const Direction &d, ir::ValueId x, const State &state) {
    const ir::ValueId all = add(x, recurrent(d, state.hidden, 0, 4));
    const auto seen = [&](ir::ValueId value, std::int64_t peephole, ir::ValueId cell) {
      return d.peepholes == ir::kNoValue ? value
                                         : add(value, mul(gate(d.peepholes, peephole), cell));
    };
    const ir::ValueId input = activate("Sigmoid", seen(gate(all, 0), 0, state.cell));
    const ir::ValueId forget = activate("Sigmoid", seen(gate(all, 2), 2, state.cell));
    const ir::ValueId candidate = activate("Tanh", gate(all, 3));
    const ir::ValueId cell = add(mul(forget, state.cell), mul(input, candidate));
    const ir::ValueId output = activate("Sigmoid", seen(gate(all, 1), 1, cell));
    return {mul(output, activate("Tanh", cell)), cell};
  }

  /// Joined over directions, with the batch in front where the model wants it there.
  void define(const std::vector<ir::ValueId> &all, const std::vector<ir::ValueId> &last_hidden,
              const std::vector<ir::ValueId> &last_cell) {
    if (!n_.ok()) {
      return;
    }
    const ir::ValueId y = concat(n_, all, 1);
    n_.define(0, batch_first_ ? n_.transpose(y, {2, 0, 1, 3}) : y);
    const auto last = [&](const std::vector<ir::ValueId> &parts) {
      const ir::ValueId joined = concat(n_, parts, 0);
      return batch_first_ ? n_.transpose(joined, {1, 0, 2}) : joined;
    };
    n_.define(1, last(last_hidden));
    if (gates_ == 4) {
      n_.define(2, last(last_cell));
    }
  }

  NodeImport &n_;
  std::int64_t gates_;
  std::vector<Activation> functions_;
  ir::ValueId x_ = ir::kNoValue; ///< [steps, batch, inputs]
  std::int64_t steps_ = 0, batch_ = 0, hidden_ = 0, directions_ = 1;
  bool reverse_ = false, batch_first_ = false;
};

void convert_rnn(NodeImport &n) { Recurrent(n, 1, {"Tanh"}).run(); }
void convert_gru(NodeImport &n) { Recurrent(n, 3, {"Sigmoid", "Tanh"}).run(); }
void convert_lstm(NodeImport &n) { Recurrent(n, 4, {"Sigmoid", "Tanh", "Tanh"}).run(); }

constexpr std::array kOperators = {
    Operator{"GRU", convert_gru, 7},
    Operator{"LSTM", convert_lstm, 7},
    Operator{"RNN", convert_rnn, 7},
};

} // namespace

std::span<const Operator> recurrent_operators() { return kOperators; }

} // namespace tinyml::onnx
