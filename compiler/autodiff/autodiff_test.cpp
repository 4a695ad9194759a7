// SPDX-License-Identifier: Apache-2.0
#include "compiler/autodiff/training_step.hpp"
#include "compiler/interpret/interpreter.hpp"
#include "compiler/ir/edit.hpp"
#include "compiler/ir/text.hpp"
#include "compiler/ir/variables.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <numeric>
#include <random>

namespace tinyml::autodiff {
namespace {

using Floats = std::vector<float>;

/// Spread evenly, so that no rectifier's kink and no tie of a maximum lies within a step of them.
Floats even_noise(std::size_t count, unsigned seed) {
  Floats values(count);
  std::iota(values.begin(), values.end(), 0.5F);
  std::shuffle(values.begin(), values.end(), std::mt19937(seed));
  for (float &value : values) {
    value = 2 * value / static_cast<float>(count) - 1;
  }
  return values;
}

/// Fills every f32 constant `= noise` of the text's graph, which are written as zeros.
ir::Graph model(const std::string &text) {
  auto graph = ir::parse(text);
  EXPECT_TRUE(graph.ok()) << graph.error().message;
  unsigned seed = 1;
  for (ir::Value &value : graph->values) {
    if (value.constant && value.type.element == ir::ElementType::kFloat32 &&
        value.name.starts_with("w")) {
      value.constant = ir::constant_data(
          even_noise(static_cast<std::size_t>(ir::element_count(value.type.shape)), seed++));
    }
  }
  return *std::move(graph);
}

/// A constant of zeros in the IR's text; model() fills it when its name begins with w.
std::string weights(const std::string &name, const std::string &shape, std::size_t count) {
  return "const %" + name + " : f32" + shape + " = hex \"" + std::string(8 * count, '0') + "\"\n";
}

/// One run of a step or a gradient graph.
class Run {
public:
  explicit Run(const TrainingStep &step, unsigned seed = 7) : step_(step) {
    for (const ir::ValueId id : step.graph.inputs) {
      inputs_.push_back(content(step.graph.values[id], seed++));
    }
  }

  /// Mean loss; the gradients are then there as outputs 1, 2, ….
  double loss() {
    auto interpreter = interpret::Interpreter::prepare(step_.graph);
    EXPECT_TRUE(interpreter.ok()) << interpreter.error().message;
    const std::vector<ByteView> views(inputs_.begin(), inputs_.end());
    EXPECT_TRUE(interpreter->run(views).ok());
    outputs_.clear();
    for (std::size_t i = 0; i < step_.graph.outputs.size(); ++i) {
      const ByteView bytes = interpreter->output(i);
      outputs_.emplace_back(bytes.size() / sizeof(float));
      std::memcpy(outputs_.back().data(), bytes.data(), bytes.size());
    }
    const Floats &losses = outputs_[0];
    return std::accumulate(losses.begin(), losses.end(), 0.0) / static_cast<double>(losses.size());
  }

  [[nodiscard]] const Floats &output(std::size_t i) const { return outputs_[i]; }

private:
  static ir::ConstantData content(const ir::Value &value, unsigned seed) {
    const auto count = static_cast<std::size_t>(ir::element_count(value.type.shape));
    if (value.type.element == ir::ElementType::kInt32) {
      std::vector<std::int32_t> labels(count);
      std::iota(labels.begin(), labels.end(), 0);
      return ir::constant_data(labels);
    }
    return value.name == "rate" ? ir::constant_data(Floats{0.05F})
                                : ir::constant_data(even_noise(count, seed));
  }

  const TrainingStep &step_;
  std::vector<ir::ConstantData> inputs_;
  std::vector<Floats> outputs_;
};

float &element(ir::Graph &graph, ir::ValueId id, std::size_t i) {
  return *(reinterpret_cast<float *>(graph.values[id].constant->data()) + i);
}

/// Every gradient against central differences of the loss.
void check_gradients(const std::string &text, TrainingOptions options) {
  const ir::Graph net = model(text);
  auto step = make_gradients(net, options);
  ASSERT_TRUE(step.ok()) << step.error().message;
  ASSERT_FALSE(step->parameters.empty());
  Run run(*step);
  // float32 knows a loss to so many of its own size.
  const double tolerance = 1e-4 * std::max(1.0, run.loss());
  std::vector<Floats> gradients;
  for (std::size_t p = 0; p < step->parameters.size(); ++p) {
    gradients.push_back(run.output(p + 1));
  }
  constexpr float kStep = 4e-3F;
  for (std::size_t p = 0; p < gradients.size(); ++p) {
    for (std::size_t i = 0; i < gradients[p].size(); i += 1 + gradients[p].size() / 12) {
      float &weight = element(step->graph, step->parameters[p].value, i);
      const float before = weight;
      weight = before + kStep;
      const double above = run.loss();
      const double span = static_cast<double>(weight);
      weight = before - kStep;
      const double below = run.loss();
      const double difference = (above - below) / (span - static_cast<double>(weight));
      weight = before;
      EXPECT_NEAR(gradients[p][i], difference, tolerance * std::max(1.0, std::fabs(difference)))
          << step->graph.values[step->parameters[p].value].name << "[" << i << "]";
    }
  }
}

void check_all_forms(const std::string &text) {
  for (const Loss loss : {Loss::kCrossEntropy, Loss::kMeanSquaredError}) {
    for (const bool innermost : {false, true}) {
      SCOPED_TRACE((innermost ? "batch innermost, loss " : "batch outermost, loss ") +
                   std::to_string(static_cast<int>(loss)));
      check_gradients(text, {.loss = loss, .batch = 3, .batch_innermost = innermost});
    }
  }
}

const std::string kDense = "graph \"dense\" { input %x : f32[1,6]\n" + weights("w", "[4,6]", 24) +
                           weights("wb", "[4]", 4) +
                           "%y : f32[1,4] = fully_connected(%x, %w, %wb)\n output %y }";

TEST(Gradients, FullyConnected) { check_all_forms(kDense); }

TEST(Gradients, TwoLayersWithActivations) {
  for (const char *activation : {"none", "relu", "relu6"}) {
    check_all_forms("graph \"mlp\" { input %x : f32[1,6]\n" + weights("w1", "[5,6]", 30) +
                    weights("wb1", "[5]", 5) + weights("w2", "[4,5]", 20) +
                    "%h : f32[1,5] = fully_connected(%x, %w1, %wb1) {activation=\"" + activation +
                    "\"}\n%y : f32[1,4] = fully_connected(%h, %w2)\n"
                    "%p : f32[1,4] = softmax(%y) {axis=1}\n output %p }");
  }
}

/// A convolution between two others: gradients of filter, bias and image.
/// The biases decide what a rectifier behind the convolution passes, so that no difference crosses
/// its kink.
std::string convolutions(const std::string &op, const std::string &filter, std::size_t count,
                         const std::string &attributes, const std::string &out) {
  return "graph \"net\" { input %x : f32[1,6,5,2]\n" + weights("w1", "[4,1,1,2]", 8) +
         weights("w2", filter, count) + "const %b2 : f32[4] = [6, -6, 6.5, 5.5]\n" +
         "%a : f32[1,6,5,4] = conv2d(%x, %w1)\n%b : f32" + out + " = " + op + "(%a, %w2, %b2) {" +
         attributes + "}\n%y : f32[1,4] = mean(%b) {axes=[1,2], keep_dims=0}\n output %y }";
}

TEST(Gradients, Convolutions) {
  check_all_forms(convolutions("conv2d", "[4,3,3,4]", 144, "pads=[1,1,1,1]", "[1,6,5,4]"));
  check_all_forms(
      convolutions("conv2d", "[4,3,2,4]", 96, "strides=[2,1], pads=[1,0,0,1]", "[1,3,5,4]"));
  check_all_forms(
      convolutions("conv2d", "[4,3,2,2]", 48, "groups=2, dilations=[2,1]", "[1,2,4,4]"));
  check_all_forms(convolutions("depthwise_conv2d", "[1,3,3,4]", 36,
                               "strides=[1,2], pads=[1,1,1,1], activation=\"relu\"", "[1,6,3,4]"));
}

TEST(Gradients, Pools) {
  for (const char *op : {"max_pool2d", "average_pool2d"}) {
    for (const char *attributes :
         {"kernel=[2,2], strides=[2,2]} #[1,3,2,2]", "kernel=[3,2], pads=[1,0,1,1]} #[1,6,5,2]"}) {
      const std::string text(attributes);
      const std::size_t at = text.find('#');
      // Each channel is the image times a number: no difference changes which element is the
      // largest.
      check_all_forms("graph \"net\" { input %x : f32[1,6,5,1]\n" + weights("w", "[2,1,1,1]", 2) +
                      "%a : f32[1,6,5,2] = conv2d(%x, %w)\n%b : f32" + text.substr(at + 1) + " = " +
                      op + "(%a) {" + text.substr(0, at) +
                      "\n%y : f32[1,2] = mean(%b) {axes=[1,2], keep_dims=0}\n"
                      "%z : f32[1,2] = tanh(%y)\n%t : f32[1,4] = concat(%y, %z) {axis=1}\n"
                      "output %t }");
    }
  }
}

TEST(Gradients, ElementwiseAndBroadcast) {
  check_all_forms("graph \"net\" { input %x : f32[1,2,3,4]\n" + weights("w", "[4,1,1,4]", 16) +
                  "const %half : f32[1] = [0.5]\nconst %some : f32[4] = [1.5, 2, 0.5, 3]\n"
                  "%a : f32[1,2,3,4] = conv2d(%x, %w)\n%b : f32[1,2,3,4] = sigmoid(%a)\n"
                  "%c : f32[1,2,3,4] = mul(%a, %b)\n%d : f32[1,2,3,4] = sub(%c, %some)\n"
                  "%e : f32[1,2,3,4] = div(%d, %some)\n%f : f32[1,2,3,4] = add(%e, %half)\n"
                  "%g : f32[1,2,3,4] = unary(%f) {function=\"square\"}\n"
                  "%h : f32[1,2,3,4] = mul(%g, %a)\n"
                  "%i : f32[1,4] = reduce(%h) {function=\"sum\", axes=[1,2], keep_dims=0}\n"
                  "%y : f32[1,4] = clip(%i) {min=-100.0, max=100.0}\n output %y }");
}

TEST(Gradients, ShapesAndJoins) {
  check_all_forms("graph \"net\" { input %x : f32[1,2,3,2]\n" + weights("w", "[2,1,1,2]", 4) +
                  weights("w2", "[3,24]", 72) +
                  "%a : f32[1,2,3,2] = conv2d(%x, %w)\n"
                  "%b : f32[1,3,2,2] = transpose(%a) {permutation=[0,2,1,3]}\n"
                  "%c : f32[1,12] = reshape(%b)\n%d : f32[1,12] = reshape(%a)\n"
                  "%e : f32[1,24] = concat(%c, %d) {axis=1}\n"
                  "%y : f32[1,3] = fully_connected(%e, %w2)\n output %y }");
}

TEST(Gradients, BatchNormalisation) {
  for (const std::string axis : {"3", "1"}) {
    const std::string channels = axis == "3" ? "[2]" : "[3]";
    const std::size_t count = axis == "3" ? 2 : 3;
    check_all_forms("graph \"net\" { input %x : f32[1,3,4,2]\n" + weights("w", "[2,1,1,2]", 4) +
                    weights("ws", channels, count) + weights("wb", channels, count) +
                    weights("m", channels, count) + weights("v", channels, count) +
                    "%a : f32[1,3,4,2] = conv2d(%x, %w)\n"
                    "%b : f32[1,3,4,2] = batch_norm(%a, %ws, %wb, %m, %v) {axis=" +
                    axis +
                    "}\n"
                    "%c : f32[1,3,4,2] = unary(%b) {function=\"square\"}\n"
                    "%y : f32[1,2] = mean(%c) {axes=[1,2], keep_dims=0}\n output %y }");
  }
}

TEST(Gradients, AnOperatorWithoutARuleIsNamed) {
  const auto step = make_gradients(
      model("graph \"net\" { input %x : f32[1,2]\n" + weights("w", "[2,2]", 4) +
            "%a : f32[1,2] = fully_connected(%x, %w)\n"
            "%y : f32[1,2] = unary(%a) {function=\"mish\"} name=\"the node\"\n output %y }"),
      {});
  ASSERT_FALSE(step.ok());
  EXPECT_THAT(step.error().message, testing::HasSubstr("mish"));
}

/// Runs a step again and again on one batch.
double loss_after(const TrainingOptions &options, int steps) {
  const auto step = make_training_step(model(kDense), options);
  EXPECT_TRUE(step.ok()) << step.error().message;
  auto interpreter = interpret::Interpreter::prepare(step->graph);
  EXPECT_TRUE(interpreter.ok()) << interpreter.error().message;
  const auto x = ir::constant_data(even_noise(18, 3));
  const auto labels = ir::constant_data(std::vector<std::int32_t>{0, 1, 2});
  const auto rate = ir::constant_data(Floats{0.05F});
  const std::vector<ByteView> views = {x, labels, rate};
  double loss = 0;
  for (int i = 0; i < steps; ++i) {
    EXPECT_TRUE(interpreter->run(views).ok());
    const auto *losses = reinterpret_cast<const float *>(interpreter->output(0).data());
    loss = (losses[0] + losses[1] + losses[2]) / 3;
  }
  return loss;
}

TEST(TrainingStep, EveryOptimiserLearns) {
  for (const Optimizer optimizer : {Optimizer::kSgd, Optimizer::kMomentum, Optimizer::kAdam}) {
    for (const Correction correction :
         {Correction::kNone, Correction::kProximal, Correction::kControl}) {
      const TrainingOptions options{.optimizer = optimizer, .correction = correction, .batch = 3};
      EXPECT_LT(loss_after(options, 60), 0.7 * loss_after(options, 1));
    }
  }
}

TEST(TrainingStep, LastLayerOnlyUpdatesNothingElse) {
  const std::string mlp = "graph \"mlp\" { input %x : f32[1,6]\n" + weights("w1", "[5,6]", 30) +
                          weights("w2", "[4,5]", 20) +
                          "%h : f32[1,5] = fully_connected(%x, %w1) {activation=\"relu\"}\n"
                          "%y : f32[1,4] = fully_connected(%h, %w2)\n output %y }";
  const auto step = make_training_step(model(mlp), {.batch = 2, .last_layer_only = true});
  ASSERT_TRUE(step.ok()) << step.error().message;
  ASSERT_EQ(step->parameters.size(), 1U);
  EXPECT_EQ(step->graph.values[step->parameters[0].value].name, "w2");
  EXPECT_EQ(std::count_if(step->graph.nodes.begin(), step->graph.nodes.end(),
                          [](const ir::Node &node) { return ir::is_update(node.op); }),
            1);
}

TEST(TrainingStep, PrintsAndParses) {
  const auto step = make_training_step(model(kDense), {.optimizer = Optimizer::kAdam, .batch = 2});
  ASSERT_TRUE(step.ok());
  const auto parsed = ir::parse(ir::print(step->graph));
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_EQ(ir::print(*parsed), ir::print(step->graph));
}

TEST(TrainingStep, BothLayoutsGiveTheSameGradients) {
  const ir::Graph net = model(convolutions("depthwise_conv2d", "[1,3,3,4]", 36,
                                           "pads=[1,1,1,1], activation=\"relu\"", "[1,6,5,4]"));
  constexpr std::size_t kBatch = 3;
  constexpr std::size_t kPixels = 60;
  const Floats x = even_noise(kBatch * kPixels, 5);
  Floats turned(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    turned[i % kPixels * kBatch + i / kPixels] = x[i];
  }
  std::vector<std::vector<Floats>> outputs;
  for (const bool innermost : {false, true}) {
    const auto step = make_gradients(net, {.batch = kBatch, .batch_innermost = innermost});
    ASSERT_TRUE(step.ok()) << step.error().message;
    auto interpreter = interpret::Interpreter::prepare(step->graph);
    ASSERT_TRUE(interpreter.ok());
    const auto images = ir::constant_data(innermost ? turned : x);
    const auto labels = ir::constant_data(std::vector<std::int32_t>{0, 1, 2});
    const std::vector<ByteView> views = {images, labels};
    ASSERT_TRUE(interpreter->run(views).ok());
    outputs.emplace_back();
    for (std::size_t i = 0; i < step->graph.outputs.size(); ++i) {
      const ByteView bytes = interpreter->output(i);
      outputs.back().emplace_back(bytes.size() / sizeof(float));
      std::memcpy(outputs.back().back().data(), bytes.data(), bytes.size());
    }
  }
  for (std::size_t i = 0; i < outputs[0].size(); ++i) {
    EXPECT_THAT(outputs[1][i], testing::Pointwise(testing::FloatNear(1e-6F), outputs[0][i])) << i;
  }
}

} // namespace
} // namespace tinyml::autodiff
