// SPDX-License-Identifier: Apache-2.0
#include "service/conformance/material.hpp"

#include "compiler/driver/compile_model.hpp"
#include "compiler/driver/quantize_model.hpp"
#include "compiler/frontends/onnx/model_builder.hpp"
#include "compiler/interpret/interpreter.hpp"
#include "compiler/ir/types.hpp"
#include "compiler/quantize/calibration.hpp"
#include "compiler/quantize/codes.hpp"
#include "host/files.hpp"
#include "training/data/image_set.hpp"

#include <cstring>
#include <nlohmann/json.hpp>

namespace tinyml::service::conformance {
namespace {

constexpr std::size_t kCalibrationSamples = 32;
constexpr std::size_t kSamples = 8;

std::vector<std::uint8_t> bytes_of(const std::vector<float> &values) {
  std::vector<std::uint8_t> bytes(values.size() * sizeof(float));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

/// Runs the graph on the first samples; integers come back as the numbers they stand for.
Expected<Reference> reference_of(const ir::Graph &graph, const std::vector<float> &values) {
  const auto samples = driver::split_by_input(graph, values);
  auto interpreter = interpret::Interpreter::prepare(graph);
  if (!samples || !interpreter) {
    return Failure{samples ? interpreter.error() : samples.error()};
  }
  auto feeder = quantize::SampleFeeder::prepare(graph, *samples);
  if (!feeder) {
    return Failure{feeder.error()};
  }
  Reference reference{.samples = std::min(kSamples, samples->count)};
  for (std::size_t i = 0; i < reference.samples; ++i) {
    if (const auto ran = feeder->run(*interpreter, i, {}); !ran) {
      return Failure{ran.error()};
    }
    for (std::size_t output = 0; output < graph.outputs.size(); ++output) {
      const auto numbers =
          quantize::decode(graph.values[graph.outputs[output]].type, interpreter->output(output));
      reference.outputs.insert(reference.outputs.end(), numbers.begin(), numbers.end());
    }
  }
  const std::size_t per_sample = values.size() / samples->count;
  reference.inputs.assign(
      values.begin(), values.begin() + static_cast<std::ptrdiff_t>(reference.samples * per_sample));
  return reference;
}

Expected<TestModel> with_reference(std::vector<std::uint8_t> bytes,
                                   const std::vector<float> &samples) {
  const auto graph = driver::load_model(bytes);
  auto real = graph ? reference_of(*graph, samples) : Expected<Reference>(Failure{graph.error()});
  if (!real) {
    return Failure{real.error()};
  }
  return TestModel{
      .bytes = std::move(bytes), .calibration = bytes_of(samples), .real = *std::move(real)};
}

std::vector<float> drawn_digits() {
  constexpr std::uint64_t kSeed = 2024;
  std::vector<float> values;
  for (const std::uint8_t pixel : datasets::draw_digits(kCalibrationSamples, kSeed).pixels) {
    values.push_back(static_cast<float>(pixel) / 255.0F);
  }
  return values;
}

Expected<TestModel> zoo_model(const std::filesystem::path &zoo, const std::string &name) {
  auto bytes = host::read_file(zoo / (name + ".onnx"));
  return bytes ? with_reference(*std::move(bytes), drawn_digits())
               : Expected<TestModel>(Failure{bytes.error()});
}

/// Two fully connected layers; quantise/dequantise pairs give the scale of every tensor.
std::vector<std::uint8_t> quantized_model() {
  constexpr int kInputs = 24;
  constexpr int kHidden = 10;
  constexpr int kOutputs = 5;
  const auto weights = [](int count, int step) {
    std::vector<std::int8_t> codes;
    for (int i = 0; i < count; ++i) {
      codes.push_back(static_cast<std::int8_t>(i * step % 255 - 127));
    }
    return codes;
  };
  onnx::ModelBuilder m;
  m.input("x", {1, kInputs}).output("y");
  m.floats("xs", {}, {0.02F}).bytes("xz", {}, {-3}).floats("hs", {}, {0.05F}).bytes("hz", {}, {5});
  m.floats("ys", {}, {0.1F}).bytes("yz", {}, {-7}).floats("ws", {}, {0.01F});
  m.bytes("w", {kHidden, kInputs}, weights(kInputs * kHidden, 37));
  m.bytes("v", {kOutputs, kHidden}, weights(kHidden * kOutputs, 91));
  const auto pair = [&m](const std::string &from, const std::string &to, const std::string &of) {
    m.node("QuantizeLinear", {from, of + "s", of + "z"}, to + "_q");
    m.node("DequantizeLinear", {to + "_q", of + "s", of + "z"}, to);
  };
  pair("x", "xd", "x");
  m.node("DequantizeLinear", {"w", "ws"}, "wd").node("DequantizeLinear", {"v", "ws"}, "vd");
  m.node("Gemm", {"xd", "wd"}, "h").with("transB", 1);
  pair("h", "hd", "h");
  m.node("Gemm", {"hd", "vd"}, "o").with("transB", 1);
  pair("o", "y", "y");
  return m.build();
}

Expected<TestModel> quantized_test_model() {
  std::vector<float> samples;
  constexpr int kValues = 24 * 16;
  for (int i = 0; i < kValues; ++i) {
    samples.push_back(static_cast<float>(i * 131 % 255 - 127) * 0.018F);
  }
  auto model = with_reference(quantized_model(), samples);
  if (!model) {
    return model;
  }
  const auto compiled =
      driver::compile_model(model->bytes, {.model_name = "reference", .calibration = samples});
  auto exact = compiled ? reference_of(compiled->graph, samples)
                        : Expected<Reference>(Failure{compiled.error()});
  if (!exact) {
    return Failure{exact.error()};
  }
  model->exact = *std::move(exact);
  return model;
}

Expected<Json> profile_of(const MaterialOptions &options) {
  const auto text = host::read_text(options.kit / "kit.json");
  if (!text) {
    return Failure{text.error()};
  }
  Json profile = Json::parse(*text, nullptr, false).value("profile", Json());
  if (!profile.is_object()) {
    return fail(ErrorCode::kInvalidInput, "'" + options.kit.string() + "' is no kit (docs/kit.md)");
  }
  for (const std::string &accelerator : options.accelerators) {
    profile["accelerators"].push_back(accelerator);
  }
  return profile;
}

} // namespace

Expected<Material> prepare_material(const MaterialOptions &options) {
  auto dense = zoo_model(options.zoo, "mnist-mlp");
  auto images = zoo_model(options.zoo, "mnist-dscnn");
  auto quantized = quantized_test_model();
  for (const auto *model : {&dense, &images, &quantized}) {
    if (!*model) {
      return Failure{model->error()};
    }
  }
  auto profile = profile_of(options);
  if (!profile) {
    return Failure{profile.error()};
  }
  return Material{.dense = *std::move(dense),
                  .images = *std::move(images),
                  .quantized = *std::move(quantized),
                  .profile = *std::move(profile),
                  .kit = std::filesystem::absolute(options.kit)};
}

Case good_case(const Material &material, const TestModel &model, const std::string &name,
               const std::string &what) {
  Case one{.name = name, .what = what};
  one.request = {{"version", 1},
                 {"model", "model.onnx"},
                 {"model_name", "conformance"},
                 {"build_id", "00112233445566778899aabbccddeeff"},
                 {"profile", material.profile},
                 {"options",
                  {{"precision", "int8"},
                   {"max_ram_bytes", nullptr},
                   {"max_rom_bytes", nullptr},
                   {"host_module", true}}},
                 {"calibration", "calibration.f32"},
                 {"kit", material.kit.string()},
                 {"program", "inference"}};
  one.files = {{"model.onnx", model.bytes}, {"calibration.f32", model.calibration}};
  return one;
}

} // namespace tinyml::service::conformance
