// SPDX-License-Identifier: Apache-2.0
#include "service/builds/backend_result.hpp"

#include "host/files.hpp"

namespace tinyml::service {
namespace {

constexpr std::uint64_t kMaxResultBytes = 16U << 20;
constexpr std::uint64_t kMaxPayloadBytes = 64U << 20;

Failure<HostError> broken(const std::string &why) {
  return fail(ErrorCode::kUnavailable,
              "the compiler backend broke its contract (docs/backend.md): " + why);
}

bool is_text(const Json &object, const char *key) {
  return object.contains(key) && object[key].is_string();
}

bool has_numbers(const Json &report) {
  for (const char *key :
       {"arena_bytes", "weight_bytes", "macs", "rom_bytes_planned", "rom_bytes_linked",
        "ram_bytes_planned", "ram_bytes_linked", "stack_bytes"}) {
    if (!report.contains(key) || !report[key].is_number_unsigned()) {
      return false;
    }
  }
  return true;
}

bool describes_tensors(const Json &report, const char *key) {
  if (!report.contains(key) || !report[key].is_array() || report[key].empty()) {
    return false;
  }
  for (const Json &tensor : report[key]) {
    const bool sized = tensor.is_object() && tensor.contains("size_bytes") &&
                       tensor["size_bytes"].is_number_unsigned() && tensor["size_bytes"] > 0U &&
                       tensor["size_bytes"] < (1U << 28);
    if (!sized) {
      return false;
    }
  }
  return true;
}

Expected<BackendResult> refused(const Json &result) {
  const Json error = result.value("error", Json());
  if (!error.is_object() || !is_text(error, "code") || !is_text(error, "message")) {
    return broken("result.json says error without code and message");
  }
  const Json would_fit = error.value("would_fit", Json());
  return BackendResult{.error = {{"code", error["code"]},
                                 {"message", error["message"]},
                                 {"would_fit", would_fit.is_array() ? would_fit : Json::array()}}};
}

} // namespace

Expected<BackendResult> read_backend_result(const std::filesystem::path &folder, bool has_model) {
  const auto text = host::read_text(folder / "result.json", kMaxResultBytes);
  if (!text) {
    return broken("it left no result.json");
  }
  const Json result = Json::parse(*text, nullptr, false);
  if (!result.is_object() || result.value("version", Json()) != 1) {
    return broken("result.json is no JSON object of version 1");
  }
  const Json status = result.value("status", Json());
  if (status == "error") {
    return refused(result);
  }
  const Json report = result.value("report", Json());
  const bool tensors =
      !has_model || (describes_tensors(report, "inputs") && describes_tensors(report, "outputs"));
  if (status != "ok" || !report.is_object() || !has_numbers(report) || !tensors) {
    return broken("result.json lacks the status, a size or a tensor");
  }
  auto payload = host::read_file(folder / "payload.bin", kMaxPayloadBytes);
  if (!payload || payload->empty()) {
    return broken(payload ? "payload.bin is empty" : payload.error().message);
  }
  BackendResult built{.report = report, .payload = std::move(*payload)};
  if (auto module = host::read_file(folder / "module.so", kMaxPayloadBytes)) {
    built.module = std::move(*module);
  }
  if (auto elf = host::read_file(folder / "image.elf", kMaxPayloadBytes)) {
    built.elf = std::move(*elf);
  }
  return built;
}

} // namespace tinyml::service
