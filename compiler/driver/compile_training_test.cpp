// SPDX-License-Identifier: Apache-2.0
// Generated training steps against the interpreter: losses, outputs and models after some steps.
#include "compiler/driver/compile_training.hpp"
#include "compiler/driver/training_test_models.hpp"
#include "compiler/hostrun/kernel_sets.hpp"
#include "compiler/hostrun/training_module.hpp"
#include "compiler/interpret/interpreter.hpp"
#include "host/files.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

namespace tinyml::driver {
namespace {

using hostrun::TrainingModule;

hostrun::BuildOptions build_options(const std::string &isa) {
  hostrun::BuildOptions options;
  options.include_dir = TINYML_SOURCE_DIR;
  options.isa = isa;
  options.extra_flags = {"-O1"}; // most of the time goes to the compiler
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

class Steps : public ::testing::TestWithParam<std::string> {};

TEST_P(Steps, OfConvolutionsAgreeWithTheInterpreter) {
  // 13: whole bundles of lanes and what is left over.
  expect_steps_agree(model(kConvolutions),
                     {.isa = GetParam(), .batch = GetParam() == "scalar" ? 1 : 13});
}

TEST_P(Steps, OfManyOperatorsAgreeWithTheInterpreter) {
  expect_steps_agree(model(kManyOperators),
                     {.isa = GetParam(), .batch = 5, .optimizer = autodiff::Optimizer::kMomentum});
}

TEST(StepsWithAdam, AndAnAnchorAgreeWithTheInterpreter) {
  expect_steps_agree(model(kConvolutions), {.isa = hostrun::best_kernel_set(),
                                            .batch = 2,
                                            .optimizer = autodiff::Optimizer::kAdam,
                                            .correction = autodiff::Correction::kProximal});
}

INSTANTIATE_TEST_SUITE_P(KernelSets, Steps, ::testing::ValuesIn(hostrun::runnable_kernel_sets()));

ir::Graph zoo_model(const std::string &name) {
  const auto bytes = host::read_file(std::string(TINYML_SOURCE_DIR) + "/zoo/" + name + ".onnx");
  EXPECT_TRUE(bytes.ok()) << bytes.error().message;
  auto graph = load_trainable_model(*bytes);
  EXPECT_TRUE(graph.ok()) << graph.error().message;
  return *std::move(graph);
}

TrainingModule built(const ir::Graph &net, const TrainingCompileOptions &options) {
  const auto training = compile_training(net, options);
  EXPECT_TRUE(training.ok()) << training.error().message;
  auto module = TrainingModule::build(training->model.module.files, build_options(options.isa));
  EXPECT_TRUE(module.ok()) << module.error().message;
  EXPECT_TRUE(module->load_model(training->initial).ok());
  return *std::move(module);
}

/// The mean loss of a batch with one parameter moved.
double loss_with(TrainingModule &module, const Batch &batch, Floats parameters, std::size_t i,
                 float by) {
  parameters[i] += by;
  EXPECT_TRUE(module.load_model(parameters).ok());
  fill(module, batch);
  module.forward();
  const auto losses = module.losses();
  return std::accumulate(losses.begin(), losses.end(), 0.0) / static_cast<double>(losses.size());
}

/// Central differences; absent where a kink lies in between: there the slopes at both sides differ
/// by more than a smooth curve's, which would be half as far apart half as far away.
std::optional<double> slope(TrainingModule &module, const Batch &batch, const Floats &parameters,
                            std::size_t i) {
  const double middle = loss_with(module, batch, parameters, i, 0);
  struct Slopes {
    double right, left;
  };
  const auto slopes = [&](float step) {
    const auto by = static_cast<double>(step);
    return Slopes{(loss_with(module, batch, parameters, i, step) - middle) / by,
                  (middle - loss_with(module, batch, parameters, i, -step)) / by};
  };
  const Slopes wide = slopes(16e-3F);
  const Slopes narrow = slopes(8e-3F);
  const double kink = narrow.right - narrow.left - (wide.right - wide.left) / 2;
  // Richardson's extrapolation takes the third derivative away.
  const double best = (4 * (narrow.right + narrow.left) - (wide.right + wide.left)) / 6;
  return std::abs(kink) < 6e-5 ? std::optional(best) : std::nullopt;
}

/// A step with rate 1 leaves the gradient as the difference of the models.
void check_gradients(TrainingModule &module) {
  const Batch batch(module.training(), 1);
  Floats before = module.read_model();
  for (float &value : before) {
    value *= 0.6F; // a loss that float32 knows well enough
  }
  ASSERT_TRUE(module.load_model(before).ok());
  fill(module, batch);
  module.step(1);
  const Floats after = module.read_model();
  std::size_t checked = 0;
  std::size_t tried = 0;
  const std::size_t stride = std::max<std::size_t>(1, before.size() / 97);
  for (std::size_t i = 0; i < module.training().learned_count; i += stride, ++tried) {
    if (const auto wanted = slope(module, batch, before, i)) {
      ++checked;
      const double actual = static_cast<double>(before[i]) - static_cast<double>(after[i]);
      EXPECT_NEAR(actual, *wanted, 1e-4) << "parameter " << i;
    }
  }
  EXPECT_GT(checked, tried / 2);
}

TEST_P(Steps, HaveTheGradientsOfCentralDifferences) {
  auto lenet = built(zoo_model("mnist-lenet"), {.isa = GetParam(), .batch = 16});
  check_gradients(lenet);
}

TEST(StepsOfOtherNets, HaveTheGradientsOfCentralDifferences) {
  const std::string isa = hostrun::best_kernel_set();
  auto mlp = built(zoo_model("mnist-mlp"), {.isa = isa, .batch = 16});
  check_gradients(mlp);
  auto many = built(model(kManyOperators), {.isa = isa, .batch = 16});
  check_gradients(many);
}

/// Losses, outputs and the model after three steps.
Floats train(const std::string &isa, const ir::Graph &net, TrainingCompileOptions options) {
  options.isa = isa;
  auto module = built(net, options);
  Floats results;
  for (unsigned round = 1; round <= 3; ++round) {
    fill(module, Batch(module.training(), round));
    module.step(0.05F);
    results.insert(results.end(), module.losses().begin(), module.losses().end());
    results.insert(results.end(), module.outputs().begin(), module.outputs().end());
  }
  const Floats parameters = module.read_model();
  results.insert(results.end(), parameters.begin(), parameters.end());
  return results;
}

TEST(DeterministicSteps, HaveTheSameBitsWithAllKernelSets) {
  const auto sets = hostrun::runnable_kernel_sets();
  const ir::Graph lenet = zoo_model("mnist-lenet");
  const ir::Graph many = model(kManyOperators);
  const Floats wanted = train("scalar", lenet, {.batch = 13});
  const Floats wanted_of_many = train("scalar", many, {.batch = 8});
  for (std::size_t i = 1; i < sets.size(); ++i) {
    EXPECT_EQ(train(sets[i], lenet, {.batch = 13}), wanted) << sets[i];
    EXPECT_EQ(train(sets[i], many, {.batch = 8}), wanted_of_many) << sets[i];
  }
}

/// The last step's loss of a few on the same batch.
float loss_after_training(const TrainingCompileOptions &options) {
  auto module = built(zoo_model("mnist-lenet"), options);
  for (unsigned round = 0; round < 5; ++round) {
    fill(module, Batch(module.training(), 1));
    module.step(0.02F);
  }
  const auto losses = module.losses();
  return std::accumulate(losses.begin(), losses.end(), 0.0F);
}

TEST(CompileTraining, StoresParametersAsHalfTheirSize) {
  const ir::Graph lenet = zoo_model("mnist-lenet");
  const auto training = compile_training(
      lenet, {.isa = "dsp", .batch = 1, .storage = module::ParameterStorage::kFloat16});
  ASSERT_TRUE(training.ok()) << training.error().message;
  EXPECT_LE(training->model.plan.variable_bytes, 124'000U);
  EXPECT_LE(training->model.plan.arena_bytes, 18U * 1024U);
  EXPECT_NEAR(loss_after_training({.storage = module::ParameterStorage::kFloat16}),
              loss_after_training({}), 0.05F);
}

TEST(CompileTraining, TheLastLayerAloneNeedsOnlyItsOwnVariables) {
  const auto training =
      compile_training(zoo_model("mnist-lenet"), {.batch = 1, .last_layer_only = true});
  ASSERT_TRUE(training.ok()) << training.error().message;
  EXPECT_EQ(training->initial.size(), 850U);
  EXPECT_EQ(training->model.plan.variable_bytes, 3400U);
  expect_steps_agree(zoo_model("mnist-mlp"), {.batch = 2, .last_layer_only = true});
}

TEST(CompileTraining, BeginsWithTheInitialValuesThatItWasGiven) {
  const ir::Graph net = model(kConvolutions);
  const auto training = compile_training(net, {.batch = 1, .initial_values = true});
  ASSERT_TRUE(training.ok()) << training.error().message;
  auto module = TrainingModule::build(training->model.module.files, build_options("scalar"));
  ASSERT_TRUE(module.ok()) << module.error().message;
  EXPECT_EQ(module->read_model(), training->initial);
}

TEST(CompileTraining, SaysWhatCannotLearn) {
  const auto error_of = [](const std::string &text) {
    const auto graph = ir::parse(text);
    EXPECT_TRUE(graph.ok()) << graph.error().message;
    const auto training = compile_training(*graph, {});
    return training.ok() ? "no error" : training.error().message;
  };
  EXPECT_THAT(error_of("graph \"g\" {\ninput %x : f32[1,2]\n%y : f32[1,2] = relu(%x)\n"
                       "output %y\n}\n"),
              ::testing::HasSubstr("nothing that could learn"));
  const auto unknown = compile_training(model(kConvolutions), {.isa = "none"});
  ASSERT_FALSE(unknown.ok());
  EXPECT_THAT(unknown.error().message, ::testing::HasSubstr("no kernels"));
}

} // namespace
} // namespace tinyml::driver
