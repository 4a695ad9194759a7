// SPDX-License-Identifier: Apache-2.0
#include "compiler/driver/backend_request.hpp"

#include "compiler/driver/quantize_model.hpp"
#include "host/files.hpp"

#include <cstring>

namespace tinyml::driver {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

/// A file of the request folder; names with folders in them are refused.
Expected<fs::path> request_file(const fs::path &folder, const std::string &name) {
  if (name.empty() || name.find('/') != std::string::npos || name == "..") {
    return fail(ErrorCode::kInvalidInput,
                "request.json names a file outside of the request folder");
  }
  return folder / name;
}

Expected<std::vector<float>> read_floats(const fs::path &path) {
  const auto bytes = host::read_file(path);
  if (!bytes.ok()) {
    return Failure{bytes.error()};
  }
  if (bytes->size() % sizeof(float) != 0) {
    return fail(ErrorCode::kInvalidInput,
                "the calibration file is not a whole number of float32 values");
  }
  std::vector<float> values(bytes->size() / sizeof(float));
  std::memcpy(values.data(), bytes->data(), bytes->size());
  return values;
}

Expected<std::array<std::uint8_t, 16>> parse_build_id(const std::string &hex) {
  std::array<std::uint8_t, 16> id{};
  if (hex.size() != 2 * id.size() ||
      hex.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return fail(ErrorCode::kInvalidInput, "build_id must be 32 hex digits");
  }
  for (std::size_t i = 0; i < id.size(); ++i) {
    id[i] = static_cast<std::uint8_t>(std::stoi(hex.substr(2 * i, 2), nullptr, 16));
  }
  return id;
}

Expected<void> read_compile_options(const json &options, CompileOptions &compile) {
  const auto precision = parse_precision(options.value("precision", "int8"));
  if (!precision.ok()) {
    return Failure{precision.error()};
  }
  compile.precision = *precision;
  const auto optimize = parse_optimize(options.value("optimize", "balanced"));
  if (!optimize.ok()) {
    return Failure{optimize.error()};
  }
  compile.optimize = *optimize;
  const auto strips = parse_strips(options.value("patches", "auto"));
  if (!strips.ok()) {
    return Failure{strips.error()};
  }
  compile.strips = *strips;
  auto quantization = parse_quantize_options(options);
  if (!quantization.ok()) {
    return Failure{quantization.error()};
  }
  compile.quantization = *std::move(quantization);
  return {};
}

std::optional<std::uint64_t> optional_limit(const json &options, const char *key) {
  const auto found = options.find(key);
  if (found == options.end() || found->is_null()) {
    return std::nullopt;
  }
  return found->get<std::uint64_t>();
}

Expected<BackendRequest> parse_request(const json &from, const fs::path &folder) {
  if (from.at("version").get<int>() != kInterfaceVersion) {
    return fail(ErrorCode::kUnsupported, "this backend speaks version 1 of the interface");
  }
  BackendRequest request;
  request.kit = from.at("kit").get<std::string>();
  const json options = from.value("options", json::object());
  if (const auto adapt = options.find("adapt"); adapt != options.end() && !adapt->is_null()) {
    const auto parsed = parse_adapt(adapt->get<std::string>());
    if (!parsed.ok()) {
      return Failure{parsed.error()};
    }
    request.adapt = *parsed;
  }
  request.program = from.value("program", request.adapt ? "adaptive" : "inference");
  request.limits = {optional_limit(options, "max_rom_bytes"),
                    optional_limit(options, "max_ram_bytes")};
  request.host_module = options.value("host_module", true);
  if (const auto read = read_compile_options(options, request.compile); !read.ok()) {
    return Failure{read.error()};
  }
  request.compile.model_name = from.value("model_name", "");
  if (const auto id = from.find("build_id"); id != from.end() && !id->is_null()) {
    const auto parsed = parse_build_id(id->get<std::string>());
    if (!parsed.ok()) {
      return Failure{parsed.error()};
    }
    request.compile.build_id = *parsed;
  }
  if (!from.at("model").is_null()) {
    const auto model = request_file(folder, from.at("model").get<std::string>());
    if (!model.ok()) {
      return Failure{model.error()};
    }
    request.model = *model;
  }
  if (const auto file = from.find("calibration"); file != from.end() && !file->is_null()) {
    const auto path = request_file(folder, file->get<std::string>());
    auto values =
        path.ok() ? read_floats(*path) : Expected<std::vector<float>>(Failure{path.error()});
    if (!values.ok()) {
      return Failure{values.error()};
    }
    request.calibration = *std::move(values);
  }
  return request;
}

} // namespace

Expected<BackendRequest> read_backend_request(const fs::path &folder) {
  const auto text = host::read_text(folder / "request.json");
  if (!text.ok()) {
    return Failure{text.error()};
  }
  try {
    auto request = parse_request(json::parse(*text), folder);
    if (request.ok()) {
      request->compile.calibration = request->calibration;
    }
    return request;
  } catch (const json::exception &error) {
    return fail(ErrorCode::kInvalidInput,
                std::string("request.json is malformed: ") + error.what());
  }
}

} // namespace tinyml::driver
