// SPDX-License-Identifier: Apache-2.0
// Generated training steps against the interpreter: losses, outputs and models after some steps.
#include "compiler/driver/compile_training.hpp"
#include "compiler/hostrun/kernel_sets.hpp"
#include "compiler/hostrun/training_module.hpp"
#include "compiler/interpret/interpreter.hpp"
#include "compiler/ir/text.hpp"
#include "host/files.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

namespace tinyml::driver {
namespace {

using Floats = std::vector<float>;
using hostrun::TrainingModule;

Floats noise(std::size_t count, unsigned seed, float size = 1) {
  std::mt19937 random(seed);
  Floats values(count);
  std::generate(values.begin(), values.end(),
                [&] { return size * (static_cast<float>(random() % 2001) * 1e-3F - 1); });
  return values;
}

/// A model in the IR's text; constants written `= noise` are filled.
ir::Graph model(const std::string &text) {
  auto graph = ir::parse(text);
  EXPECT_TRUE(graph.ok()) << graph.error().message;
  unsigned seed = 1;
  for (ir::Value &value : graph->values) {
    if (value.constant && value.name.starts_with("w")) {
      const auto count = static_cast<std::size_t>(ir::element_count(value.type.shape));
      const float size =
          1 / std::sqrt(static_cast<float>(count) / static_cast<float>(value.type.shape[0]));
      value.constant = ir::constant_data(noise(count, seed++, size));
    }
  }
  return *std::move(graph);
}

std::string zeros(const std::string &name, const std::string &shape, std::size_t count) {
  return "const %" + name + " : f32" + shape + " = hex \"" + std::string(8 * count, '0') + "\"\n";
}

hostrun::BuildOptions build_options(const std::string &isa) {
  hostrun::BuildOptions options;
  options.include_dir = TINYML_SOURCE_DIR;
  options.isa = isa;
  return options;
}

/// What goes into step number `seed` of training: the last sample of larger batches is off.
struct Batch {
  Floats x;
  std::vector<std::int32_t> labels;
  Floats rate = {0.1F};

  Batch(const module::TrainingInfo &info, unsigned seed)
      : x(noise(std::size_t{info.sample_values} * info.batch, seed)), labels(info.batch) {
    std::mt19937 random(seed);
    std::generate(labels.begin(), labels.end(),
                  [&] { return static_cast<std::int32_t>(random() % info.output_values); });
    if (info.batch > 3) {
      labels.back() = -1;
    }
  }
};

Floats floats(ByteView bytes) {
  Floats values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

/// The step in the interpreter.
class Interpreted {
public:
  explicit Interpreted(const CompiledTraining &training)
      : training_(training), interpreter_(*interpret::Interpreter::prepare(training.model.graph)) {}

  void step(const Batch &batch) {
    const auto bytes = [](const auto &values) {
      return ByteView(reinterpret_cast<const std::uint8_t *>(values.data()),
                      values.size() * sizeof(values[0]));
    };
    const std::vector<ByteView> inputs = {bytes(batch.x), bytes(batch.labels), bytes(batch.rate)};
    const auto ran = interpreter_.run(inputs);
    EXPECT_TRUE(ran.ok()) << ran.error().message;
  }
  [[nodiscard]] Floats losses() const { return floats(interpreter_.output(0)); }
  [[nodiscard]] Floats outputs() const { return floats(interpreter_.output(1)); }
  [[nodiscard]] Floats flat_model() const {
    Floats flat;
    for (const auto *list : {&training_.facts.learned, &training_.facts.statistics}) {
      for (const ir::ValueId id : *list) {
        const Floats values = floats(interpreter_.value(id));
        flat.insert(flat.end(), values.begin(), values.end());
      }
    }
    return flat;
  }

private:
  const CompiledTraining &training_;
  interpret::Interpreter interpreter_;
};

void expect_near(std::span<const float> actual, std::span<const float> wanted,
                 const std::string &what) {
  ASSERT_EQ(actual.size(), wanted.size()) << what;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    ASSERT_NEAR(actual[i], wanted[i], 2e-5F * std::max(1.0F, std::abs(wanted[i])))
        << what << " " << i;
  }
}

void fill(TrainingModule &module, const Batch &batch) {
  std::copy(batch.x.begin(), batch.x.end(), module.x().begin());
  std::copy(batch.labels.begin(), batch.labels.end(), module.labels().begin());
}

/// Three steps of both.
void expect_steps_agree(const ir::Graph &net, const TrainingCompileOptions &options) {
  const auto training = compile_training(net, options);
  ASSERT_TRUE(training.ok()) << training.error().message;
  auto module = TrainingModule::build(training->model.module.files, build_options(options.isa));
  ASSERT_TRUE(module.ok()) << module.error().message;
  ASSERT_TRUE(module->load_model(training->initial).ok());
  EXPECT_EQ(module->read_model(), training->initial);
  Interpreted interpreted(*training);
  for (unsigned round = 1; round <= 3; ++round) {
    const Batch batch(module->training(), round);
    interpreted.step(batch);
    fill(*module, batch);
    module->forward();
    expect_near(module->outputs(), interpreted.outputs(), "output, forward");
    fill(*module, batch);
    module->step(0.1F);
    expect_near(module->losses(), interpreted.losses(), "loss");
    expect_near(module->outputs(), interpreted.outputs(), "output");
    expect_near(module->read_model(), interpreted.flat_model(), "parameter");
  }
}

const std::string kConvolutions = "graph \"g\" {\ninput %x : f32[1,8,7,3]\n" +
                                  zeros("w1", "[4,3,3,3]", 108) + zeros("w1b", "[4]", 4) +
                                  zeros("w2", "[1,3,3,4]", 36) + zeros("w2b", "[4]", 4) +
                                  zeros("w3", "[5,32]", 160) + zeros("w3b", "[5]", 5) + R"(
%a : f32[1,8,7,4] = conv2d(%x, %w1, %w1b) {pads=[1,1,1,1], activation="relu"}
%b : f32[1,4,4,4] = depthwise_conv2d(%a, %w2, %w2b) {pads=[1,1,1,1], strides=[2,2], activation="relu6"}
%c : f32[1,2,4,4] = max_pool2d(%b) {kernel=[2,1], strides=[2,1]}
%d : f32[1,32] = reshape(%c)
%y : f32[1,5] = fully_connected(%d, %w3, %w3b)
output %y
}
)";

class Steps : public ::testing::TestWithParam<std::string> {};

TEST_P(Steps, OfConvolutionsAgreeWithTheInterpreter) {
  const ir::Graph net = model(kConvolutions);
  for (const std::int64_t batch : {1, 5, 16}) {
    expect_steps_agree(net, {.isa = GetParam(), .batch = batch});
  }
}

TEST_P(Steps, OfEveryOptimizerAgreeWithTheInterpreter) {
  const ir::Graph net = model(kConvolutions);
  expect_steps_agree(net, {.isa = GetParam(), .optimizer = autodiff::Optimizer::kMomentum});
  expect_steps_agree(net, {.isa = GetParam(),
                           .optimizer = autodiff::Optimizer::kAdam,
                           .correction = autodiff::Correction::kProximal});
}

INSTANTIATE_TEST_SUITE_P(KernelSets, Steps, ::testing::ValuesIn(hostrun::runnable_kernel_sets()));

} // namespace
} // namespace tinyml::driver
