// SPDX-License-Identifier: Apache-2.0
#include "compiler/autodiff/batch_norm.hpp"

namespace tinyml::autodiff {
namespace {

using ir::ValueId;

ValueId mean(Writer &w, ValueId x, const std::vector<std::int64_t> &axes) {
  return w.emit(ir::Op::kMean, {x}, {{"axes", axes}, {"keep_dims", std::int64_t{1}}});
}

} // namespace

ValueId write_batch_norm(Writer &w, const ir::Node &node,
                         std::vector<Rebatched::Statistic> &statistics) {
  const ValueId x = node.inputs[0];
  const auto channel = ir::int_attribute(node, "axis", 1);
  std::vector<std::int64_t> axes;
  ir::Shape per_channel = w.shape(x);
  for (std::int64_t axis = 0; axis < static_cast<std::int64_t>(per_channel.size()); ++axis) {
    if (axis != channel) {
      axes.push_back(axis);
      per_channel[static_cast<std::size_t>(axis)] = 1;
    }
  }
  const ValueId center = mean(w, x, axes);
  const ValueId deviation = w.subtract(x, center);
  const ValueId variance = mean(w, w.unary("square", deviation), axes);
  const ir::Shape channels = {per_channel[static_cast<std::size_t>(channel)]};
  statistics.push_back({node.inputs[3], w.reshape(center, channels)});
  statistics.push_back({node.inputs[4], w.reshape(variance, channels)});
  const double epsilon = ir::double_attribute(node, "epsilon", 1e-5);
  const ValueId inverse = w.unary("rsqrt", w.add(variance, w.number(epsilon)));
  const ValueId scaled =
      w.multiply(w.multiply(deviation, inverse), w.reshape(node.inputs[1], per_channel));
  return w.add(scaled, w.reshape(node.inputs[2], per_channel));
}

} // namespace tinyml::autodiff
