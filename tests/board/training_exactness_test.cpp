// SPDX-License-Identifier: Apache-2.0
// The same training steps give the same bits on every board and on this machine: losses and outputs
// of several steps, each of which depends on all parameters that the steps before left.
#include "cli/exec_on_board.hpp"
#include "compiler/driver/build_image.hpp"
#include "compiler/driver/compile_training.hpp"
#include "compiler/hostrun/host_module.hpp"
#include "compiler/ir/text.hpp"
#include "compiler/link/kit.hpp"
#include "host/files.hpp"
#include "tender/machine/command_line.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <gmock/gmock.h>
#include <random>

namespace tinyml::boards {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr const char *kBoards[] = {"mps2-an386", "virt-rv32", "kvm-x86_64"};
constexpr std::size_t kSteps = 4;

std::string zeros(const std::string &name, const std::string &shape, std::size_t count) {
  return "const %" + name + " : f32" + shape + " = hex \"" + std::string(8 * count, '0') + "\"\n";
}

/// Every kind of layer of our nets: pooled and depthwise convolutions, a shortcut, batch
/// normalisation, average pool, dense layer.
ir::Graph model() {
  const std::string text = "graph \"g\" {\ninput %x : f32[1,12,12,1]\n" +
                           zeros("w1", "[4,3,3,1]", 36) + zeros("b1", "[4]", 4) +
                           zeros("w2", "[1,3,3,4]", 36) + zeros("b2", "[4]", 4) +
                           zeros("w3", "[4,1,1,4]", 16) + zeros("s", "[4]", 4) +
                           zeros("o", "[4]", 4) + zeros("m", "[4]", 4) + zeros("v", "[4]", 4) +
                           zeros("w4", "[10,36]", 360) + zeros("b4", "[10]", 10) + R"(
%a : f32[1,12,12,4] = conv2d(%x, %w1, %b1) {pads=[1,1,1,1], activation="relu"}
%b : f32[1,6,6,4] = max_pool2d(%a) {kernel=[2,2], strides=[2,2]}
%c : f32[1,6,6,4] = depthwise_conv2d(%b, %w2, %b2) {pads=[1,1,1,1]}
%d : f32[1,6,6,4] = conv2d(%c, %w3)
%e : f32[1,6,6,4] = batch_norm(%d, %s, %o, %m, %v) {axis=3}
%f : f32[1,6,6,4] = add(%b, %e) {activation="relu"}
%g : f32[1,3,3,4] = average_pool2d(%f) {kernel=[2,2], strides=[2,2]}
%h : f32[1,36] = reshape(%g)
%y : f32[1,10] = fully_connected(%h, %w4, %b4)
output %y
}
)";
  auto graph = ir::parse(text);
  EXPECT_TRUE(graph.ok()) << graph.error().message;
  std::mt19937 random(1);
  for (ir::Value &value : graph->values) {
    if (value.constant) {
      std::vector<float> elements(value.constant->size() / sizeof(float));
      std::generate(elements.begin(), elements.end(),
                    [&] { return static_cast<float>(random() % 1000) * 1e-3F - 0.5F; });
      value.constant = ir::constant_data(elements);
    }
  }
  return *std::move(graph);
}

/// x, label and rate of some steps.
Bytes inputs_of(const module::ModuleInfo &info) {
  std::mt19937 random(2);
  Bytes inputs;
  const auto put = [&](const auto &value) {
    const auto *bytes = reinterpret_cast<const std::uint8_t *>(&value);
    inputs.insert(inputs.end(), bytes, bytes + sizeof(value));
  };
  for (std::size_t step = 0; step < kSteps; ++step) {
    for (std::size_t i = 0; i < info.inputs[0].size_bytes / sizeof(float); ++i) {
      put(static_cast<float>(random() % 256) / 255);
    }
    put(static_cast<std::int32_t>(random() % 10));
    put(0.05F);
  }
  return inputs;
}

driver::TrainingCompileOptions options_for(const std::string &isa, autodiff::Optimizer optimizer) {
  return {.model_name = "exact",
          .isa = isa,
          .batch = 1,
          .optimizer = optimizer,
          .initial_values = true};
}

struct OnHost {
  Bytes inputs, outputs;
  std::size_t input_bytes = 0, output_bytes = 0;
};

/// What this machine computes with its portable kernels.
OnHost on_host(autodiff::Optimizer optimizer) {
  const auto training = driver::compile_training(model(), options_for("scalar", optimizer));
  EXPECT_TRUE(training.ok()) << training.error().message;
  hostrun::BuildOptions build;
  build.include_dir = TINYML_SOURCE_DIR;
  build.extra_flags = {"-std=c++20"};
  auto module = hostrun::HostModule::build(training->model.module.files, build);
  EXPECT_TRUE(module.ok()) << module.error().message;
  OnHost result{inputs_of(module->info()), Bytes(kSteps * module->output_bytes()),
                module->input_bytes(), module->output_bytes()};
  EXPECT_TRUE(module->run(result.inputs, result.outputs).ok());
  return result;
}

std::filesystem::path kits_folder() {
  const char *folder = std::getenv("TINYML_KITS_DIR");
  return folder != nullptr ? folder : TINYML_KITS_DIR;
}

class TrainingSteps : public testing::TestWithParam<std::tuple<const char *, autodiff::Optimizer>> {
};

TEST_P(TrainingSteps, GiveTheHostsBits) {
  const auto &[board, optimizer] = GetParam();
  if (const std::string missing = tender::missing_hardware(board); !missing.empty()) {
    GTEST_SKIP() << missing;
  }
  const auto kit = link::load_kit(kits_folder() / board);
  ASSERT_TRUE(kit.ok()) << kit.error().message;
  const auto training = driver::compile_training(model(), options_for(kit->isa, optimizer));
  ASSERT_TRUE(training.ok()) << training.error().message;
  const auto folder = host::TemporaryFolder::create("training-exactness");
  ASSERT_TRUE(folder.ok());
  auto planned = driver::PlannedImage::create(&training->model, *kit, "exec", folder->path());
  ASSERT_TRUE(planned.ok()) << planned.error().message;
  const auto image = planned->link();
  ASSERT_TRUE(image.ok()) << image.error().message;

  const OnHost host = on_host(optimizer);
  const auto ran = cli::run_on_board({.board = board,
                                      .elf = image->elf,
                                      .input_bytes = host.input_bytes,
                                      .output_bytes = host.output_bytes},
                                     host.inputs, [](std::size_t) {});
  ASSERT_TRUE(ran.ok()) << ran.error().message;
  EXPECT_EQ(ran->outputs, host.outputs);
  RecordProperty("instructions_per_step", std::to_string(ran->nanoseconds_per_inference));
}

std::string test_name(std::string text) {
  std::replace(text.begin(), text.end(), '-', '_');
  return text;
}

INSTANTIATE_TEST_SUITE_P(On, TrainingSteps,
                         testing::Combine(testing::ValuesIn(kBoards),
                                          testing::Values(autodiff::Optimizer::kSgd,
                                                          autodiff::Optimizer::kAdam)),
                         [](const auto &one) {
                           return test_name(std::get<0>(one.param)) +
                                  (std::get<1>(one.param) == autodiff::Optimizer::kSgd ? "_sgd"
                                                                                       : "_adam");
                         });

} // namespace
} // namespace tinyml::boards
