// SPDX-License-Identifier: Apache-2.0
#include "service/builds/build_key.hpp"

#include "compiler/hostrun/kernel_sets.hpp"
#include "host/files.hpp"
#include "host/process.hpp"
#include "service/builds/adapt_words.hpp"
#include "service/builds/backend_process.hpp"
#include "service/store/digest.hpp"

#include <algorithm>

namespace tinyml::service {
namespace {

namespace fs = std::filesystem;

/// Facts of a profile that change what is compiled; clocks, versions and sensors do not.
constexpr const char *kFacts[] = {
    "board",          "isa",          "extensions",         "ram_bytes",
    "ram_free_bytes", "rom_bytes",    "rom_free_bytes",     "image_address",
    "slots",          "abi_version",  "module_abi_version", "element_types",
    "accelerators",   "image_formats"};
constexpr const char *kMustAgree[] = {"board", "isa", "abi_version", "image_address"};
constexpr const char *kSmallerWins[] = {"ram_bytes", "ram_free_bytes", "rom_bytes",
                                        "rom_free_bytes"};

Expected<std::string> file_digest(const fs::path &file) {
  auto bytes = host::read_file(file);
  return bytes ? Expected<std::string>(sha256_hex(*bytes)) : Failure{bytes.error()};
}

/// One digest over names and contents of all files below a folder, in the order of their names.
Expected<std::string> folder_digest(const fs::path &folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto &entry : fs::recursive_directory_iterator(folder, error)) {
    if (entry.is_regular_file()) {
      files.push_back(entry.path());
    }
  }
  if (error) {
    return fail(ErrorCode::kUnavailable,
                "cannot read the kit " + folder.string() + ": " + error.message());
  }
  std::ranges::sort(files);
  std::string all;
  for (const fs::path &file : files) {
    auto digest = file_digest(file);
    if (!digest) {
      return digest;
    }
    all += fs::relative(file, folder).string() + '\n' + *digest + '\n';
  }
  return sha256_hex(as_bytes(all));
}

Expected<std::string> compiler_version(const std::string &compiler,
                                       const BuildEnvironment &environment, std::stop_token stop) {
  const auto outcome = host::run({.argv = {compiler, "--version"},
                                  .environment = {{"PATH=" + environment.search_path, "LC_ALL=C"}},
                                  .timeout = std::chrono::seconds(10)},
                                 std::move(stop));
  if (!outcome) {
    return fail(ErrorCode::kUnavailable,
                "the cross-compiler of this board is missing: " + outcome.error().message);
  }
  if (!outcome->succeeded()) {
    return fail(ErrorCode::kUnavailable, "the compiler '" + compiler + "' " + outcome->describe() +
                                             ": install it anew (tools/setup)");
  }
  return outcome->output.substr(0, outcome->output.find('\n'));
}

bool is_board_name(const std::string &name) {
  constexpr std::size_t kMaxNameBytes = 32;
  return !name.empty() && name.size() <= kMaxNameBytes && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

/// docs/device-profile.md: both must agree in what a build depends on; the smaller figures win.
Expected<Json> merged_profile(const Json &kit, const Json &device) {
  Json merged = kit;
  for (const char *key : kMustAgree) {
    if (device.value(key, Json()) != kit.value(key, Json())) {
      return fail(ErrorCode::kUnsupported,
                  std::string("device and kit differ in \"") + key + "\": the device says " +
                      device.value(key, Json()).dump() + ", the kit " +
                      kit.value(key, Json()).dump() +
                      ". Provision the device with a base image of this kit");
    }
  }
  for (const char *key : kSmallerWins) {
    const Json told = device.value(key, Json());
    if (told.is_number_unsigned() && told < kit.value(key, Json(0U))) {
      merged[key] = told;
    }
  }
  // What sits beside the processor is known to the device alone.
  if (const Json told = device.value("accelerators", Json()); told.is_array() && !told.empty()) {
    merged["accelerators"] = told;
  }
  return merged;
}

Json identity_facts(const IdentifiedBuild &build) {
  Json facts = Json::object();
  for (const char *key : kFacts) {
    facts[key] = build.profile.value(key, Json());
  }
  const auto limit = [](const std::optional<std::int64_t> &bytes) {
    return bytes ? Json(*bytes) : Json();
  };
  return {{"version", 1},
          {"model", build.wish.model_sha256},
          {"model_name", build.wish.model_name},
          {"profile", facts},
          {"precision", build.wish.precision},
          {"program", build.wish.program},
          {"max_ram_bytes", limit(build.wish.max_ram_bytes)},
          {"max_rom_bytes", limit(build.wish.max_rom_bytes)},
          {"calibration", build.calibration ? Json(build.calibration->sha256) : Json()}};
}

} // namespace

Expected<Json> read_kit(const std::string &board, const BuildEnvironment &environment) {
  const fs::path file = environment.kits / board / "kit.json";
  const auto text = is_board_name(board)
                        ? host::read_text(file)
                        : Expected<std::string>(fail(ErrorCode::kNotFound, "no board's name"));
  if (!text) {
    return fail(ErrorCode::kNotFound,
                "there is no kit for the board '" + board + "' in " + environment.kits.string() +
                    ": build it (docs/porting-a-board.md) or start the service with --kits");
  }
  Json json = Json::parse(*text, nullptr, false);
  if (!json.is_object() || !json.contains("profile") || !json["profile"].is_object()) {
    return fail(ErrorCode::kInvalidInput,
                file.string() + " is no kit description (docs/kit.md): build the kit again");
  }
  return json;
}

Expected<IdentifiedBuild> identify_build(const BuildWish &wish, const BuildEnvironment &environment,
                                         std::stop_token stop) {
  IdentifiedBuild build{.wish = wish};
  if (!wish.profile.is_object()) {
    return fail(ErrorCode::kUnavailable,
                "the device has not told its profile: order again when it is online");
  }
  const std::string board = wish.profile.value("board", "");
  build.kit = environment.kits / board;
  auto kit = read_kit(board, environment);
  if (!kit) {
    return Failure{kit.error()};
  }
  build.kit_json = std::move(*kit);
  auto profile = merged_profile(build.kit_json["profile"], wish.profile);
  if (!profile) {
    return Failure{profile.error()};
  }
  build.profile = std::move(*profile);
  const bool adapts = adapt_of_precision(wish.precision).has_value();
  // What learns is our own compiler's; an accelerator computes what stays as it is.
  build.backend = adapts ? environment.backend : choose_backend(build.profile, environment);
  if (wish.dataset && environment.calibration && !adapts) {
    // A float build works without samples; with them the backend can say whether int8 would fit.
    auto samples = environment.calibration(*wish.dataset);
    if (!samples && wish.precision == "int8") {
      return Failure{samples.error()};
    }
    build.calibration = samples ? *samples : nullptr;
  }
  const auto version =
      compiler_version(build.kit_json.value("compiler", "c++"), environment, std::move(stop));
  const auto kit_digest = folder_digest(build.kit);
  const auto backend_digest = file_digest(build.backend);
  for (const auto *fact : {&version, &kit_digest, &backend_digest}) {
    if (!*fact) {
      return Failure{fact->error()};
    }
  }
  Json facts = identity_facts(build);
  facts["compiler"] = *version;
  facts["kit"] = *kit_digest;
  facts["backend"] = *backend_digest;
  facts["host_kernel_set"] = hostrun::best_kernel_set(); // what module.so is built for
  build.id = sha256_hex(as_bytes(text_of(facts)));
  return build;
}

} // namespace tinyml::service
