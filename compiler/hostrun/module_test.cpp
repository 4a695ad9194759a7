// SPDX-License-Identifier: Apache-2.0
// Planned, generated, compiled and run: a module must compute what the interpreter computes.
#include "compiler/hostrun/host_module.hpp"
#include "compiler/hostrun/kernel_sets.hpp"

#include "compiler/interpret/interpreter.hpp"
#include "compiler/ir/edit.hpp"
#include "compiler/ir/text.hpp"
#include "compiler/ir/types.hpp"
#include "host/files.hpp"
#include "host/process.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <random>
#include <regex>

namespace tinyml::hostrun {
namespace {

using ir::ElementType;
using ir::Op;
using ::testing::HasSubstr;

BuildOptions build_options() {
  BuildOptions options;
  options.include_dir = TINYML_SOURCE_DIR;
  options.extra_flags = {"-O1", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"};
  return options;
}

/// The ways in which generated code must compile: strict C++17 with both compilers, and with its
/// field comments made C++20 designators, which proves their names, order and completeness.
enum class Dialect : std::uint8_t { kGcc17, kClang17, kDesignators };

constexpr const char *kClang = "clang++-16";

bool is_installed(const std::string &compiler) {
  host::Command command;
  command.argv = {compiler, "--version"};
  const auto outcome = host::run(command);
  return outcome.ok() && outcome->succeeded();
}

BuildOptions build_options(Dialect dialect) {
  BuildOptions options = build_options();
  options.extra_flags.emplace_back("-Wmissing-field-initializers");
  if (dialect == Dialect::kDesignators) {
    options.extra_flags.emplace_back("-std=c++20");
    return options;
  }
  options.extra_flags.emplace_back("-pedantic");
  static const bool clang_is_there = is_installed(kClang);
  if (dialect == Dialect::kClang17 && clang_is_there) {
    options.compiler = kClang;
  }
  return options;
}

void name_fields(std::vector<codegen::SourceFile> &files) {
  static const std::regex comment(R"(/\*(\w+)=\*/)");
  for (codegen::SourceFile &file : files) {
    file.text = std::regex_replace(file.text, comment, ".$1 = ");
  }
}

/// Makes random graphs, int8 or float, whose every node is legal.
class RandomGraph {
public:
  RandomGraph(unsigned seed, ElementType element) : random_(seed), element_(element) {}

  ir::Graph make(std::size_t nodes) {
    values_ = {add_input()};
    while (graph_.nodes.size() < nodes) {
      grow();
    }
    const auto uses = ir::count_uses(graph_);
    for (const ir::ValueId value : values_) {
      if (uses[value] == 0 || value == values_.back()) {
        graph_.outputs.push_back(value);
      }
    }
    return graph_;
  }

private:
  std::int64_t pick(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
  }
  bool is_int8() const { return element_ == ElementType::kInt8; }
  bool is_int16() const { return element_ == ElementType::kInt16; }
  bool is_quantized() const { return is_int8() || is_int16(); }

  ir::Quantization quantization() {
    return {{static_cast<float>(pick(5, 60)) * 1e-3F},
            {is_int8() ? static_cast<std::int32_t>(pick(-128, 127)) : 0},
            -1};
  }
  ir::TensorType type(ir::Shape shape) {
    return {element_, std::move(shape),
            is_quantized() ? std::optional(quantization()) : std::nullopt};
  }

  /// Sigmoid, tanh and softmax of int16 have one output scale.
  std::optional<ir::TensorType> fixed16() {
    return is_int16() ? std::optional(
                            ir::TensorType{element_, {}, ir::Quantization{{1.0F / 32768}, {0}, -1}})
                      : std::nullopt;
  }

  /// An int8 output's quantisation where the operator prescribes it.
  std::optional<ir::TensorType> fixed(float scale, std::int32_t zero_point) {
    return is_int8() ? std::optional(ir::TensorType{
                           element_, {}, ir::Quantization{{scale}, {zero_point}, -1}})
                     : fixed16();
  }

  ir::ValueId add_input() {
    return ir::add_input(graph_, "input \"?" + std::to_string(graph_.inputs.size()),
                         type({1, pick(2, 8), pick(2, 8), pick(1, 7)}));
  }

  ir::ConstantData noise(std::size_t bytes) {
    ir::ConstantData data(bytes);
    for (auto &byte : data) {
      byte = static_cast<std::uint8_t>(pick(0, 255));
    }
    return data;
  }

  /// Weights of this shape; int8 ones with a scale an index of `axis`.
  ir::ValueId weights(const ir::Shape &shape, int axis) {
    const auto count = static_cast<std::size_t>(ir::element_count(shape));
    if (!is_quantized()) {
      std::vector<float> elements(count);
      for (float &element : elements) {
        element = static_cast<float>(pick(-100, 100)) * 0.01F;
      }
      return ir::add_float_constant(graph_, "w", shape, elements);
    }
    ir::Quantization q{{}, {}, axis};
    const std::int64_t scales = pick(0, 1) == 0 ? 1 : shape[static_cast<std::size_t>(axis)];
    q.axis = scales == 1 && shape[static_cast<std::size_t>(axis)] != 1 ? -1 : axis;
    for (std::int64_t i = 0; i < scales; ++i) {
      q.scales.push_back(static_cast<float>(pick(1, 40)) * 1e-3F);
      q.zero_points.push_back(0);
    }
    return ir::add_constant(graph_, "w", {ElementType::kInt8, shape, q}, noise(count));
  }

  std::vector<ir::ValueId> with_bias(ir::ValueId x, ir::ValueId filter, std::int64_t outputs) {
    if (pick(0, 2) == 0) {
      return {x, filter};
    }
    if (!is_quantized()) {
      return {x, filter, weights({outputs}, 0)};
    }
    std::vector<std::int32_t> bias;
    for (std::int64_t i = 0; i < outputs; ++i) {
      bias.push_back(static_cast<std::int32_t>(pick(-3000, 3000)));
    }
    const ir::Quantization &w = *graph_.values[filter].type.quantization;
    ir::Quantization q{{}, std::vector<std::int32_t>(w.scales.size(), 0), w.axis < 0 ? -1 : 0};
    for (const float scale : w.scales) {
      q.scales.push_back(scale * graph_.values[x].type.quantization->scales[0]);
    }
    if (is_int16() && pick(0, 3) != 0) {
      const std::vector<std::int64_t> wide(bias.begin(), bias.end());
      return {x, filter,
              ir::add_constant(graph_, "b", {ElementType::kInt64, {outputs}, q},
                               ir::constant_data(wide))};
    }
    return {x, filter,
            ir::add_constant(graph_, "b", {ElementType::kInt32, {outputs}, q},
                             ir::constant_data(bias))};
  }

  /// Appends a node when it is legal; graphs grow by trial.
  void node(Op op, std::vector<ir::ValueId> inputs, ir::Attributes attributes,
            std::optional<ir::TensorType> declared = {}) {
    ir::NodeSpec spec{op, std::move(inputs), std::move(attributes),
                      "node\n" + std::to_string(count_++)};
    if (is_quantized() && !declared) {
      declared = type({});
    }
    spec.declared = declared;
    if (const auto value = ir::add_node(graph_, spec)) {
      values_.push_back(*value);
    }
  }

  ir::Attributes window(std::int64_t kernel_h, std::int64_t kernel_w, bool dilations) {
    ir::Attributes attributes;
    attributes["strides"] = std::vector<std::int64_t>{pick(1, 2), pick(1, 2)};
    attributes["pads"] = std::vector<std::int64_t>{pick(0, kernel_h - 1), pick(0, kernel_w - 1),
                                                   pick(0, kernel_h - 1), pick(0, kernel_w - 1)};
    if (dilations && pick(0, 3) == 0) {
      attributes["dilations"] = std::vector<std::int64_t>{pick(1, 2), pick(1, 2)};
    }
    return attributes;
  }
  void activate(ir::Attributes &attributes) {
    const char *const names[] = {"none", "relu", "relu6"};
    attributes["activation"] = std::string(names[pick(0, 2)]);
  }

  void grow() {
    const ir::ValueId x =
        values_[static_cast<std::size_t>(pick(0, static_cast<std::int64_t>(values_.size()) - 1))];
    const ir::Shape shape = graph_.values[x].type.shape;
    const ir::TensorType like = graph_.values[x].type;
    switch (pick(0, is_quantized() ? 19 : 23)) {
    case 0:
    case 1:
      return grow_conv(x, shape);
    case 2:
      return grow_depthwise(x, shape);
    case 3:
      return grow_fully_connected(x, shape);
    case 4:
    case 5:
      return grow_pool(x, shape, like);
    case 6:
    case 7:
      return grow_binary(x, shape);
    case 8:
      return node(Op::kRelu, {x}, {}, like);
    case 9:
      return node(Op::kClip, {x}, {{"min", -0.5}, {"max", 1.5}}, like);
    case 10:
      return node(Op::kSoftmax, {x}, {{"axis", static_cast<std::int64_t>(shape.size()) - 1}},
                  fixed(1.0F / 256, -128));
    case 11:
      return grow_movement(x, shape, like);
    case 12:
      return node(Op::kReshape, {x}, {},
                  ir::TensorType{element_, {1, ir::element_count(shape)}, like.quantization});
    case 13:
      return node(Op::kSigmoid, {x}, {},
                  pick(0, 1) == 0 || is_int16() ? fixed(1.0F / 256, -128) : std::nullopt);
    case 14:
      return node(Op::kTanh, {x}, {},
                  pick(0, 1) == 0 || is_int16() ? fixed(1.0F / 128, 0) : std::nullopt);
    case 15:
      return shape.size() == 4
                 ? node(Op::kMean, {x}, {{"axes", std::vector<std::int64_t>{1, 2}}})
                 : node(Op::kMean, {x},
                        {{"axes", std::vector<std::int64_t>{1}}, {"keep_dims", std::int64_t{0}}});
    case 16:
      return is_quantized() ? node(Op::kRequantize, {x}, {})
                            : node(Op::kDiv, {x, weights({1}, 0)}, {});
    case 17:
    case 18:
      return grow_indexing(x, shape, like);
    case 19:
      return is_quantized() ? grow_quantized(x, shape, like) : grow_transpose_conv(x, shape);
    case 20:
    case 21:
      return grow_function(x, shape);
    case 22:
      return node(
          Op::kReduce, {x},
          {{"function", std::string(pick(0, 1) == 0 ? "log_sum_exp" : "l2")},
           {"axes", std::vector<std::int64_t>{static_cast<std::int64_t>(shape.size()) - 1}}});
    default:
      return grow_resize(x, shape, "cubic", like);
    }
  }

  /// Operators that compute with quantisations in ways of their own.
  void grow_quantized(ir::ValueId x, const ir::Shape &shape, const ir::TensorType &like) {
    switch (pick(is_int8() ? 0 : 4, 7)) {
    case 0:
      return node(Op::kLookup, {x, ir::add_constant(graph_, "table", type({256}), noise(256))}, {});
    case 1: {
      const char *const names[] = {"hard_swish", "leaky_relu", "abs", "rsqrt", "exp", "elu"};
      return node(Op::kUnary, {x}, {{"function", std::string(names[pick(0, 5)])}, {"alpha", 0.1}});
    }
    case 2:
      return grow_resize(x, shape, "linear", like);
    case 3:
      return grow_transpose_conv(x, shape);
    case 4:
      return grow_matmul(x, shape, like);
    case 5:
      return node(Op::kBinary, {x, x}, {{"function", std::string("max")}}, like);
    case 6:
      return node(Op::kReduce, {x},
                  {{"function", std::string("sum")}, {"axes", std::vector<std::int64_t>{1}}});
    default:
      const char *const names[] = {"squared_difference", "prelu"};
      const auto count = static_cast<std::size_t>(shape.back()) * (is_int8() ? 1 : 2);
      const ir::ValueId other = ir::add_constant(graph_, "k", type({shape.back()}), noise(count));
      return node(Op::kBinary, {x, other}, {{"function", std::string(names[pick(0, 1)])}});
    }
  }

  void grow_resize(ir::ValueId x, const ir::Shape &shape, const char *mode,
                   const ir::TensorType &like) {
    if (shape.size() == 4) {
      node(Op::kResize, {x},
           {{"axes", std::vector<std::int64_t>{1, 2}},
            {"sizes", std::vector<std::int64_t>{pick(1, 9), pick(1, 9)}},
            {"mode", std::string(mode)}},
           like);
    }
  }
  void grow_transpose_conv(ir::ValueId x, const ir::Shape &shape) {
    if (shape.size() != 4) {
      return;
    }
    const std::int64_t outputs = pick(1, 3);
    auto attributes = window(3, 2, true);
    activate(attributes);
    node(Op::kTransposeConv2d, with_bias(x, weights({outputs, 3, 2, shape[3]}, 0), outputs),
         attributes);
  }
  void grow_function(ir::ValueId x, const ir::Shape &shape) {
    if (pick(0, 1) == 0) {
      return node(Op::kUnary, {x}, {{"function", std::string("leaky_relu")}, {"alpha", 0.1}});
    }
    const ir::ValueId other = weights({shape.back()}, 0);
    ir::NodeSpec compare{Op::kBinary, {x, other}, {{"function", std::string("less")}}};
    if (const auto condition = ir::add_node(graph_, compare)) {
      node(Op::kSelect, {*condition, x, other}, {});
    }
  }
  void grow_indexing(ir::ValueId x, const ir::Shape &shape, const ir::TensorType &like) {
    switch (pick(0, 3)) {
    case 0: {
      std::vector<std::int64_t> begins = shape;
      std::vector<std::int64_t> steps(shape.size(), 1);
      std::vector<std::int64_t> sizes(shape.size(), 1);
      for (std::size_t i = 0; i < shape.size(); ++i) {
        const bool backwards = pick(0, 2) == 0;
        steps[i] = backwards ? -1 : pick(1, 2);
        begins[i] = backwards ? shape[i] - 1 : pick(0, shape[i] / 2);
        sizes[i] = backwards ? shape[i] : (shape[i] - 1 - begins[i]) / steps[i] + 1;
      }
      return node(Op::kSlice, {x}, {{"begins", begins}, {"sizes", sizes}, {"steps", steps}}, like);
    }
    case 1: {
      const ir::ValueId indices = ir::add_constant(graph_, "i", {ElementType::kInt64, {3}, {}},
                                                   ir::constant_data<std::int64_t>({0, -1, 0}));
      return node(Op::kGather, {x, indices},
                  {{"axis", static_cast<std::int64_t>(shape.size()) - 1}}, like);
    }
    case 2: {
      std::vector<std::int64_t> repeats(shape.size(), 1);
      repeats.back() = 2;
      return node(Op::kTile, {x}, {{"repeats", repeats}}, like);
    }
    default:
      return grow_resize(x, shape, "nearest", like);
    }
  }

  void grow_conv(ir::ValueId x, const ir::Shape &shape) {
    if (shape.size() != 4) {
      return;
    }
    const std::int64_t groups = shape[3] % 2 == 0 && pick(0, 1) == 0 ? 2 : 1;
    const std::int64_t outputs = pick(1, 5) * groups;
    const std::int64_t kernel_h = pick(1, 3);
    const std::int64_t kernel_w = pick(1, 3);
    auto attributes = window(kernel_h, kernel_w, true);
    activate(attributes);
    attributes["groups"] = groups;
    const auto filter = weights({outputs, kernel_h, kernel_w, shape[3] / groups}, 0);
    node(Op::kConv2d, with_bias(x, filter, outputs), attributes);
  }
  void grow_depthwise(ir::ValueId x, const ir::Shape &shape) {
    if (shape.size() != 4) {
      return;
    }
    const std::int64_t outputs = shape[3] * (pick(0, 2) == 0 ? 2 : 1);
    auto attributes = window(3, 3, true);
    activate(attributes);
    node(Op::kDepthwiseConv2d, with_bias(x, weights({1, 3, 3, outputs}, 3), outputs), attributes);
  }
  void grow_fully_connected(ir::ValueId x, const ir::Shape &shape) {
    const std::int64_t outputs = pick(1, 9);
    ir::Attributes attributes;
    activate(attributes);
    node(Op::kFullyConnected, with_bias(x, weights({outputs, shape.back()}, 0), outputs),
         attributes);
  }
  void grow_pool(ir::ValueId x, const ir::Shape &shape, const ir::TensorType &like) {
    if (shape.size() != 4) {
      return;
    }
    auto attributes = window(2, 2, false);
    attributes["kernel"] = std::vector<std::int64_t>{2, 2};
    node(pick(0, 1) == 0 ? Op::kMaxPool2d : Op::kAveragePool2d, {x}, attributes, like);
  }
  void grow_binary(ir::ValueId x, const ir::Shape &shape) {
    constexpr Op kOps[] = {Op::kAdd, Op::kSub, Op::kMul, Op::kDiv};
    const Op op = kOps[pick(0, is_int8() ? 3 : 2)];
    ir::Attributes attributes;
    if (op != Op::kDiv) {
      activate(attributes);
    }
    std::vector<ir::ValueId> inputs = {x, x};
    for (const ir::ValueId other : values_) { // another value of the same shape, if there is one
      inputs[1] = graph_.values[other].type.shape == shape && pick(0, 1) == 0 ? other : inputs[1];
    }
    if (pick(0, 2) == 0) {
      const ir::ValueId constant =
          is_quantized() ? ir::add_constant(
                               graph_, "k", type({shape.back()}),
                               noise(static_cast<std::size_t>(shape.back()) * (is_int8() ? 1 : 2)))
                         : weights({shape.back()}, 0);
      inputs[static_cast<std::size_t>(pick(0, 1))] = constant;
    }
    node(op, inputs, attributes);
  }
  /// A product of the value with itself, transposed.
  void grow_matmul(ir::ValueId x, const ir::Shape &shape, const ir::TensorType &like) {
    if (shape.size() == 4) {
      node(Op::kTranspose, {x}, {{"permutation", std::vector<std::int64_t>{0, 1, 3, 2}}}, like);
      node(Op::kMatMul, {x, values_.back()}, {});
    }
  }
  void grow_movement(ir::ValueId x, const ir::Shape &shape, const ir::TensorType &like) {
    switch (pick(0, 2)) {
    case 0: {
      std::vector<std::int64_t> permutation(shape.size());
      for (std::size_t i = 0; i < permutation.size(); ++i) {
        permutation[i] = static_cast<std::int64_t>(i);
      }
      std::shuffle(permutation.begin() + 1, permutation.end(), random_);
      return node(Op::kTranspose, {x}, {{"permutation", permutation}}, like);
    }
    case 1: {
      std::vector<std::int64_t> pads(2 * shape.size(), 0);
      for (std::size_t i = 1; i < shape.size(); ++i) {
        pads[i] = pick(0, 2);
        pads[shape.size() + i] = pick(0, 2);
      }
      return node(Op::kPad, {x}, {{"pads", pads}, {"value", 0.25}}, like);
    }
    default:
      return node(Op::kConcat, {x, x, x},
                  {{"axis", pick(1, static_cast<std::int64_t>(shape.size()) - 1)}}, like);
    }
  }

  std::mt19937 random_;
  ElementType element_;
  ir::Graph graph_;
  std::vector<ir::ValueId> values_;
  int count_ = 0;
};

std::vector<std::uint8_t> random_input(const ir::TensorType &type, std::mt19937 &random) {
  if (type.element != ElementType::kFloat32) {
    std::vector<std::uint8_t> data(ir::byte_size(type));
    std::generate(data.begin(), data.end(),
                  [&] { return static_cast<std::uint8_t>(random() & 0xFF); });
    return data;
  }
  std::vector<float> elements(static_cast<std::size_t>(ir::element_count(type.shape)));
  std::generate(elements.begin(), elements.end(),
                [&] { return static_cast<float>(random() % 2001) * 1e-3F - 1.0F; });
  return ir::constant_data(elements);
}

Expected<codegen::GeneratedModule> generated(const ir::Graph &graph,
                                             const codegen::GenerateOptions &options = {}) {
  const auto plan = plan::make_plan(graph, {.isa = options.isa});
  if (!plan) {
    return Failure{plan.error()};
  }
  return codegen::generate(graph, *plan, options);
}

/// Outputs of the interpreter, one after the other.
std::vector<std::uint8_t> interpreted(interpret::Interpreter &interpreter, const ir::Graph &graph,
                                      const std::vector<std::vector<std::uint8_t>> &inputs) {
  const std::vector<ByteView> views(inputs.begin(), inputs.end());
  const auto ran = interpreter.run(views);
  EXPECT_TRUE(ran.ok()) << ran.error().message;
  std::vector<std::uint8_t> outputs;
  for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
    const ByteView output = interpreter.output(i);
    outputs.insert(outputs.end(), output.begin(), output.end());
  }
  return outputs;
}

void expect_equal(const std::vector<std::uint8_t> &actual, const std::vector<std::uint8_t> &wanted,
                  bool exact, const std::string &where) {
  if (exact) {
    EXPECT_EQ(actual, wanted) << where;
    return;
  }
  for (std::size_t i = 0; i + 4 <= wanted.size(); i += 4) {
    float a = 0;
    float w = 0;
    std::memcpy(&a, &actual[i], 4);
    std::memcpy(&w, &wanted[i], 4);
    ASSERT_TRUE(std::abs(a - w) <= 1e-5F * std::max(1.0F, std::abs(w)) ||
                (std::isnan(a) && std::isnan(w)) || a == w)
        << where << ": " << a << " instead of " << w << " at byte " << i;
  }
}

void expect_module_computes(const ir::Graph &graph, codegen::Instantiation instantiation,
                            Dialect dialect, const std::string &isa) {
  codegen::GenerateOptions options;
  options.instantiation = instantiation;
  options.isa = isa;
  auto module = generated(graph, options);
  ASSERT_TRUE(module.ok()) << module.error().message << "\n" << ir::print(graph);
  if (dialect == Dialect::kDesignators) {
    name_fields(module->files);
    ASSERT_THAT(module->files.back().text, HasSubstr("    .abi_version = "));
  }
  BuildOptions build = build_options(dialect);
  build.isa = isa;
  auto host = HostModule::build(module->files, build);
  ASSERT_TRUE(host.ok()) << host.error().message;
  auto interpreter = interpret::Interpreter::prepare(graph);
  ASSERT_TRUE(interpreter.ok()) << interpreter.error().message;
  std::mt19937 random(3);
  const bool exact = graph.values[graph.outputs[0]].type.element != ElementType::kFloat32;
  for (int round = 0; round < 20; ++round) {
    std::vector<std::vector<std::uint8_t>> inputs;
    std::vector<std::uint8_t> joined;
    for (const ir::ValueId input : graph.inputs) {
      inputs.push_back(random_input(graph.values[input].type, random));
      joined.insert(joined.end(), inputs.back().begin(), inputs.back().end());
    }
    std::vector<std::uint8_t> outputs(host->output_bytes());
    const auto ran = host->run(joined, outputs);
    ASSERT_TRUE(ran.ok()) << ran.error().message;
    expect_equal(outputs, interpreted(*interpreter, graph, inputs), exact, isa + ir::print(graph));
    if (::testing::Test::HasFailure()) {
      return;
    }
  }
}

/// The same graph with `scalar`, and with one of the other kernel sets that this machine can run.
void expect_modules_compute(const ir::Graph &graph, codegen::Instantiation instantiation,
                            unsigned seed) {
  const auto sets = runnable_kernel_sets();
  expect_module_computes(graph, instantiation, static_cast<Dialect>(seed % 3), sets.front());
  if (sets.size() > 1) {
    expect_module_computes(graph, instantiation, static_cast<Dialect>(seed / 2 % 3),
                           sets[1 + seed % (sets.size() - 1)]);
  }
}

class Module : public ::testing::TestWithParam<unsigned> {};

TEST_P(Module, Int8GraphsComputeExactlyWhatTheInterpreterComputes) {
  expect_modules_compute(RandomGraph(GetParam(), ElementType::kInt8).make(25),
                         GetParam() % 2 == 0 ? codegen::Instantiation::kShared
                                             : codegen::Instantiation::kPerLayer,
                         GetParam());
}

TEST_P(Module, Int16GraphsComputeExactlyWhatTheInterpreterComputes) {
  if (GetParam() < 4) {
    expect_modules_compute(RandomGraph(GetParam() + 200, ElementType::kInt16).make(25),
                           GetParam() % 2 == 0 ? codegen::Instantiation::kPerLayer
                                               : codegen::Instantiation::kShared,
                           GetParam());
  }
}

TEST_P(Module, FloatGraphsComputeWhatTheInterpreterComputes) {
  expect_modules_compute(RandomGraph(GetParam() + 100, ElementType::kFloat32).make(20),
                         GetParam() % 2 == 0 ? codegen::Instantiation::kPerLayer
                                             : codegen::Instantiation::kShared,
                         GetParam());
}

INSTANTIATE_TEST_SUITE_P(Seeds, Module, ::testing::Range(0U, 6U));

ir::Graph small_graph(const std::string &input_name) {
  ir::Graph graph;
  const auto x = ir::add_input(graph, input_name, {ElementType::kFloat32, {1, 3}, {}});
  graph.outputs = {*ir::add_node(graph, {Op::kRelu, {x}})};
  return graph;
}

TEST(HostModule, TellsWhatItsModuleIsWhateverTheNames) {
  const std::string evil = "a\"\n#error?\?/\\";
  codegen::GenerateOptions options;
  options.model_name = evil;
  options.build_id = {1, 2, 255};
  const auto module = generated(small_graph(evil), options);
  ASSERT_TRUE(module.ok()) << module.error().message;
  const auto host = HostModule::build(module->files, build_options());
  ASSERT_TRUE(host.ok()) << host.error().message;
  EXPECT_EQ(std::string(host->info().name), evil);
  EXPECT_EQ(std::string(host->info().inputs[0].name), evil);
  EXPECT_EQ(host->info().build_id[2], 255);
  EXPECT_EQ(host->info().arena_bytes, 12U);
  EXPECT_EQ(host->input_bytes(), 12U);
}

TEST(HostModule, RunsSeveralInputsOneAfterTheOtherAndRefusesHalfOnes) {
  const auto module = generated(small_graph("x"));
  ASSERT_TRUE(module.ok());
  auto host = HostModule::build(module->files, build_options());
  ASSERT_TRUE(host.ok()) << host.error().message;
  const auto inputs = ir::constant_data<float>({1, -2, 3, -4, 5, -6});
  std::vector<std::uint8_t> outputs(24);
  ASSERT_TRUE(host->run(inputs, outputs).ok());
  EXPECT_EQ(outputs, ir::constant_data<float>({1, 0, 3, 0, 5, 0}));
  const auto half = host->run(ByteView(inputs).first(20), outputs);
  ASSERT_FALSE(half.ok());
  EXPECT_THAT(half.error().message, HasSubstr("takes 12 bytes and gives 12"));
}

TEST(HostModule, RefusesAModuleForAnotherProcessor) {
  const auto folder = host::TemporaryFolder::create("other-processor");
  ASSERT_TRUE(folder.ok());
  const auto module = generated(small_graph("x"));
  ASSERT_TRUE(module.ok());
  BuildOptions options = build_options();
  options.isa = "dsp"; // has portable code, but no flags for this machine
  std::vector<codegen::SourceFile> files = module->files;
  for (codegen::SourceFile &file : files) {
    file.text = std::regex_replace(file.text, std::regex("static_assert[^;]*;"), "");
  }
  const auto path = folder->path() / "module.so";
  const auto built = build_shared_object(files, options, path);
  ASSERT_TRUE(built.ok()) << built.error().message;
  const auto host = HostModule::load(path);
  ASSERT_FALSE(host.ok());
  EXPECT_EQ(host.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(host.error().message, HasSubstr("built for processors with dsp"));
}

TEST(KernelSets, TheEnvironmentChoosesAmongThoseThatRunHere) {
  EXPECT_EQ(runnable_kernel_sets().front(), "scalar");
  EXPECT_TRUE(kernel_set_flags("scalar").empty());
  ASSERT_EQ(setenv("TINYML_HOST_ISA", "scalar", 1), 0);
  EXPECT_EQ(host_kernel_set(), "scalar");
  ASSERT_EQ(setenv("TINYML_HOST_ISA", "dsp", 1), 0);
  EXPECT_EQ(host_kernel_set(), best_kernel_set());
  ASSERT_EQ(unsetenv("TINYML_HOST_ISA"), 0);
  EXPECT_EQ(host_kernel_set(), runnable_kernel_sets().back());
}

TEST(HostModule, TwoModulesDoNotShareTheirArenas) {
  const auto module = generated(small_graph("x"));
  ASSERT_TRUE(module.ok());
  auto first = HostModule::build(module->files, build_options());
  auto second = HostModule::build(module->files, build_options());
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_NE(&first->info(), &second->info());
}

TEST(HostModule, SaysThatThereIsNoCompiler) {
  BuildOptions options = build_options();
  options.compiler = "no-such-compiler";
  const auto module = generated(small_graph("x"));
  const auto host = HostModule::build(module->files, options);
  ASSERT_FALSE(host.ok());
  EXPECT_EQ(host.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(host.error().message, HasSubstr("Install g++"));
}

TEST(HostModule, ShowsWhatTheCompilerSaid) {
  const std::vector<codegen::SourceFile> files = {{"model.cpp", "#error on purpose\n"}};
  const auto host = HostModule::build(files, build_options());
  ASSERT_FALSE(host.ok());
  EXPECT_THAT(host.error().message, HasSubstr("on purpose"));
  const std::vector<codegen::SourceFile> outside = {{"../model.cpp", ""}};
  EXPECT_FALSE(HostModule::build(outside, build_options()).ok());
}

TEST(HostModule, RefusesWhatIsNotAModule) {
  const auto folder = host::TemporaryFolder::create("not-a-module");
  ASSERT_TRUE(folder.ok());
  const auto path = folder->path() / "module.so";
  ASSERT_TRUE(host::write_text(path, "not an ELF file").ok());
  EXPECT_FALSE(HostModule::load(path).ok());
  EXPECT_FALSE(HostModule::load(folder->path() / "absent.so").ok());

  const std::vector<codegen::SourceFile> other = {{"other.cpp", "int answer() { return 42; }\n"}};
  const auto built = build_shared_object(other, build_options(), path);
  ASSERT_TRUE(built.ok()) << built.error().message;
  const auto host = HostModule::load(path);
  ASSERT_FALSE(host.ok());
  EXPECT_THAT(host.error().message, HasSubstr("not a module"));
}

} // namespace
} // namespace tinyml::hostrun
