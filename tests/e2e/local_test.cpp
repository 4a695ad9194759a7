// SPDX-License-Identifier: Apache-2.0
// The verbs that need no service: plan, compile, exec, and what they say to bad input.
#include "tests/e2e/stage.hpp"

#include <cstdlib>

namespace tinyml::e2e {
namespace {

using nlohmann::json;

host::Outcome tinyml(std::vector<std::string> arguments,
                     std::optional<std::vector<std::string>> environment = {}) {
  arguments.insert(arguments.begin(), tinyml_program());
  const auto outcome = host::run({.argv = arguments,
                                  .environment = std::move(environment),
                                  .timeout = std::chrono::minutes(3)});
  EXPECT_TRUE(outcome.ok());
  return outcome.ok() ? *outcome : host::Outcome{};
}

/// Whether a program of this name can be started here.
bool is_installed(const std::string &program) {
  const auto found = host::run({.argv = {program, "--version"}});
  return found.ok() && found->succeeded();
}

TEST(Wasm, ComputesWhatTheHostComputes) {
  for (const char *tool : {"node", "clang++-16", "wasm-ld-16"}) {
    if (!is_installed(tool)) {
      GTEST_SKIP() << tool << " is not installed: board wasm is neither built nor run here";
    }
  }
  const auto folder = host::TemporaryFolder::create("wasm");
  ASSERT_TRUE(folder.ok());
  const auto inputs = folder->path() / "in.raw";
  constexpr std::size_t kInputs = 1000;
  std::vector<std::uint8_t> pixels(kInputs * 28 * 28);
  std::uint32_t state = 2019;
  for (std::uint8_t &pixel : pixels) {
    state = state * 1664525 + 1013904223;
    pixel = static_cast<std::uint8_t>(state >> 24);
  }
  ASSERT_TRUE(host::write_file(inputs, pixels).ok());
  for (const char *board : {"host", "wasm"}) {
    std::vector<std::string> arguments = {
        "exec",     "mnist-dscnn",   "--calibration", "mnist",
        "--inputs", inputs.string(), "--outputs",     (folder->path() / board).string()};
    if (std::string(board) == "wasm") {
      arguments.insert(arguments.end(), {"--board", board});
    }
    const host::Outcome done = tinyml(arguments);
    ASSERT_EQ(done.exit_code, 0) << board << ": " << done.output;
    EXPECT_NE(done.output.find("1,000 inferences"), std::string::npos) << done.output;
  }
  const auto host_outputs = host::read_file(folder->path() / "host");
  const auto wasm_outputs = host::read_file(folder->path() / "wasm");
  ASSERT_TRUE(host_outputs.ok() && wasm_outputs.ok());
  EXPECT_EQ(host_outputs->size(), kInputs * 10);
  EXPECT_EQ(*host_outputs, *wasm_outputs);
}

TEST(Wasm, IsAModuleWithItsLoaderAndSaysWhatInputItWants) {
  if (!is_installed("node") || !is_installed("clang++-16") || !is_installed("wasm-ld-16")) {
    GTEST_SKIP() << "node, clang-16 and lld-16 are needed";
  }
  const auto folder = host::TemporaryFolder::create("wasm");
  ASSERT_TRUE(folder.ok());
  const host::Outcome compiled =
      tinyml({"compile", "mnist-dscnn", "--calibration", "mnist", "--board", "wasm", "-o",
              (folder->path() / "out").string()});
  ASSERT_EQ(compiled.exit_code, 0) << compiled.output;
  EXPECT_TRUE(std::filesystem::exists(folder->path() / "out" / "module.wasm"));
  const auto example =
      host::run({.argv = {"node", "example.mjs"}, .working_directory = folder->path() / "out"});
  ASSERT_TRUE(example.ok());
  EXPECT_EQ(example->exit_code, 0) << example->output;
  ASSERT_TRUE(host::write_text(folder->path() / "short.raw", "too short").ok());
  const host::Outcome refused = tinyml({"exec", "mnist-dscnn", "--calibration", "mnist", "--board",
                                        "wasm", "--inputs", (folder->path() / "short.raw").string(),
                                        "--outputs", (folder->path() / "out.raw").string()});
  EXPECT_EQ(refused.exit_code, 2) << refused.output;
  EXPECT_NE(refused.output.find("784 bytes"), std::string::npos) << refused.output;
}

TEST(Plan, IsExactlyWhatIsLinked) {
  const auto folder = host::TemporaryFolder::create("compile");
  ASSERT_TRUE(folder.ok());
  for (const char *board : {"mps2-an385", "linux"}) {
    const host::Outcome done = tinyml({"compile", "mnist-dscnn", "--calibration", "mnist",
                                       "--board", board, "-o", (folder->path() / board).string()});
    ASSERT_EQ(done.exit_code, 0) << done.output;
    const auto text = host::read_text(folder->path() / board / "result.json");
    ASSERT_TRUE(text.ok());
    const json report = json::parse(*text).at("report");
    EXPECT_EQ(report.at("rom_bytes_planned"), report.at("rom_bytes_linked"));
    EXPECT_EQ(report.at("ram_bytes_planned"), report.at("ram_bytes_linked"));
    EXPECT_GT(report.at("stack_bytes"), 0);
  }
}

/// What `plan --json` printed, whatever its exit code.
json plan_json(std::vector<std::string> arguments, int exit_code) {
  arguments.insert(arguments.begin(), {"plan", "--json"});
  const host::Outcome done = tinyml(std::move(arguments));
  EXPECT_EQ(done.exit_code, exit_code) << done.output;
  return json::parse(done.output, nullptr, false);
}

TEST(Plan, AddsUpAndDrawsPictures) {
  const auto folder = host::TemporaryFolder::create("plan");
  ASSERT_TRUE(folder.ok());
  const auto pictures = folder->path() / "pictures";
  const json plan =
      plan_json({"mnist-dscnn", "--board", "mps2-an385", "--svg", pictures.string()}, 0);
  std::uint64_t rom = 0;
  std::uint64_t ram = 0;
  for (const json &part : plan.at("budget")) {
    rom += part.at("rom_bytes").get<std::uint64_t>();
    ram += part.at("ram_bytes").get<std::uint64_t>();
  }
  EXPECT_EQ(plan.at("rom_bytes_planned"), rom);
  EXPECT_EQ(plan.at("ram_bytes_planned"), ram);
  EXPECT_GT(plan.at("instructions_estimated"), 100'000);
  EXPECT_TRUE(plan.at("variants").empty());
  for (const char *name : {"memory.svg", "graph.svg", "budget.svg"}) {
    const auto svg = host::read_text(pictures / name);
    ASSERT_TRUE(svg.ok());
    EXPECT_TRUE(svg->starts_with("<svg ") && svg->ends_with("</svg>\n"));
  }
}

TEST(Plan, WithoutABoardAdvisesWhatWouldFit) {
  const json plan =
      plan_json({"mnist-mlp", "--float", "--isa", "armv7m", "--rom", "200K", "--ram", "16K"}, 6);
  EXPECT_FALSE(plan.at("fits"));
  ASSERT_FALSE(plan.at("variants").empty());
  EXPECT_EQ(plan["variants"][0]["name"], "int8 instead of float32");
  EXPECT_TRUE(plan["variants"][0]["fits"]);
  EXPECT_EQ(tinyml({"plan", "mnist-mlp", "--isa", "z80"}).exit_code, 3);
  EXPECT_EQ(tinyml({"plan", "mnist-mlp"}).exit_code, 2);
}

TEST(Compile, GivesTheSameBytesForTheSameModel) {
  const auto folder = host::TemporaryFolder::create("twice");
  ASSERT_TRUE(folder.ok());
  std::vector<std::vector<std::uint8_t>> payloads;
  for (const char *name : {"one", "two"}) {
    const auto output = folder->path() / name;
    ASSERT_EQ(tinyml({"compile", "mnist-dscnn", "--board", "mps2-an385", "-o", output.string()})
                  .exit_code,
              0);
    const auto payload = host::read_file(output / "payload.bin");
    ASSERT_TRUE(payload.ok());
    payloads.push_back(*payload);
  }
  EXPECT_EQ(payloads[0], payloads[1]);
}

TEST(Compile, PackagesAModelThatAPlainCompilerBuildsAndRuns) {
  const auto folder = host::TemporaryFolder::create("package");
  ASSERT_TRUE(folder.ok());
  const auto output = folder->path() / "lenet";
  const std::vector<std::string> arguments = {"compile", "mnist-lenet", "--package",    "cmake",
                                              "--json",  "-o",          output.string()};
  const host::Outcome done = tinyml(arguments);
  ASSERT_EQ(done.exit_code, 0) << done.output;
  const json report = json::parse(done.output.substr(done.output.find('{')));
  EXPECT_EQ(report.at("name"), "mnist_lenet");
  EXPECT_GE(report.at("sizes").at("ram_bytes"), report.at("arena_bytes"));
  const auto ran = host::run({.argv = {"sh", "-c",
                                       "g++ -std=c++17 -Iinclude -c src/*.cpp && gcc -std=c11 "
                                       "-Iinclude -o run example/main.c *.o && ./run"},
                              .working_directory = output});
  ASSERT_TRUE(ran.ok());
  EXPECT_EQ(ran->exit_code, 0) << ran->output;
  EXPECT_NE(ran->output.find("ok: 0 wrong output elements"), std::string::npos) << ran->output;
  EXPECT_EQ(tinyml(arguments).exit_code, 4) << "there is a package already";
}

TEST(Exec, GivesTheSameBytesHereAndOnEveryBoard) {
  const auto folder = host::TemporaryFolder::create("exec");
  ASSERT_TRUE(folder.ok());
  const auto inputs = folder->path() / "in.raw";
  std::vector<std::uint8_t> bytes(784 * 20);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(i * 2654435761U >> 13);
  }
  ASSERT_TRUE(host::write_file(inputs, bytes).ok());
  std::vector<std::uint8_t> expected;
  for (const char *board : {"", "linux", "mps2-an385"}) {
    const auto outputs = folder->path() / "out.raw";
    std::vector<std::string> arguments = {"exec",          "mnist-dscnn", "--inputs",
                                          inputs.string(), "--outputs",   outputs.string()};
    if (*board != '\0') {
      arguments.insert(arguments.end(), {"--board", board});
    }
    const host::Outcome done = tinyml(arguments);
    ASSERT_EQ(done.exit_code, 0) << done.output;
    const auto result = host::read_file(outputs);
    ASSERT_TRUE(result.ok());
    expected = expected.empty() ? *result : expected;
    EXPECT_EQ(*result, expected) << board;
  }
}

/// 8 samples of 784 numbers in 0...1, as a file.
std::string sample_file(const std::filesystem::path &folder) {
  std::vector<float> values(784 * 8);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(i * 2654435761U >> 13 & 0xFF) / 255.0F;
  }
  const auto file = folder / "samples.f32";
  EXPECT_TRUE(host::write_file(file, {reinterpret_cast<const std::uint8_t *>(values.data()),
                                      values.size() * sizeof(float)}));
  return file.string();
}

TEST(Quantize, ReportsErrorsPerLayerAndAccuracy) {
  const auto folder = host::TemporaryFolder::create("quantize");
  ASSERT_TRUE(folder.ok());
  const std::string samples = sample_file(folder->path());
  const std::string labels = (folder->path() / "labels.txt").string();
  ASSERT_TRUE(host::write_text(labels, "0 1 2 3\n4,5,6,7\n").ok());
  const std::vector<std::string> common = {"quantize", "mnist-mlp", "--calibration-data",
                                           samples,    "--data",    samples,
                                           "--labels", labels,      "--json"};
  const auto report = [&](std::vector<std::string> more) {
    more.insert(more.begin(), common.begin(), common.end());
    const host::Outcome done = tinyml(more);
    EXPECT_EQ(done.exit_code, 0) << done.output;
    return json::parse(done.output, nullptr, false);
  };
  const json int8 = report({"--calibration", "percentile:99.9"});
  EXPECT_EQ(int8.at("calibration_method"), "percentile:99.9");
  EXPECT_EQ(int8.at("accuracy").at("samples"), 8);
  EXPECT_TRUE(int8.at("accuracy").contains("integer_percent"));
  EXPECT_GT(int8.at("layers").at(0).at("sqnr_db"), 10);
  EXPECT_TRUE(int8.at("layers").at(0).contains("noise_share"));
  const json int16 = report({"--precision", "int16"});
  EXPECT_GT(int16.at("output_sqnr_db"), int8.at("output_sqnr_db"));
  const json mixed = report({"--float-layer", "fully_connected"});
  EXPECT_EQ(mixed.at("layers").back().at("precision"), "float32");
  EXPECT_EQ(report({"--compare"}).at("methods").size(), 5U);
}

TEST(Exec, FloatLayersGiveTheSameBytesHereAndOnABoard) {
  const auto folder = host::TemporaryFolder::create("mixed");
  ASSERT_TRUE(folder.ok());
  const std::string samples = sample_file(folder->path());
  std::vector<std::uint8_t> expected;
  for (const char *board : {"", "mps2-an385"}) {
    const auto outputs = folder->path() / "out.raw";
    std::vector<std::string> arguments = {"exec",          "mnist-dscnn",   "--calibration-data",
                                          samples,         "--float-layer", "*conv2d*",
                                          "--calibration", "min-max",       "--inputs",
                                          samples,         "--outputs",     outputs.string()};
    if (*board != '\0') {
      arguments.insert(arguments.end(), {"--board", board});
    }
    const host::Outcome done = tinyml(arguments);
    ASSERT_EQ(done.exit_code, 0) << done.output;
    const auto result = host::read_file(outputs);
    ASSERT_TRUE(result.ok());
    expected = expected.empty() ? *result : expected;
    EXPECT_EQ(*result, expected) << board;
  }
}

TEST(BackendTest, RunsTheCasesAskedForAndSaysHowTheyWent) {
  const std::string vendor =
      (std::filesystem::path(tinyml_program()).parent_path() / "tinyml-dense-array").string();
  const host::Outcome passes =
      tinyml({"backend-test", vendor, "--accelerator", "dense-array", "--only", "given-scales",
              "--only", "later-version", "--board", "mps2-an385", "--json"});
  EXPECT_EQ(passes.exit_code, 0) << passes.output;
  EXPECT_EQ(json::parse(passes.output).at("cases").size(), 2U);
  const host::Outcome fails = tinyml({"backend-test", "/bin/false", "--only", "no-model"});
  EXPECT_EQ(fails.exit_code, 9) << fails.output;
  EXPECT_NE(fails.output.find("exited with 1"), std::string::npos) << fails.output;
}

TEST(BadInput, GetsAMessageAndAnExitCode) {
  const auto folder = host::TemporaryFolder::create("bad");
  ASSERT_TRUE(folder.ok());
  const auto junk = folder->path() / "junk.onnx";
  ASSERT_TRUE(host::write_text(junk, "this is no model").ok());
  const auto odd = folder->path() / "odd.raw";
  ASSERT_TRUE(host::write_text(odd, "odd").ok());
  const std::string out = (folder->path() / "out").string();
  struct Case {
    std::vector<std::string> arguments;
    int exit_code;
    const char *says;
  };
  const Case cases[] = {
      {{"plan", junk.string(), "--board", "linux", "--float"}, 2, "junk.onnx"},
      {{"plan", "no-such-model", "--board", "linux"}, 3, "mnist-lenet"},
      {{"plan", "mnist-lenet", "--board", "toaster"}, 3, "mps2-an385"},
      {{"plan", "mnist-lenet", "--board", "mps2-an385", "--max-ram", "4K"}, 6, "RAM"},
      {{"plan", "mnist-mlp", "--float", "--board", "mps2-an385", "--max-rom", "200K"}, 6, "int8"},
      {{"exec", "mnist-lenet", "--inputs", odd.string(), "--outputs", out}, 2, "784"},
      {{"exec", "mnist-lenet", "--inputs", "/nowhere", "--outputs", out}, 3, "/nowhere"},
      {{"quantize", "mnist-mlp", "--calibration", "percentile:5"}, 2, "percentile"},
      {{"quantize", "mnist-mlp", "--float-layer", "nobody"}, 2, "there are:"},
      {{"compile", "mnist-lenet", "-o", out}, 2, "--package"},
      {{"compile", "mnist-lenet", "--board", "linux", "--force", "-o", out}, 2, "--package"},
      {{"compile", "mnist-lenet", "--package", "floppy", "-o", out}, 2, "esp-idf"},
      {{"compile", "mnist-lenet", "--package", "cmake", "--isa", "6502", "-o", out}, 7, "rv32imc"},
      {{"compile", "mnist-lenet", "--package", "cmake", "--name", "a b", "-o", out}, 2, "a b"},
      {{"order"}, 2, "MODEL"},
      {{"dance"}, 2, "dance"},
  };
  for (const Case &one : cases) {
    const host::Outcome outcome = tinyml(one.arguments);
    EXPECT_EQ(outcome.exit_code, one.exit_code) << one.arguments.front() << ": " << outcome.output;
    EXPECT_NE(outcome.output.find(one.says), std::string::npos) << outcome.output;
  }
}

TEST(BadInput, AMissingCrossCompilerIsNamed) {
  const auto folder = host::TemporaryFolder::create("nopath");
  ASSERT_TRUE(folder.ok());
  std::vector<std::string> environment = {"PATH=" + folder->path().string()};
  if (const char *data = std::getenv("TINYML_DATA_DIR"); data != nullptr) {
    environment.push_back(std::string("TINYML_DATA_DIR=") + data);
  }
  const host::Outcome outcome =
      tinyml({"plan", "mnist-dscnn", "--board", "mps2-an385"}, environment);
  EXPECT_EQ(outcome.exit_code, 5) << outcome.output;
  EXPECT_NE(outcome.output.find("arm-none-eabi-g++"), std::string::npos) << outcome.output;
}

} // namespace
} // namespace tinyml::e2e
