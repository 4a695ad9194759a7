// SPDX-License-Identifier: Apache-2.0
// Every board computes what this machine computes, and for the MLPerf Tiny models what TensorFlow
// Lite Micro's reference kernels compute, byte for byte. TINYML_EXACTNESS_INPUTS says with how many
// of the models' 16 inputs; they go through the board in one call.
#include "bench/models.hpp"
#include "cli/compilation.hpp"
#include "cli/exec_on_board.hpp"
#include "compiler/hostrun/host_module.hpp"
#include "compiler/link/kit.hpp"
#include "host/files.hpp"
#include "tender/machine/command_line.hpp"

#include <cstdlib>
#include <gmock/gmock.h>

namespace tinyml::boards {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr const char *kAllBoards[] = {"mps2-an385",  "mps2-an386",  "mps2-an500", "mps3-an547",
                                      "mps2-armv6m", "lm3s6965evb", "virt-rv32",  "virt-rv64v",
                                      "lx60-lx106",  "kvm-x86_64"};
constexpr const char *kMlperfBoards[] = {"mps2-an385", "mps2-an386", "mps2-an500", "mps3-an547",
                                         "virt-rv32",  "virt-rv64v", "kvm-x86_64"};

std::size_t input_count() {
  const char *wanted = std::getenv("TINYML_EXACTNESS_INPUTS");
  return wanted == nullptr ? 2 : std::strtoul(wanted, nullptr, 10);
}

/// A model built as program `exec` for a board, and the same module for this machine.
struct Built {
  explicit Built(const std::string &model, const std::string &board_name) : board(board_name) {
    EXPECT_TRUE(folder.ok());
    cli::Context context;
    const auto compiled = cli::compile_into(
        context, {.model = {.model = model}, .board = board, .program = "exec"}, folder->path());
    EXPECT_TRUE(compiled.ok()) << compiled.error().message;
    auto loaded = hostrun::HostModule::load(folder->path() / "module.so");
    EXPECT_TRUE(loaded.ok()) << loaded.error().message;
    if (loaded.ok()) {
      host.emplace(*std::move(loaded));
    }
  }

  [[nodiscard]] Bytes on_host(const Bytes &inputs) {
    Bytes outputs(inputs.size() / host->input_bytes() * host->output_bytes());
    EXPECT_TRUE(host->run(inputs, outputs).ok());
    return outputs;
  }

  [[nodiscard]] Bytes on_board(const Bytes &inputs) {
    const auto ran = cli::run_on_board({.board = board,
                                        .elf = folder->path() / "image.elf",
                                        .input_bytes = host->input_bytes(),
                                        .output_bytes = host->output_bytes()},
                                       inputs, [](std::size_t) {});
    EXPECT_TRUE(ran.ok()) << ran.error().message;
    if (!ran.ok()) {
      return {};
    }
    if (board != "linux") {
      EXPECT_GT(ran->nanoseconds_per_inference, 1000U) << "instructions";
    }
    return ran->outputs;
  }

  Expected<host::TemporaryFolder> folder = host::TemporaryFolder::create("exactness");
  std::string board;
  std::optional<hostrun::HostModule> host;
};

class ZooModel : public testing::TestWithParam<const char *> {};

TEST_P(ZooModel, GivesTheHostsBytes) {
  if (const std::string missing = tender::missing_hardware(GetParam()); !missing.empty()) {
    GTEST_SKIP() << missing;
  }
  Built built("mnist-mlp", GetParam());
  ASSERT_TRUE(built.host);
  Bytes inputs(input_count() * built.host->input_bytes());
  std::uint32_t random = 1;
  for (std::uint8_t &byte : inputs) {
    random = random * 1664525 + 1013904223;
    byte = static_cast<std::uint8_t>(random >> 24);
  }
  EXPECT_EQ(built.on_board(inputs), built.on_host(inputs));
}

std::string test_name(std::string text) {
  std::replace(text.begin(), text.end(), '-', '_');
  return text;
}

INSTANTIATE_TEST_SUITE_P(On, ZooModel, testing::ValuesIn(kAllBoards),
                         [](const auto &board) { return test_name(board.param); });

class MlperfModel : public testing::TestWithParam<std::tuple<const char *, const char *>> {};

TEST_P(MlperfModel, GivesTheReferenceKernelsBytes) {
  const auto &[board, name] = GetParam();
  if (const std::string missing = tender::missing_hardware(board); !missing.empty()) {
    GTEST_SKIP() << missing;
  }
  const auto models = bench::mlperf_models(bench::mlperf_folder());
  const auto model = std::find_if(models.begin(), models.end(),
                                  [&, wanted = name](const auto &m) { return m.name == wanted; });
  if (model == models.end()) {
    GTEST_SKIP() << "needs TINYML_MODELS_DIR, or TINYML_DATA_DIR with the models beside it";
  }
  auto inputs = host::read_file(model->inputs);
  auto expected = host::read_file(model->outputs);
  ASSERT_TRUE(inputs.ok() && expected.ok());
  Built built(model->source, board);
  ASSERT_TRUE(built.host);
  inputs->resize(std::min(inputs->size(), input_count() * built.host->input_bytes()));
  expected->resize(std::min(expected->size(), input_count() * built.host->output_bytes()));
  EXPECT_EQ(built.on_board(*inputs), *expected);
}

INSTANTIATE_TEST_SUITE_P(On, MlperfModel,
                         testing::Combine(testing::ValuesIn(kMlperfBoards),
                                          testing::Values("mlperf-ad", "mlperf-kws", "mlperf-ic",
                                                          "mlperf-vww", "mlperf-sww")),
                         [](const auto &one) {
                           return test_name(std::string(std::get<0>(one.param)) + "_" +
                                            std::get<1>(one.param));
                         });

} // namespace
} // namespace tinyml::boards
