// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/infer.hpp"

#include <algorithm>
#include <cmath>

/// Operators with state: shapes, and the numbers that their states are made of.
namespace tinyml::ir {
namespace {

Failure<HostError> invalid(std::string message) {
  return fail(ErrorCode::kInvalidInput, std::move(message));
}

bool is_scale(double scale) { return std::isfinite(scale) && scale > 1e-20 && scale < 1e20; }

/// Element types of weights and biases that go with the data.
struct Partners {
  ElementType weights;
  ElementType bias;
};

Expected<Partners> partners_of(const TensorType &x) {
  switch (x.element) {
  case ElementType::kFloat32:
    return Partners{ElementType::kFloat32, ElementType::kFloat32};
  case ElementType::kInt8:
    return Partners{ElementType::kInt8, ElementType::kInt32};
  case ElementType::kInt16:
    return Partners{ElementType::kInt8, ElementType::kInt64};
  default:
    return invalid("needs float32, int8 or int16 data, not " + type_text(x));
  }
}

Expected<void> expect_type(const TensorType &type, ElementType element, const Shape &shape,
                           const std::string &what) {
  return type.element == element && type.shape == shape
             ? Expected<void>{}
             : invalid(what + " are " + type_text(type) + ", expected " +
                       type_text({element, shape, {}}));
}

Expected<void> check_svdf_weights(const InferenceInput &in, std::int64_t rank) {
  const TensorType &x = in.inputs[0];
  const TensorType &feature = in.inputs[1];
  const TensorType &time = in.inputs[2];
  if (x.shape.size() != 2 || feature.shape.size() != 2 || time.shape.size() != 2 ||
      feature.shape[1] != x.shape[1] || time.shape[0] != feature.shape[0] ||
      feature.shape[0] % rank != 0) {
    return invalid("data " + shape_text(x.shape) + ", feature weights " +
                   shape_text(feature.shape) + ", time weights " + shape_text(time.shape) +
                   " and rank " + std::to_string(rank) + " do not fit");
  }
  const bool is_float = x.element == ElementType::kFloat32;
  const bool typed =
      feature.element == x.element && (is_float || x.element == ElementType::kInt8) &&
      (time.element == x.element || (!is_float && time.element == ElementType::kInt16));
  return typed ? Expected<void>{}
               : invalid("cannot combine " + type_text(x) + ", " + type_text(feature) + " and " +
                         type_text(time));
}

Expected<TensorType> infer_svdf(const InferenceInput &in) {
  const std::int64_t rank = int_attribute(in.node, "rank", 0);
  const std::int64_t zero = int_attribute(in.node, "state_zero_point", 0);
  if (rank < 1) {
    return invalid("rank must be at least 1");
  }
  if (const auto checked = check_svdf_weights(in, rank); !checked) {
    return Failure{checked.error()};
  }
  const bool is_float = in.inputs[0].element == ElementType::kFloat32;
  const std::int64_t units = in.inputs[1].shape[0] / rank;
  if (in.inputs.size() > 3) {
    const ElementType bias = is_float ? ElementType::kFloat32 : ElementType::kInt32;
    if (const auto checked = expect_type(in.inputs[3], bias, {units}, "biases"); !checked) {
      return Failure{checked.error()};
    }
  }
  const bool wide_state = in.inputs[2].element == ElementType::kInt16;
  if (!is_float && (!is_scale(double_attribute(in.node, "state_scale", 0)) || zero < -128 ||
                    zero > 127 || (wide_state && zero != 0))) {
    return invalid("needs the scale of its state, and a zero point that fits (int16: 0)");
  }
  return TensorType{in.inputs[0].element, {in.inputs[0].shape[0], units}, {}};
}

/// Inputs: x, four input weights, four recurrent weights, four biases.
Expected<void> check_lstm_weights(const InferenceInput &in, const Partners &partners,
                                  std::int64_t cells) {
  for (std::size_t gate = 0; gate < 4; ++gate) {
    const auto input = expect_type(in.inputs[1 + gate], partners.weights,
                                   {cells, in.inputs[0].shape[2]}, "input weights");
    const auto recurrent =
        expect_type(in.inputs[5 + gate], partners.weights, {cells, cells}, "recurrent weights");
    const auto bias = expect_type(in.inputs[9 + gate], partners.bias, {cells}, "biases");
    for (const auto &checked : {input, recurrent, bias}) {
      if (!checked) {
        return checked;
      }
    }
  }
  return {};
}

bool is_power_of_two(double scale) {
  int exponent = 0;
  return std::frexp(scale, &exponent) == 0.5 && exponent <= 1 && exponent > -30;
}

Expected<TensorType> infer_lstm(const InferenceInput &in) {
  const TensorType &x = in.inputs[0];
  const auto partners = partners_of(x);
  if (!partners) {
    return Failure{partners.error()};
  }
  if (x.shape.size() != 3 || in.inputs[1].shape.size() != 2) {
    return invalid("needs data [batch, time, features], not " + type_text(x));
  }
  const std::int64_t cells = in.inputs[1].shape[0];
  if (const auto checked = check_lstm_weights(in, *partners, cells); !checked) {
    return Failure{checked.error()};
  }
  if (x.element != ElementType::kFloat32 &&
      !is_power_of_two(double_attribute(in.node, "cell_scale", 0))) {
    return invalid("needs a cell_scale that is a power of two up to 1");
  }
  if (!(double_attribute(in.node, "cell_clip", 0) >= 0)) {
    return invalid("cell_clip must be at least 0");
  }
  return TensorType{x.element, {x.shape[0], x.shape[1], cells}, {}};
}

} // namespace

Expected<TensorType> infer_recurrent(const InferenceInput &in) {
  return in.node.op == Op::kSvdf ? infer_svdf(in) : infer_lstm(in);
}

} // namespace tinyml::ir
