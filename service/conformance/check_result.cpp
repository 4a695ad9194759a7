// SPDX-License-Identifier: Apache-2.0
#include "service/conformance/check_result.hpp"

#include "compiler/ir/types.hpp"
#include "compiler/quantize/codes.hpp"
#include "compiler/quantize/report.hpp"
#include "host/process.hpp"
#include "service/builds/module_run.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tinyml::service::conformance {
namespace {

namespace fs = std::filesystem;

constexpr const char *kCodes[] = {"invalid_input", "unsupported",   "does_not_fit", "not_found",
                                  "unavailable",   "resource_full", "internal"};
/// The most that a report may declare.
constexpr double kMostCodes = 2;
constexpr double kMostRelative = 1e-3;

std::uint64_t number(const Json &report, const char *key) {
  const Json value = report.value(key, Json(0U));
  return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
}

struct Tensor {
  ir::TensorType type;
  std::size_t count = 0;
};

/// A tensor of the report as the codec wants it; nothing when it contradicts itself.
std::optional<Tensor> tensor_of(const Json &from) {
  const std::string type = from.value("type", "");
  const Json shape = from.value("shape", Json::array());
  Tensor tensor{.count = 1};
  for (const Json &dim : shape) {
    if (!dim.is_number_unsigned() || dim == 0U || dim.get<std::uint64_t>() > (1U << 24)) {
      return std::nullopt;
    }
    tensor.count *= dim.get<std::size_t>();
  }
  std::size_t element_bytes = 1;
  if (type == "float32") {
    tensor.type.element = ir::ElementType::kFloat32;
    element_bytes = sizeof(float);
  } else if (type == "int8" || type == "int16") {
    tensor.type.element = type == "int8" ? ir::ElementType::kInt8 : ir::ElementType::kInt16;
    element_bytes = type == "int8" ? 1 : 2;
    tensor.type.quantization =
        ir::Quantization{{from.value("scale", 0.0F)}, {from.value("zero_point", 0)}, -1};
  } else {
    return std::nullopt;
  }
  const bool scaled = !tensor.type.quantization || tensor.type.quantization->scales[0] > 0;
  const bool sized = number(from, "size_bytes") == tensor.count * element_bytes;
  return scaled && sized ? std::optional(tensor) : std::nullopt;
}

std::optional<std::vector<Tensor>> tensors_of(const Json &report, const char *key) {
  std::vector<Tensor> tensors;
  for (const Json &one : report.value(key, Json::array())) {
    const auto tensor = tensor_of(one);
    if (!tensor) {
      return std::nullopt;
    }
    tensors.push_back(*tensor);
  }
  return tensors;
}

std::size_t values_of(const std::vector<Tensor> &tensors) {
  std::size_t count = 0;
  for (const Tensor &tensor : tensors) {
    count += tensor.count;
  }
  return count;
}

std::size_t bytes_of(const Tensor &tensor) {
  return tensor.count * ir::element_size(tensor.type.element);
}

Complaint check_limits(const Case &one, const Json &report) {
  const Json options = one.request.value("options", Json::object());
  const std::pair<const char *, const char *> limits[] = {{"max_rom_bytes", "rom_bytes_linked"},
                                                          {"max_ram_bytes", "ram_bytes_linked"}};
  for (const auto &[limit, figure] : limits) {
    const Json most = options.value(limit, Json());
    if (most.is_number_unsigned() && number(report, figure) > most.get<std::uint64_t>()) {
      return fmt::format("{} is above the request's {}", figure, limit);
    }
  }
  return {};
}

std::vector<std::uint8_t> encoded(const Reference &reference, const std::vector<Tensor> &inputs) {
  std::vector<std::uint8_t> bytes;
  std::span<const float> left = reference.inputs;
  while (!left.empty()) {
    for (const Tensor &input : inputs) {
      bytes.resize(bytes.size() + bytes_of(input));
      quantize::encode(input.type, left.first(input.count),
                       bytes.data() + bytes.size() - bytes_of(input));
      left = left.subspan(input.count);
    }
  }
  return bytes;
}

/// Largest difference over what is allowed, by the report's own word.
Complaint check_tolerance(const Tensor &output, const Json &report, std::span<const float> expected,
                          std::span<const float> actual) {
  const Json tolerance = report.value("tolerance", Json::object());
  const double codes = tolerance.value("codes", 0.0);
  const double relative = tolerance.value("relative", 1e-5);
  if (codes > kMostCodes || relative > kMostRelative) {
    return "the report declares more tolerance than 2 codes and 1e-3";
  }
  const bool real = output.type.element == ir::ElementType::kFloat32;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto wanted = static_cast<double>(expected[i]);
    const double scale = real ? std::max(1.0, std::abs(wanted))
                              : static_cast<double>(output.type.quantization->scales[0]);
    const double allowed = (real ? relative : codes + 1e-3) * scale;
    if (!(std::abs(wanted - static_cast<double>(actual[i])) <= allowed)) {
      return fmt::format("output {} is {}, and the reference says {}", i, actual[i], expected[i]);
    }
  }
  return {};
}

} // namespace

Complaint check_refusal(const Json &error, const std::vector<std::string> &codes) {
  const std::string code = error.value("code", "");
  if (std::find(std::begin(kCodes), std::end(kCodes), code) == std::end(kCodes)) {
    return "there is no error code '" + code + "'";
  }
  if (std::find(codes.begin(), codes.end(), code) == codes.end()) {
    return "it refuses with '" + code + "' (" + error.value("message", "") +
           "); wanted: " + fmt::format("{}", fmt::join(codes, " or "));
  }
  if (error.value("message", "").empty()) {
    return "the refusal has no message";
  }
  return code == "does_not_fit" && error.value("would_fit", Json::array()).empty()
             ? "it does not say what would fit"
             : "";
}

Complaint check_report(const Case &one, const Json &report, const fs::path &result) {
  if (number(report, "rom_bytes_planned") != number(report, "rom_bytes_linked") ||
      number(report, "ram_bytes_planned") != number(report, "ram_bytes_linked")) {
    return "planned and linked sizes differ";
  }
  if (number(report, "static_ram_bytes") + number(report, "stack_bytes") !=
      number(report, "ram_bytes_planned")) {
    return "static_ram_bytes and stack_bytes do not add up to ram_bytes_planned";
  }
  if (number(report, "rom_bytes_linked") == 0 || number(report, "ram_bytes_linked") == 0) {
    return "an image without ROM or RAM";
  }
  const std::string payload = report.value("payload", "");
  if (payload != "binary" && payload != "elf") {
    return "payload is neither binary nor elf";
  }
  std::error_code error;
  const bool has_model = !one.request["model"].is_null();
  if (!fs::exists(result / "image.elf", error)) {
    return "there is no image.elf";
  }
  if (has_model && (!tensors_of(report, "inputs") || !tensors_of(report, "outputs"))) {
    return "a tensor's size, shape, type and scale contradict each other";
  }
  if (has_model && report.value("layers", Json::array()).empty()) {
    return "there are no layers";
  }
  if (has_model && !fs::exists(result / "module.so", error)) {
    return "module.so was asked for and is not there";
  }
  return check_limits(one, report);
}

Complaint check_sources(const Case &one, const fs::path &result, const Tools &tools) {
  std::error_code error;
  const fs::path sources = result / "sources";
  const fs::path include = fs::path(one.request["kit"].get<std::string>()) / "include";
  std::size_t compiled = 0;
  for (const auto &entry : fs::directory_iterator(sources, error)) {
    const std::string extension = entry.path().extension().string();
    if (extension != ".cpp" && extension != ".c") {
      continue;
    }
    const auto outcome =
        host::run({.argv = {tools.compiler, "-fsyntax-only", "-I" + sources.string(),
                            "-I" + include.string(), entry.path().string()}});
    if (!outcome) {
      return outcome.error().message;
    }
    if (!outcome->succeeded()) {
      return entry.path().filename().string() +
             " does not compile: " + outcome->output.substr(0, 500);
    }
    ++compiled;
  }
  return compiled == 0 ? "there are no sources" : "";
}

Complaint check_outputs(const Reference &reference, const Json &report, const fs::path &result,
                        const Tools &tools) {
  const auto inputs = tensors_of(report, "inputs");
  const auto outputs = tensors_of(report, "outputs");
  if (!inputs || !outputs || values_of(*inputs) * reference.samples != reference.inputs.size() ||
      values_of(*outputs) * reference.samples != reference.outputs.size()) {
    return "the report's tensors are not those of the model";
  }
  const auto ran =
      run_module(tools.module_runner, result / "module.so", encoded(reference, *inputs), {});
  if (!ran) {
    return ran.error().message;
  }
  ByteView raw(reinterpret_cast<const std::uint8_t *>(ran->data()), ran->size());
  std::span<const float> expected = reference.outputs;
  quantize::Difference difference;
  while (!expected.empty()) {
    for (const Tensor &output : *outputs) {
      if (raw.size() < bytes_of(output)) {
        return "the module gives fewer output bytes than the report says";
      }
      const auto actual = quantize::decode(output.type, raw.first(bytes_of(output)));
      difference.add(expected.first(output.count), actual);
      const Complaint wrong =
          reference.least_sqnr_db
              ? Complaint()
              : check_tolerance(output, report, expected.first(output.count), actual);
      if (!wrong.empty()) {
        return wrong;
      }
      raw = raw.subspan(bytes_of(output));
      expected = expected.subspan(output.count);
    }
  }
  if (reference.least_sqnr_db && !(difference.sqnr_db() >= *reference.least_sqnr_db)) {
    return fmt::format("the outputs are only {:.1f} dB above their error; {:.0f} dB are wanted",
                       difference.sqnr_db(), *reference.least_sqnr_db);
  }
  return {};
}

} // namespace tinyml::service::conformance
