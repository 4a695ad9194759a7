// SPDX-License-Identifier: Apache-2.0
// Packages in the hands of those who get them: built by CMake, by the compilers of each platform
// and run with their test vectors.
#include "compiler/package/test_model.hpp"
#include "host/process.hpp"

#include <gmock/gmock.h>

namespace tinyml::package {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

host::Outcome ran(std::vector<std::string> words, const fs::path &folder) {
  host::Command command;
  command.argv = std::move(words);
  command.working_directory = folder;
  command.timeout = std::chrono::seconds(120);
  const auto outcome = host::run(command);
  if (!outcome.ok()) {
    return {.exit_code = 127, .output = outcome.error().message};
  }
  return *outcome;
}

bool is_installed(const std::string &program) {
  return ran({program, "--version"}, ".").succeeded();
}

class PackageBuild : public ::testing::Test {
protected:
  PackageBuild() : folder_(*host::TemporaryFolder::create("package-build")) {}

  /// The package's folder.
  fs::path package(Kind kind, const std::string &name, std::string_view model = kInt8Model,
                   const std::string &target = "") {
    auto options = options_for(kind, name);
    if (!target.empty()) {
      options.target = *target_named(target);
    }
    const fs::path out = folder_.path() / name;
    const auto report =
        write_package(compiled(model, name, options.target.kernel_set), options, out);
    EXPECT_TRUE(report.ok()) << report.error().message;
    report_ = report.ok() ? *report : nlohmann::json();
    return out;
  }

  /// Compiles one source strictly; `words` begin with the compiler.
  void expect_compiles(std::vector<std::string> words, const std::vector<std::string> &includes,
                       const fs::path &source) {
    const std::string compiler = words[0];
    for (const char *flag : {"-Wall", "-Wextra", "-pedantic", "-Werror", "-c", "-o", "object.o"}) {
      words.emplace_back(flag);
    }
    for (const std::string &include : includes) {
      words.push_back("-I" + include);
    }
    words.push_back(source.string());
    const auto outcome = ran(words, folder_.path());
    EXPECT_TRUE(outcome.succeeded()) << compiler << ": " << source << "\n" << outcome.output;
  }

  void expect_sources_compile(const std::vector<std::string> &compiler, const fs::path &out) {
    if (!is_installed(compiler[0])) {
      GTEST_SKIP() << compiler[0] << " is not installed";
    }
    for (const char *source : {"model.cpp", "weights.cpp", "api.cpp"}) {
      expect_compiles(compiler, {(out / "include").string()}, out / "src" / source);
    }
  }

  host::TemporaryFolder folder_;
  nlohmann::json report_;
};

TEST_F(PackageBuild, CMakeBuildsInstallsAndPassesItsOwnTest) {
  const fs::path out = package(Kind::kCMake, "tiny");
  const std::string strict = "-Wall -Wextra -pedantic -Wconversion -Wshadow -Werror";
  const auto configured = ran({"cmake", "-S", out.string(), "-B", "build", "-G", "Ninja",
                               "-DCMAKE_CXX_FLAGS=" + strict, "-DCMAKE_C_FLAGS=" + strict,
                               "-DCMAKE_INSTALL_PREFIX=" + (folder_.path() / "at").string()},
                              folder_.path());
  ASSERT_TRUE(configured.succeeded()) << configured.output;
  const auto built = ran({"cmake", "--build", "build", "--target", "install"}, folder_.path());
  ASSERT_TRUE(built.succeeded()) << built.output;
  const auto tested = ran({"ctest", "--output-on-failure"}, folder_.path() / "build");
  EXPECT_TRUE(tested.succeeded()) << tested.output;
  EXPECT_THAT(tested.output, HasSubstr("100% tests passed, 0 tests failed out of 1"));
  const auto example = ran({"./tiny_example"}, folder_.path() / "build");
  EXPECT_THAT(example.output, HasSubstr("ok: 0 wrong output elements"));
  // The README promises exactly this output.
  EXPECT_THAT(*host::read_text(out / "README.md"), HasSubstr("```\n" + example.output + "```"));
  EXPECT_TRUE(fs::exists(folder_.path() / "at/include/tiny.h"));
}

/// One project with one installed package (find_package) and one by add_subdirectory.
constexpr std::string_view kTwoModels = R"(
cmake_minimum_required(VERSION 3.16)
project(two C CXX)
find_package(first REQUIRED)
add_subdirectory(second)
add_executable(two two.c)
target_link_libraries(two PRIVATE first::first second::second m)
set_target_properties(two PROPERTIES LINKER_LANGUAGE C)
)";

constexpr std::string_view kTwoMain = R"(
#include "first/example/test_vector.h"
#include "second/example/test_vector.h"
int main(void) {
  first_test_load();
  second_test_load();
  second_run();
  first_run();
  return (int)(first_test_wrong() + second_test_wrong());
}
)";

TEST_F(PackageBuild, TwoModelsLiveInOneProgram) {
  const fs::path first = package(Kind::kCMake, "first");
  package(Kind::kCMake, "second", kFloatModel);
  ASSERT_TRUE(host::write_text(folder_.path() / "CMakeLists.txt", kTwoModels).ok());
  ASSERT_TRUE(host::write_text(folder_.path() / "two.c", kTwoMain).ok());
  const std::string at = (folder_.path() / "at").string();
  const auto installed =
      ran({"sh", "-c",
           "cmake -S first -B one -G Ninja -DCMAKE_INSTALL_PREFIX=at && cmake --build one --target "
           "install && cmake -S . -B build -G Ninja -DCMAKE_PREFIX_PATH=$PWD/at && cmake --build "
           "build && ./build/two"},
          folder_.path());
  EXPECT_TRUE(installed.succeeded()) << installed.output;
}

TEST_F(PackageBuild, ATestVectorThatDiffersIsFound) {
  const fs::path out = package(Kind::kCMake, "tiny");
  std::string vector = *host::read_text(out / "example/test_vector.h");
  const std::string array = "tiny_test_output_0[27] = {\n   ";
  const std::size_t at = vector.find(array) + array.size();
  vector.replace(at, vector.find(',', at) - at, " 99");
  ASSERT_TRUE(host::write_text(out / "example/test_vector.h", vector).ok());
  const auto outcome = ran({"sh", "-c",
                            "g++ -std=c++17 -Iinclude -c src/*.cpp && gcc -std=c11 -Iinclude "
                            "-o example.bin example/main.c *.o -lm && ./example.bin"},
                           out);
  EXPECT_EQ(outcome.exit_code, 1) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("FAILED: 1 wrong output elements"));
}

TEST_F(PackageBuild, IsStrictCpp17AndC11ForGccAndClang) {
  const fs::path out = package(Kind::kCMake, "floats", kFloatModel);
  for (const std::string family : {"gcc", "clang-16"}) {
    if (!is_installed(family)) {
      continue;
    }
    expect_sources_compile(
        {family == "gcc" ? "g++" : "clang++-16", "-std=c++17", "-Wconversion", "-Wshadow"}, out);
    expect_compiles({family, "-std=c11", "-Wconversion"},
                    {(out / "include").string(), (out / "example").string()},
                    out / "example/main.c");
  }
  ASSERT_TRUE(
      host::write_text(out / "user.cpp", "#include \"floats.h\"\nint main() { floats_run(); }\n")
          .ok());
  expect_compiles({"g++", "-std=c++17"}, {(out / "include").string()}, out / "user.cpp");
}

/// As much of the Arduino core as sketches of packages use.
constexpr std::string_view kArduino = R"(#pragma once
#include <stdint.h>
struct SerialPort {
  void begin(unsigned long) {}
  void print(const char *) {}
  void print(char) {}
  void print(long) {}
  void print(unsigned) {}
  void print(double) {}
  void println() {}
  void println(unsigned long) {}
};
extern SerialPort Serial;
unsigned long micros();
void delay(unsigned long);
)";

TEST_F(PackageBuild, ArduinoSourcesAndSketchCompileForCortexM4) {
  if (!is_installed("arm-none-eabi-g++")) {
    GTEST_SKIP() << "arm-none-eabi-g++ is not installed";
  }
  for (const std::string_view model : {kInt8Model, kFloatModel}) {
    const std::string name = model == kInt8Model ? "tiny" : "floats";
    const fs::path out = package(Kind::kArduino, name, model);
    const std::vector<std::string> compiler = {"arm-none-eabi-g++", "-std=gnu++17",
                                               "-mcpu=cortex-m4", "-mthumb"};
    for (const char *source : {"model.cpp", "weights.cpp", "api.cpp"}) {
      expect_compiles(compiler, {(out / "src").string()}, out / "src" / name / source);
    }
    const fs::path sketch = out / "examples" / (name + "_test");
    ASSERT_TRUE(host::write_text(sketch / "Arduino.h", kArduino).ok());
    fs::copy_file(sketch / (name + "_test.ino"), sketch / "sketch.cpp");
    auto as_sketch = compiler;
    as_sketch.insert(as_sketch.end(), {"-include", "Arduino.h"});
    expect_compiles(as_sketch, {(out / "src").string(), sketch.string()}, sketch / "sketch.cpp");
  }
}

TEST_F(PackageBuild, ZephyrSourcesAndSampleCompileForCortexM4) {
  const fs::path out = package(Kind::kZephyr, "tiny", kInt8Model, "armv7e-m");
  expect_sources_compile({"arm-none-eabi-g++", "-std=c++17", "-mcpu=cortex-m4", "-mthumb"}, out);
  if (is_installed("arm-none-eabi-gcc")) {
    const fs::path sample = out / "samples/tiny_test/src";
    expect_compiles({"arm-none-eabi-gcc", "-std=c11", "-mcpu=cortex-m4", "-mthumb"},
                    {(out / "include").string(), sample.string()}, sample / "main.c");
  }
}

TEST_F(PackageBuild, EspIdfSourcesCompileForRiscV) {
  const fs::path out = package(Kind::kEspIdf, "tiny", kInt8Model, "rv32imc");
  const Target target = *target_named("rv32imc");
  std::vector<std::string> compiler = {target.compiler, "-std=c++17"};
  compiler.insert(compiler.end(), target.flags.begin(), target.flags.end());
  compiler.insert(compiler.end(), target.header_flags.begin(), target.header_flags.end());
  expect_sources_compile(compiler, out);
}

TEST_F(PackageBuild, MeasuresWhatTheObjectsTake) {
  if (!is_installed("arm-none-eabi-size")) {
    GTEST_SKIP() << "arm-none-eabi-size is not installed";
  }
  const fs::path out = package(Kind::kCMake, "tiny", kInt8Model, "armv7-m");
  ASSERT_TRUE(report_["sizes"].is_object()) << report_.dump(2);
  const auto outcome =
      ran({"sh", "-c",
           "arm-none-eabi-g++ -std=c++17 -O2 -mcpu=cortex-m3 -mthumb -ffp-contract=off "
           "-fno-exceptions -fno-rtti -ffunction-sections -fdata-sections "
           "-fno-asynchronous-unwind-tables -Iinclude -c src/*.cpp && arm-none-eabi-size -B -t *.o "
           "| tail -n 1"},
          out);
  std::istringstream words(outcome.output);
  std::uint64_t text = 0;
  std::uint64_t data = 0;
  std::uint64_t bss = 0;
  words >> text >> data >> bss;
  EXPECT_GT(text, 500U) << outcome.output;
  EXPECT_EQ(report_["sizes"]["rom_bytes"], text + data);
  EXPECT_EQ(report_["sizes"]["ram_bytes"], data + bss);
  EXPECT_GE(bss, report_["arena_bytes"].get<std::uint64_t>());
  EXPECT_LT(bss, report_["arena_bytes"].get<std::uint64_t>() + 16);
}

TEST_F(PackageBuild, WasmRunsItsTestVectorUnderNode) {
  if (!is_installed("clang++-16") || !is_installed("wasm-ld-16") || !is_installed("node")) {
    GTEST_SKIP() << "clang-16, lld-16 and node are needed";
  }
  for (const std::string_view model : {kInt8Model, kFloatModel}) {
    const fs::path out = package(Kind::kWasm, model == kInt8Model ? "tiny" : "floats", model);
    const auto outcome = ran({"node", "example.mjs"}, out);
    EXPECT_TRUE(outcome.succeeded()) << outcome.output;
    EXPECT_THAT(outcome.output, HasSubstr("ok: 0 wrong output elements"));
    EXPECT_GT(report_["wasm_bytes"].get<int>(), 200);
  }
}

constexpr std::string_view kMisuse = R"(
import assert from 'node:assert';
import { readFile } from 'node:fs/promises';
import { load, inputs, outputs } from './tiny.mjs';
const model = await load(await readFile('tiny.wasm'));
assert.equal(inputs[0].type, 'int8');
assert.deepEqual(inputs[0].shape, [1, 4, 4, 2]);
assert.throws(() => model.run(new Int8Array(3)), RangeError);
assert.throws(() => model.run(new Int8Array(32), new Int8Array(32)), TypeError);
assert.throws(() => model.input(1), RangeError);
assert.deepEqual([...model.quantize([0, 0.5, -0.75, 1e9, -1e9])], [3, 4, 1, 127, -128]);
assert.deepEqual([...model.dequantize(Int8Array.of(-128, -127))], [0, 1 / 256]);
const first = model.run(new Int8Array(32))[0];
assert.equal(first.length, outputs[0].shape[1]);
assert.deepEqual(first, model.run(new Int8Array(32))[0]);
)";

TEST_F(PackageBuild, Int16AndRecurrentModelsPassTheirTestVectors) {
  for (const std::string_view model : {kInt16Model, kRecurrentModel}) {
    const std::string name = model == kInt16Model ? "halves" : "recurrent";
    const fs::path out = package(Kind::kCMake, name, model);
    const auto outcome =
        ran({"sh", "-c",
             "g++ -std=c++17 -Wall -Wextra -pedantic -Werror -Iinclude -c src/*.cpp "
             "&& gcc -std=c11 -Wall -Wextra -pedantic -Werror -Iinclude -o run "
             "example/main.c *.o -lm && ./run"},
            out);
    EXPECT_TRUE(outcome.succeeded()) << outcome.output;
    EXPECT_THAT(outcome.output, HasSubstr("ok: 0 wrong output elements"));
    EXPECT_EQ(report_["state_bytes"] > 0, model == kRecurrentModel);
  }
}

constexpr std::string_view kRemembers = R"(
import assert from 'node:assert';
import { load } from './recurrent.mjs';
const model = await load();
const x = Float32Array.of(1, 2, 3, 4);
const first = model.run(x)[0];
assert.notDeepEqual(model.run(x)[0], first);
model.reset();
assert.deepEqual(model.run(x)[0], first);
)";

TEST_F(PackageBuild, WasmForgetsWhenItIsReset) {
  if (!is_installed("clang++-16") || !is_installed("wasm-ld-16") || !is_installed("node")) {
    GTEST_SKIP() << "clang-16, lld-16 and node are needed";
  }
  const fs::path out = package(Kind::kWasm, "recurrent", kRecurrentModel);
  ASSERT_TRUE(host::write_text(out / "remembers.mjs", kRemembers).ok());
  const auto outcome = ran({"node", "remembers.mjs"}, out);
  EXPECT_TRUE(outcome.succeeded()) << outcome.output;
}

TEST_F(PackageBuild, WasmLoaderChecksWhatItIsGiven) {
  if (!is_installed("clang++-16") || !is_installed("wasm-ld-16") || !is_installed("node")) {
    GTEST_SKIP() << "clang-16, lld-16 and node are needed";
  }
  const fs::path out = package(Kind::kWasm, "tiny");
  ASSERT_TRUE(host::write_text(out / "misuse.mjs", kMisuse).ok());
  const auto outcome = ran({"node", "misuse.mjs"}, out);
  EXPECT_TRUE(outcome.succeeded()) << outcome.output;
}

} // namespace
} // namespace tinyml::package
