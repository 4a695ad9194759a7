// SPDX-License-Identifier: Apache-2.0
#include "service/builds/backend_process.hpp"

#include <unistd.h>

namespace tinyml::service {

namespace fs = std::filesystem;

Expected<BackendWorkplace> BackendWorkplace::create(const fs::path &scratch) {
  std::error_code error;
  fs::create_directories(scratch, error);
  std::string name = (scratch / "build-XXXXXX").string();
  if (error || ::mkdtemp(name.data()) == nullptr) {
    return fail(ErrorCode::kResourceFull, "cannot make a folder for the build in " +
                                              scratch.string() +
                                              ": is the disk full or read-only?");
  }
  BackendWorkplace place{fs::path(name)};
  for (const fs::path &part : {place.request(), place.result(), place.temporary()}) {
    fs::create_directory(part, error);
  }
  return place;
}

BackendWorkplace::~BackendWorkplace() {
  if (!folder_.empty()) {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
}

Expected<host::Outcome> run_backend_program(const BackendCall &call, std::stop_token stop) {
  // Compilers work in TMPDIR, inside the call's own folder, so that nothing is left when they are
  // killed.
  return host::run(
      {.argv = {fs::absolute(call.program).string(), call.request.string(), call.result.string()},
       .environment = {{"PATH=" + call.search_path, "TMPDIR=" + call.temporary.string(),
                        "LC_ALL=C"}},
       .working_directory = call.temporary,
       .timeout = call.limits.time,
       .cpu_limit_s = call.limits.cpu_s,
       .memory_limit_bytes = call.limits.memory_bytes,
       .file_limit_bytes = call.limits.file_bytes},
      std::move(stop));
}

HostError backend_failed(const host::Outcome &outcome) {
  constexpr std::size_t kShownBytes = 2000;
  const std::size_t from = outcome.output.size() - std::min(outcome.output.size(), kShownBytes);
  return {ErrorCode::kUnavailable,
          "the compiler backend " + outcome.describe() +
              (outcome.output.empty() ? "" : ". It said last:\n" + outcome.output.substr(from))};
}

fs::path choose_backend(const Json &profile, const BuildEnvironment &environment) {
  for (const Json &accelerator : profile.value("accelerators", Json::array())) {
    const auto known = accelerator.is_string()
                           ? environment.accelerator_backends.find(accelerator.get<std::string>())
                           : environment.accelerator_backends.end();
    if (known != environment.accelerator_backends.end()) {
      return known->second;
    }
  }
  return environment.backend;
}

Expected<std::pair<std::string, fs::path>> parse_backend_registration(const std::string &text) {
  const std::string key = "accelerator=";
  const std::size_t colon = text.find(':');
  if (!text.starts_with(key) || colon == std::string::npos || colon <= key.size() ||
      colon + 1 == text.size()) {
    return fail(ErrorCode::kInvalidInput,
                "'" + text +
                    "' is no backend registration; say accelerator=NAME:PROGRAM, for "
                    "example accelerator=dense-array:/opt/vendor/backend");
  }
  const fs::path program = text.substr(colon + 1);
  if (::access(program.c_str(), X_OK) != 0 || !fs::is_regular_file(program)) {
    return fail(ErrorCode::kNotFound,
                "there is no program '" + program.string() + "' to register as a backend");
  }
  return std::pair{text.substr(key.size(), colon - key.size()), fs::absolute(program)};
}

} // namespace tinyml::service
