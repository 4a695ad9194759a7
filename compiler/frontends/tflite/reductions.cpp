// SPDX-License-Identifier: Apache-2.0
// MEAN, SUM, REDUCE_MAX…, ARG_MAX, ARG_MIN, LOG_SOFTMAX, L2_NORMALIZATION.
#include "compiler/frontends/tflite/node_import.hpp"

#include <algorithm>

namespace tinyml::tflite {
namespace {

/// The reducer's axes, counted from the front, and whether they stay as ones.
ir::Attributes reducer_attributes(NodeImport &n, ir::ValueId x) {
  const auto &options = n.options<schema::ReducerOptions>();
  const std::size_t rank = n.shape(x).size();
  std::vector<bool> reduced(rank, false);
  for (const std::int64_t given : n.constant_ints(1, "axes")) {
    const std::size_t axis = n.axis(given, rank);
    if (n.ok()) {
      reduced[axis] = true;
    }
  }
  std::vector<std::int64_t> axes;
  for (std::size_t i = 0; i < rank; ++i) {
    if (reduced[i]) {
      axes.push_back(static_cast<std::int64_t>(i));
    }
  }
  return {{"axes", std::move(axes)}, {"keep_dims", std::int64_t{options.keep_dims() ? 1 : 0}}};
}

std::int64_t last_axis(NodeImport &n, ir::ValueId x) {
  if (n.ok() && n.shape(x).empty()) {
    n.invalid("needs at least one dimension");
  }
  return static_cast<std::int64_t>(n.shape(x).size()) - 1;
}

ir::ValueId reduce_last(NodeImport &n, ir::ValueId x, const char *function) {
  return n.emit(ir::Op::kReduce, {x},
                {{"function", std::string(function)},
                 {"axes", std::vector<std::int64_t>{last_axis(n, x)}},
                 {"keep_dims", std::int64_t{1}}});
}

bool is_float_only(NodeImport &n, ir::ValueId x) {
  if (n.ok() && !n.is_float(x)) {
    n.unsupported("is supported in float32 only");
  }
  return n.ok();
}

} // namespace

void convert_mean(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  n.produce(ir::Op::kMean, {x}, reducer_attributes(n, x));
}

void convert_reduce(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  ir::Attributes attributes = reducer_attributes(n, x);
  attributes["function"] = std::string(n.function());
  if (n.ok() && n.value(x).type.quantization && n.function() == "prod") {
    n.unsupported("is not supported in quantised arithmetic");
  }
  if (n.function() == "sum" || has_one_scale(n, {x}, n.declared())) {
    n.produce(ir::Op::kReduce, {x}, std::move(attributes));
  }
}

void convert_arg(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const auto axes = n.constant_ints(1, "axis");
  if (n.ok() && axes.size() != 1) {
    n.invalid("needs one axis");
  }
  if (!n.ok()) {
    return;
  }
  const auto axis = static_cast<std::int64_t>(n.axis(axes[0], n.shape(x).size()));
  n.produce(ir::Op::kArgReduce, {x},
            {{"function", std::string(n.function())},
             {"axis", axis},
             {"keep_dims", std::int64_t{0}},
             {"to", std::string(ir::element_name(n.declared().element))}});
}

/// x - log(sum(exp(x)))
void convert_log_softmax(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  if (is_float_only(n, x)) {
    n.produce(ir::Op::kSub, {x, reduce_last(n, x, "log_sum_exp")});
  }
}

/// x / sqrt(max(sum(x²), 1e-6))
void convert_l2_normalization(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  if (!is_float_only(n, x)) {
    return;
  }
  const ir::ValueId least = ir::add_float_constant(n.graph(), n.name(), {}, {1e-6F});
  const ir::ValueId sum = n.emit(ir::Op::kBinary, {reduce_last(n, x, "sum_square"), least},
                                 {{"function", std::string("max")}});
  const ir::ValueId root = n.emit(ir::Op::kUnary, {sum}, {{"function", std::string("sqrt")}});
  n.produce(ir::Op::kDiv, {x, root});
}

} // namespace tinyml::tflite
