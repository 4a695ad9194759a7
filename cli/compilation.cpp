// SPDX-License-Identifier: Apache-2.0
#include "cli/compilation.hpp"

#include "cli/arguments.hpp"
#include "cli/error_words.hpp"
#include "compiler/driver/backend.hpp"
#include "compiler/driver/quantize_model.hpp"
#include "compiler/link/kit.hpp"
#include "host/files.hpp"
#include "service/builds/backend_process.hpp"

#include <cstdlib>
#include <iostream>
#include <set>

namespace tinyml::cli {
namespace {

using nlohmann::json;

Expected<void> write_request(const LocalBuild &build, const ModelSource &source,
                             const link::Kit &kit, const std::filesystem::path &folder) {
  json options = {{"precision", precision_of(build.model)}, {"optimize", build.model.optimize}};
  if (build.model.patches != "auto") {
    options["patches"] = build.model.patches;
  }
  driver::add_quantize_options(options, build.model.quantization);
  json profile = kit.profile;
  for (const std::string &accelerator : build.backend.accelerators) {
    profile["accelerators"].push_back(accelerator);
  }
  json request = {{"version", 1},
                  {"model", "model.onnx"},
                  {"model_name", source.name},
                  {"profile", profile},
                  {"options", options},
                  {"calibration", nullptr},
                  {"kit", kit.folder.string()},
                  {"program", build.program}};
  if (!source.calibration.empty()) {
    request["calibration"] = "calibration.f32";
    const ByteView samples(reinterpret_cast<const std::uint8_t *>(source.calibration.data()),
                           source.calibration.size() * sizeof(float));
    if (auto written = host::write_file(folder / "calibration.f32", samples); !written.ok()) {
      return written;
    }
  }
  if (auto written = host::write_file(folder / "model.onnx", source.bytes); !written.ok()) {
    return written;
  }
  return host::write_text(folder / "request.json", request.dump(2));
}

/// A program is run as the service runs it, under the same limits.
Expected<void> run_backend(const BackendFlags &backend, const std::filesystem::path &request,
                           const std::filesystem::path &result) {
  if (backend.program.empty()) {
    return driver::run_backend(request, result);
  }
  const auto work = host::TemporaryFolder::create("backend");
  if (!work.ok()) {
    return Failure{work.error()};
  }
  const char *path = std::getenv("PATH");
  const auto outcome =
      service::run_backend_program({.program = backend.program,
                                    .request = request,
                                    .result = std::filesystem::absolute(result),
                                    .temporary = work->path(),
                                    .search_path = path == nullptr ? "/usr/bin:/bin" : path,
                                    .limits = {}});
  if (!outcome.ok()) {
    return Failure{outcome.error()};
  }
  return outcome->succeeded() ? Expected<void>{} : Failure{service::backend_failed(*outcome)};
}

Failure<HostError> refused(const json &error) {
  std::string message = error.value("message", "the compiler gave no reason");
  for (const json &line : error.value("would_fit", json::array())) {
    message += "\n  would fit: " + line.get<std::string>();
  }
  return fail(code_of_word(error.value("code", "")), message);
}

} // namespace

Expected<json> compile_into(const Context &context, const LocalBuild &build,
                            const std::filesystem::path &output) {
  const auto kits = context.kits_folder();
  const auto kit =
      kits.ok() ? link::find_kit(*kits, build.board) : Expected<link::Kit>(Failure{kits.error()});
  if (!kit.ok()) {
    return Failure{kit.error()};
  }
  const auto source = read_model(context, build.model);
  if (!source.ok()) {
    return Failure{source.error()};
  }
  if (!source->note.empty()) {
    std::cerr << "tinyml: " << source->note << '\n';
  }
  const auto request = host::TemporaryFolder::create("request");
  if (!request.ok()) {
    return Failure{request.error()};
  }
  if (const auto written = write_request(build, *source, *kit, request->path()); !written.ok()) {
    return Failure{written.error()};
  }
  std::error_code error;
  std::filesystem::create_directories(output, error);
  if (error) {
    return fail(ErrorCode::kUnavailable,
                "cannot create '" + output.string() + "': " + error.message());
  }
  if (const auto done = run_backend(build.backend, request->path(), output); !done.ok()) {
    return Failure{done.error()};
  }
  const auto text = host::read_text(output / "result.json");
  if (!text.ok()) {
    return Failure{text.error()};
  }
  json result = json::parse(*text, nullptr, false);
  if (!result.is_object()) {
    return fail(ErrorCode::kUnavailable, "the compiler backend's result.json is no JSON object");
  }
  if (result.value("status", "") != "ok") {
    return about_model(build.model, refused(result.value("error", json::object())).error);
  }
  return result;
}

void add_backend_flags(CLI::App &verb, BackendFlags &flags) {
  verb.add_option("--backend", flags.program,
                  "Compile with this backend program (docs/backend.md) instead of the built-in one")
      ->check(CLI::ExistingFile);
  verb.add_option("--accelerator", flags.accelerators,
                  "An accelerator that the device has beside what the board's kit says; may be "
                  "repeated");
}

Expected<std::filesystem::path> host_include_folder(const Context &context) {
  const auto kits = context.kits_folder();
  if (!kits.ok()) {
    return Failure{kits.error()};
  }
  std::set<std::filesystem::path> found;
  std::error_code error;
  for (const auto &kit : std::filesystem::directory_iterator(*kits, error)) {
    if (std::filesystem::is_directory(kit.path() / "include" / "kernels", error)) {
      found.insert(kit.path() / "include");
    }
  }
  if (found.empty()) {
    return fail(ErrorCode::kNotFound,
                "no kit in '" + kits->string() + "' has the kernels' headers; build one with make");
  }
  const auto linux_headers = *kits / "linux" / "include";
  return found.contains(linux_headers) ? linux_headers : *found.begin();
}

} // namespace tinyml::cli
