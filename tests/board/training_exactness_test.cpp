// SPDX-License-Identifier: Apache-2.0
// The same training steps give the same bits on every board and on this machine: losses and outputs
// of several steps, each of which depends on all parameters that the steps before left.
#include "cli/exec_on_board.hpp"
#include "compiler/driver/build_image.hpp"
#include "compiler/driver/compile_training.hpp"
#include "compiler/hostrun/host_module.hpp"
#include "compiler/hostrun/kernel_sets.hpp"
#include "compiler/ir/text.hpp"
#include "compiler/link/kernel_choice.hpp"
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

/// A board, and what the modules for it are compiled for.
struct Place {
  const char *board;
  std::uint32_t batch;
  bool as_this_host; ///< by the fastest kernels that this processor has
};
constexpr Place kPlaces[] = {{"mps2-an386", 1, false},
                             {"virt-rv32", 1, false},
                             {"kvm-x86_64", 1, false},
                             {"kvm-x86_64", 18, true},
                             {"linux", 18, true}};
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
    for (std::size_t i = 0; i < info.inputs[1].size_bytes / sizeof(std::int32_t); ++i) {
      put(static_cast<std::int32_t>(random() % 10));
    }
    put(0.05F);
  }
  return inputs;
}

driver::TrainingCompileOptions options_for(const std::string &isa, std::uint32_t batch,
                                           autodiff::Optimizer optimizer) {
  return {.model_name = "exact",
          .isa = isa,
          .batch = batch,
          .optimizer = optimizer,
          .initial_values = true};
}

struct OnHost {
  Bytes inputs, outputs;
  std::size_t input_bytes = 0, output_bytes = 0;
};

/// What this machine computes with its portable kernels.
OnHost on_host(std::uint32_t batch, autodiff::Optimizer optimizer) {
  const auto training = driver::compile_training(model(), options_for("scalar", batch, optimizer));
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

/// The kit as a module for that place is built with it.
Expected<link::Kit> kit_of(const Place &place) {
  auto kit = link::load_kit(kits_folder() / place.board);
  return kit.ok() && place.as_this_host
             ? link::for_processor(*std::move(kit), hostrun::host_extensions())
             : kit;
}

/// Runs the steps on the board.
Expected<cli::BoardRun> run_steps(const link::Kit &kit, const Place &place,
                                  autodiff::Optimizer optimizer, const OnHost &host) {
  const auto training =
      driver::compile_training(model(), options_for(kit.isa, place.batch, optimizer));
  const auto folder = host::TemporaryFolder::create("training-exactness");
  if (!training.ok() || !folder.ok()) {
    return Failure{training.ok() ? folder.error() : training.error()};
  }
  auto planned = driver::PlannedImage::create(&training->model, kit, "exec", folder->path());
  if (!planned.ok()) {
    return Failure{planned.error()};
  }
  const auto image = planned->link();
  if (!image.ok()) {
    return Failure{image.error()};
  }
  return cli::run_on_board({.board = place.board,
                            .elf = image->elf,
                            .input_bytes = host.input_bytes,
                            .output_bytes = host.output_bytes},
                           host.inputs, [](std::size_t) {});
}

class TrainingSteps : public testing::TestWithParam<std::tuple<Place, autodiff::Optimizer>> {};

TEST_P(TrainingSteps, GiveTheHostsBits) {
  const auto &[place, optimizer] = GetParam();
  if (const std::string missing = tender::missing_hardware(place.board); !missing.empty()) {
    GTEST_SKIP() << missing;
  }
  const auto kit = kit_of(place);
  ASSERT_TRUE(kit.ok()) << kit.error().message;
  if (place.as_this_host) {
    EXPECT_EQ(kit->isa, hostrun::host_kernel_set());
  }
  const OnHost host = on_host(place.batch, optimizer);
  const auto ran = run_steps(*kit, place, optimizer, host);
  ASSERT_TRUE(ran.ok()) << ran.error().message;
  EXPECT_EQ(ran->outputs, host.outputs);
  RecordProperty("instructions_per_step", std::to_string(ran->nanoseconds_per_inference));
}

TEST(NeededExtensions, AnImageForAnotherProcessorSaysSo) {
  for (const Place &place : {kPlaces[2], kPlaces[4]}) {
    if (!tender::missing_hardware(place.board).empty()) {
      continue;
    }
    auto kit = link::load_kit(kits_folder() / place.board);
    ASSERT_TRUE(kit.ok()) << kit.error().message;
    kit->link_flags.push_back("-Wl,--defsym=tinyml_needed_extensions=0x40000000");
    const OnHost host = on_host(1, autodiff::Optimizer::kSgd);
    const auto ran = run_steps(*kit, {place.board, 1, false}, autodiff::Optimizer::kSgd, host);
    ASSERT_FALSE(ran.ok()) << place.board;
    EXPECT_THAT(ran.error().message, testing::HasSubstr("compiled for"));
    EXPECT_THAT(ran.error().message, testing::HasSubstr("something newer"));
  }
}

std::string test_name(const Place &place, autodiff::Optimizer optimizer) {
  std::string text = std::string(place.board) + "_" + std::to_string(place.batch) +
                     (optimizer == autodiff::Optimizer::kSgd ? "_sgd" : "_adam");
  std::replace(text.begin(), text.end(), '-', '_');
  return text;
}

INSTANTIATE_TEST_SUITE_P(
    On, TrainingSteps,
    testing::Combine(testing::ValuesIn(kPlaces),
                     testing::Values(autodiff::Optimizer::kSgd, autodiff::Optimizer::kAdam)),
    [](const auto &one) { return test_name(std::get<0>(one.param), std::get<1>(one.param)); });

} // namespace
} // namespace tinyml::boards
