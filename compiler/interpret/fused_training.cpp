// SPDX-License-Identifier: Apache-2.0
// Fused operators are, by definition, the operators they were made of: each step runs those, in a
// graph of its own.
#include "compiler/interpret/interpreter.hpp"
#include "compiler/interpret/step.hpp"
#include "compiler/ir/edit.hpp"
#include "kernels/reference/training.hpp"

#include <memory>

namespace tinyml::interpret {
namespace {

using ir::Op;
using Bytes = std::vector<std::uint8_t>;

/// One operator with inputs of its own.
class Inner {
public:
  static Expected<std::shared_ptr<Inner>> create(ir::NodeSpec spec,
                                                 const std::vector<ir::TensorType> &types) {
    auto inner = std::make_shared<Inner>();
    for (const ir::TensorType &type : types) {
      spec.inputs.push_back(ir::add_input(inner->graph_, "input", type));
      inner->inputs_.emplace_back(ir::byte_size(type), std::uint8_t{0});
    }
    const auto output = ir::add_node(inner->graph_, std::move(spec));
    if (!output) {
      return Failure{output.error()};
    }
    inner->graph_.outputs = {*output};
    auto interpreter = Interpreter::prepare(inner->graph_);
    if (!interpreter) {
      return Failure{interpreter.error()};
    }
    inner->interpreter_.emplace(*std::move(interpreter));
    return inner;
  }

  Bytes &input(std::size_t i) { return inputs_[i]; }
  ByteView run() {
    const std::vector<ByteView> views(inputs_.begin(), inputs_.end());
    static_cast<void>(interpreter_->run(views)); // sizes fit: the graph was built from them
    return interpreter_->output(0);
  }
  [[nodiscard]] const ir::TensorType &output_type() const {
    return graph_.values[graph_.outputs[0]].type;
  }

private:
  ir::Graph graph_;
  std::vector<Bytes> inputs_;
  std::optional<Interpreter> interpreter_;
};

ir::NodeSpec spec_of(const ir::Node &node, Op op) { return {op, {}, node.attributes, node.name}; }

const Bytes &bytes_in(const StepContext &context, std::size_t i) {
  return context.buffers[context.node.inputs[i]];
}

/// variable -= rate * gradient.
void descend(const StepContext &context, ByteView gradient) {
  const float rate = *context.in<float>(context.node.inputs.size() - 1);
  kernels::reference::sgd(
      gradient.size() / sizeof(float), rate, reinterpret_cast<const float *>(gradient.data()),
      reinterpret_cast<float *>(context.buffers[context.node.inputs[0]].data()));
}

Expected<Step> make_filter_sgd(const StepContext &context, Op gradient) {
  auto inner =
      Inner::create(spec_of(context.node, gradient), {context.in_type(1), context.in_type(2)});
  if (!inner) {
    return Failure{inner.error()};
  }
  return Step([=, gradient_of = *inner] {
    gradient_of->input(0) = bytes_in(context, 1);
    gradient_of->input(1) = bytes_in(context, 2);
    descend(context, gradient_of->run());
  });
}

/// Walks 2 x 2 windows: which elements of the image before the pool belong to each pooled one.
class Pooling {
public:
  Pooling(const ir::Shape &y, const ir::Shape &pooled)
      : row_(static_cast<std::size_t>(y[1] * y[2] * y[3])),
        pixel_(static_cast<std::size_t>(y[2] * y[3])), width_(static_cast<std::size_t>(pooled[1])),
        count_(static_cast<std::size_t>(ir::element_count(pooled))) {}

  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] std::size_t element(std::size_t i, std::size_t choice) const {
    const std::size_t position = i / pixel_;
    return (position / width_ * 2 + choice / 2) * row_ +
           (position % width_ * 2 + choice % 2) * pixel_ + i % pixel_;
  }
  /// Two planes of bits, as docs/ir.md says.
  void set_choice(std::uint8_t *choices, std::size_t i, std::size_t choice) const {
    for (const std::size_t plane : {std::size_t{0}, std::size_t{1}}) {
      const auto bit = static_cast<std::uint8_t>(1U << (i % 8));
      std::uint8_t &byte = choices[plane * ((count_ + 7) / 8) + i / 8];
      byte = static_cast<std::uint8_t>((choice >> plane & 1U) != 0 ? byte | bit : byte & ~bit);
    }
  }
  [[nodiscard]] std::size_t choice(const std::uint8_t *choices, std::size_t i) const {
    const auto bit = [&](std::size_t plane) -> std::size_t {
      return choices[plane * ((count_ + 7) / 8) + i / 8] >> (i % 8) & 1U;
    };
    return bit(0) + 2 * bit(1);
  }

private:
  std::size_t row_, pixel_, width_, count_;
};

void pool(const Pooling &pooling, const float *y, float *pooled, std::uint8_t *choices) {
  for (std::size_t i = 0; i < pooling.count(); ++i) {
    std::size_t best = 0;
    for (std::size_t choice = 1; choice < 4; ++choice) {
      best = y[pooling.element(i, choice)] > y[pooling.element(i, best)] ? choice : best;
    }
    pooled[i] = y[pooling.element(i, best)];
    pooling.set_choice(choices, i, best);
  }
}

/// The gradient in front of the pool: 0 but where the largest elements were.
void unpool(const Pooling &pooling, const float *pooled, const std::uint8_t *choices, Bytes &dy) {
  std::fill(dy.begin(), dy.end(), std::uint8_t{0});
  auto *to = reinterpret_cast<float *>(dy.data());
  for (std::size_t i = 0; i < pooling.count(); ++i) {
    to[pooling.element(i, pooling.choice(choices, i))] = pooled[i];
  }
}

Expected<Step> make_conv2d_max_pool(const StepContext &context) {
  std::vector<ir::TensorType> types;
  for (std::size_t i = 0; i < context.node.inputs.size(); ++i) {
    types.push_back(context.in_type(i));
  }
  auto inner = Inner::create(spec_of(context.node, Op::kConv2d), types);
  if (!inner) {
    return Failure{inner.error()};
  }
  const Pooling pooling((*inner)->output_type().shape, context.out_type().shape);
  return Step([=, convolution = *inner] {
    for (std::size_t i = 0; i < context.node.inputs.size(); ++i) {
      convolution->input(i) = bytes_in(context, i);
    }
    pool(pooling, reinterpret_cast<const float *>(convolution->run().data()), context.out<float>(),
         context.buffers[context.node.outputs[1]].data());
  });
}

/// The convolution's output before the pool, for an image `x`.
ir::TensorType before_pool(const ir::Node &node, const ir::Shape &filter, const ir::Shape &x,
                           ir::TensorType pooled) {
  const ir::Window w = ir::window_of(node, filter);
  const auto size = [](std::int64_t in, std::int64_t kernel, std::int64_t dilation,
                       std::int64_t stride) {
    return (in - (kernel - 1) * dilation - 1) / stride + 1;
  };
  pooled.shape[0] = size(x[0] + w.pad_top + w.pad_bottom, w.kernel_h, w.dilation_h, w.stride_h);
  pooled.shape[1] = size(x[1] + w.pad_left + w.pad_right, w.kernel_w, w.dilation_w, w.stride_w);
  return pooled;
}

/// `x`: the input that is the image; the gradient and the choices follow it.
Expected<Step> make_pooled_filter(const StepContext &context, std::size_t x, bool updates) {
  const ir::TensorType dy =
      before_pool(context.node, {}, context.in_type(x).shape, context.in_type(x + 1));
  auto inner =
      Inner::create(spec_of(context.node, Op::kConv2dFilterGradient), {context.in_type(x), dy});
  if (!inner) {
    return Failure{inner.error()};
  }
  const Pooling pooling(dy.shape, context.in_type(x + 1).shape);
  return Step([=, gradient_of = *inner] {
    gradient_of->input(0) = bytes_in(context, x);
    unpool(pooling, context.in<float>(x + 1), context.in<std::uint8_t>(x + 2),
           gradient_of->input(1));
    const ByteView gradient = gradient_of->run();
    if (updates) {
      descend(context, gradient);
    } else {
      std::copy(gradient.begin(), gradient.end(), context.out<std::uint8_t>());
    }
  });
}

/// Inputs: dpooled, choices, filter.
Expected<Step> make_pooled_input(const StepContext &context) {
  const ir::TensorType dy = before_pool(context.node, context.in_type(2).shape,
                                        context.out_type().shape, context.in_type(0));
  auto inner =
      Inner::create(spec_of(context.node, Op::kConv2dInputGradient), {dy, context.in_type(2)});
  if (!inner) {
    return Failure{inner.error()};
  }
  const Pooling pooling(dy.shape, context.in_type(0).shape);
  return Step([=, gradient_of = *inner] {
    unpool(pooling, context.in<float>(0), context.in<std::uint8_t>(1), gradient_of->input(0));
    gradient_of->input(1) = bytes_in(context, 2);
    const ByteView gradient = gradient_of->run();
    std::copy(gradient.begin(), gradient.end(), context.out<std::uint8_t>());
  });
}

} // namespace

Expected<Step> make_fused_training(const StepContext &context) {
  switch (context.node.op) {
  case Op::kConv2dFilterSgd:
    return make_filter_sgd(context, Op::kConv2dFilterGradient);
  case Op::kDepthwiseConv2dFilterSgd:
    return make_filter_sgd(context, Op::kDepthwiseConv2dFilterGradient);
  case Op::kFullyConnectedFilterSgd:
    return make_filter_sgd(context, Op::kFullyConnectedFilterGradient);
  case Op::kConv2dMaxPool:
    return make_conv2d_max_pool(context);
  case Op::kPooledConv2dInputGradient:
    return make_pooled_input(context);
  case Op::kPooledConv2dFilterGradient:
    return make_pooled_filter(context, 0, false);
  default:
    return make_pooled_filter(context, 1, true);
  }
}

} // namespace tinyml::interpret
