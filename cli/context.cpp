// SPDX-License-Identifier: Apache-2.0
#include "cli/context.hpp"

#include "compiler/link/kit.hpp"

#include <cstdlib>
#include <iostream>

namespace tinyml::cli {
int exit_code_of(ErrorCode code) {
  switch (code) {
  case ErrorCode::kInvalidInput:
    return kExitUsage;
  case ErrorCode::kUnsupported:
    return kExitUnsupported;
  case ErrorCode::kDoesNotFit:
    return kExitDoesNotFit;
  case ErrorCode::kNotFound:
    return kExitNotFound;
  case ErrorCode::kConflict:
    return kExitConflict;
  case ErrorCode::kUnavailable:
    return kExitUnavailable;
  case ErrorCode::kResourceFull:
    return kExitResourceFull;
  case ErrorCode::kInternal:
    break;
  }
  return kExitInternal;
}

void Context::report(const HostError &error) {
  exit_code = exit_code_of(error.code);
  if (json) {
    const nlohmann::json object = {
        {"error", {{"code", code_word(error.code)}, {"message", error.message}}}};
    std::cout << object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  } else {
    std::cerr << "tinyml: " << error.message << '\n';
  }
}

void Context::show(const nlohmann::json &result, const std::function<void()> &print) const {
  if (json) {
    std::cout << result.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << std::endl;
  } else {
    print();
    std::cout.flush();
  }
}

Expected<std::filesystem::path> Context::kits_folder() const { return link::kits_folder(kits); }

Expected<std::filesystem::path> Context::zoo_folder() const {
  if (!zoo.empty()) {
    return std::filesystem::path(zoo);
  }
  if (const char *from_environment = std::getenv("TINYML_ZOO"); from_environment != nullptr) {
    return std::filesystem::path(from_environment);
  }
  std::error_code error;
  auto folder = std::filesystem::canonical("/proc/self/exe", error).parent_path();
  for (; !folder.empty() && folder != folder.root_path(); folder = folder.parent_path()) {
    if (std::filesystem::exists(folder / "zoo" / "zoo.json", error)) {
      return folder / "zoo";
    }
  }
  return fail(ErrorCode::kNotFound,
              "the model zoo was not found; name its folder with TINYML_ZOO or --zoo");
}

} // namespace tinyml::cli
