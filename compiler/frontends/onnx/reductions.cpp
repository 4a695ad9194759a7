// SPDX-License-Identifier: Apache-2.0
// Reduce…, ArgMax, ArgMin, GlobalMaxPool.
#include "compiler/frontends/onnx/lowering.hpp"

#include <array>

namespace tinyml::onnx {
namespace {

struct Function {
  std::string_view operator_name;
  const char *function;
  std::int64_t axes_input_since; ///< opset that made the axes an input
};

constexpr std::array kFunctions = {
    Function{"ReduceL1", "l1", 18},          Function{"ReduceL2", "l2", 18},
    Function{"ReduceLogSum", "log_sum", 18}, Function{"ReduceLogSumExp", "log_sum_exp", 18},
    Function{"ReduceMax", "max", 18},        Function{"ReduceMean", "mean", 18},
    Function{"ReduceMin", "min", 18},        Function{"ReduceProd", "prod", 18},
    Function{"ReduceSum", "sum", 13},        Function{"ReduceSumSquare", "sum_square", 18},
};

void convert_reduce_with(NodeImport &n, const Function &f) {
  const ir::ValueId x = n.input(0);
  const std::size_t rank = n.shape(x).size();
  const bool keep_dims = n.int_or("keepdims", 1) != 0;
  Axes given;
  if (n.opset() < f.axes_input_since) {
    given = n.ints_or("axes", {});
  } else if (n.has_input(1)) {
    given = n.constant_ints(1, "axes");
  }
  if (given.empty() && n.int_or("noop_with_empty_axes", 0) != 0) {
    n.define(0, x);
    return;
  }
  const Axes axes = given.empty() ? axes_from(0, rank) : sorted_axes(n, given, rank);
  n.define(0, f.function == std::string_view("mean") ? mean(n, x, axes, keep_dims)
                                                     : reduce(n, f.function, x, axes, keep_dims));
}

void convert_reduce(NodeImport &n) {
  for (const Function &f : kFunctions) {
    if (f.operator_name == n.proto().op_type()) {
      convert_reduce_with(n, f);
    }
  }
}

void convert_arg_reduce(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const std::size_t axis = n.axis(n.int_or("axis", 0), n.shape(x).size());
  const bool max = n.proto().op_type() == "ArgMax";
  n.define(0, n.emit(ir::Op::kArgReduce, {x},
                     {{"function", std::string(max ? "max" : "min")},
                      {"axis", static_cast<std::int64_t>(axis)},
                      {"keep_dims", n.int_or("keepdims", 1)},
                      {"last", n.int_or("select_last_index", 0)}}));
}

void convert_global_max_pool(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  n.define(0, reduce(n, "max", x, axes_from(2, n.shape(x).size())));
}

constexpr std::array kOthers = {
    Operator{"ArgMax", convert_arg_reduce, 1},
    Operator{"ArgMin", convert_arg_reduce, 1},
    Operator{"GlobalMaxPool", convert_global_max_pool, 1},
};

constexpr auto all_operators() {
  std::array<Operator, kFunctions.size() + kOthers.size()> all{};
  std::size_t count = 0;
  for (const Function &f : kFunctions) {
    all[count++] = {f.operator_name, convert_reduce, 1};
  }
  for (const Operator &other : kOthers) {
    all[count++] = other;
  }
  return all;
}

constexpr auto kOperators = all_operators();

} // namespace

std::span<const Operator> reduce_operators() { return kOperators; }

} // namespace tinyml::onnx
