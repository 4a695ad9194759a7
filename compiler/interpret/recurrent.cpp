// SPDX-License-Identifier: Apache-2.0
#include "compiler/interpret/step.hpp"
#include "kernels/reference/lstm.hpp"
#include "kernels/reference/svdf.hpp"

/// Operators with state.
namespace tinyml::interpret {
namespace {

namespace reference = kernels::reference;

reference::SvdfShape svdf_shape(const StepContext &c) {
  const auto narrow = [](std::int64_t dim) { return static_cast<std::int32_t>(dim); };
  const ir::Shape &x = c.in_type(0).shape;
  return {narrow(x[0]), narrow(x[1]), narrow(c.out_type().shape[1]),
          narrow(ir::int_attribute(c.node, "rank", 1)), narrow(c.in_type(2).shape[1])};
}

template <typename S> Step make_int8_svdf(const StepContext &c) {
  auto q =
      reference::svdf_arithmetic(c.scale(c.in_type(0)), c.scale(c.in_type(1)),
                                 static_cast<float>(ir::double_attribute(c.node, "state_scale", 1)),
                                 c.scale(c.in_type(2)), c.scale(c.out_type()));
  q.x_zero = c.zero(c.in_type(0));
  q.state_zero = static_cast<std::int32_t>(ir::int_attribute(c.node, "state_zero_point", 0));
  q.out_zero = c.zero(c.out_type());
  return [=, shape = svdf_shape(c)] {
    reference::svdf(shape, q, c.in<std::int8_t>(0), c.in<std::int8_t>(1), c.in<S>(2),
                    c.in<std::int32_t>(3), c.state<S>(0), c.out<std::int8_t>());
  };
}

Step make_svdf(const StepContext &c) {
  if (c.is_int8()) {
    return c.in_type(2).element == ir::ElementType::kInt16 ? make_int8_svdf<std::int16_t>(c)
                                                           : make_int8_svdf<std::int8_t>(c);
  }
  return [=, shape = svdf_shape(c), clamp = float_clamp(ir::activation_of(c.node))] {
    reference::svdf(shape, c.in<float>(0), c.in<float>(1), c.in<float>(2), c.in<float>(3), clamp,
                    c.state<float>(0), c.out<float>());
  };
}

reference::LstmShape lstm_shape(const StepContext &c) {
  const auto narrow = [](std::int64_t dim) { return static_cast<std::int32_t>(dim); };
  const bool time_major = ir::int_attribute(c.node, "time_major", 0) != 0;
  const ir::Shape &x = c.in_type(0).shape;
  return {narrow(x[time_major ? 1 : 0]), narrow(x[time_major ? 0 : 1]), narrow(x[2]),
          narrow(c.out_type().shape[2]), time_major};
}

template <typename W, typename B> reference::LstmWeights<W, B> lstm_weights(const StepContext &c) {
  reference::LstmWeights<W, B> weights;
  for (std::size_t gate = 0; gate < 4; ++gate) {
    weights.input[gate] = c.in<W>(1 + gate);
    weights.recurrent[gate] = c.in<W>(5 + gate);
    weights.bias[gate] = c.in<B>(9 + gate);
  }
  return weights;
}

reference::LstmArithmetic lstm_arithmetic(const StepContext &c) {
  reference::LstmArithmetic q{};
  q.x_zero = c.zero(c.in_type(0));
  q.hidden_zero = c.zero(c.out_type());
  for (std::size_t gate = 0; gate < 4; ++gate) {
    q.input[gate] = kernels::gate_multiplier(c.scale(c.in_type(0)), c.scale(c.in_type(1 + gate)));
    q.recurrent[gate] =
        kernels::gate_multiplier(c.scale(c.out_type()), c.scale(c.in_type(5 + gate)));
  }
  q.cell = kernels::lstm_multipliers(ir::double_attribute(c.node, "cell_scale", 1),
                                     ir::double_attribute(c.node, "cell_clip", 0),
                                     c.scale(c.out_type()));
  return q;
}

template <typename T, typename B> Step make_quantized_lstm(const StepContext &c) {
  return [=, shape = lstm_shape(c), q = lstm_arithmetic(c)] {
    reference::lstm(shape, lstm_weights<std::int8_t, B>(c), q, c.in<T>(0), c.state<T>(0),
                    c.state<std::int16_t>(1), c.out<T>());
  };
}

Step make_lstm(const StepContext &c) {
  if (c.is_int8()) {
    return make_quantized_lstm<std::int8_t, std::int32_t>(c);
  }
  if (c.is_int16()) {
    return make_quantized_lstm<std::int16_t, std::int64_t>(c);
  }
  return [=, shape = lstm_shape(c),
          clip = static_cast<float>(ir::double_attribute(c.node, "cell_clip", 0))] {
    reference::lstm(shape, lstm_weights<float, float>(c), clip, c.in<float>(0), c.state<float>(0),
                    c.state<float>(1), c.out<float>());
  };
}

} // namespace

Expected<Step> make_recurrent(const StepContext &c) {
  return c.node.op == ir::Op::kSvdf ? make_svdf(c) : make_lstm(c);
}

} // namespace tinyml::interpret
