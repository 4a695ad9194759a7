// SPDX-License-Identifier: Apache-2.0
#include "service/builds/base_image.hpp"

#include "host/files.hpp"
#include "service/builds/build_key.hpp"
#include "service/builds/builder.hpp"
#include "service/store/blob_folder.hpp"

namespace tinyml::service {
namespace {

/// The kit's own profile: a device that does not exist yet has told nothing.
Expected<Json> profile_of_kit(const std::string &board, const BuildEnvironment &environment) {
  const bool plain = board.find('/') == std::string::npos && !board.starts_with('.');
  const auto text = plain ? host::read_text(environment.kits / board / "kit.json")
                          : Expected<std::string>(fail(ErrorCode::kNotFound, ""));
  const Json kit = text ? Json::parse(*text, nullptr, false) : Json();
  if (!kit.is_object() || !kit.contains("profile")) {
    return fail(ErrorCode::kNotFound,
                "there is no kit for the board '" + board +
                    "': build it (docs/porting-a-board.md) or start the service with --kits");
  }
  return kit["profile"];
}

} // namespace

Expected<std::vector<std::uint8_t>>
base_image(const std::string &board, const BuildEnvironment &environment, std::stop_token stop) {
  auto profile = profile_of_kit(board, environment);
  if (!profile) {
    return Failure{profile.error()};
  }
  const BuildWish wish{.profile = std::move(*profile), .program = "base"};
  const auto build = identify_build(wish, environment, stop);
  if (!build) {
    return Failure{build.error()};
  }
  const BuildOutcome outcome = run_build(*build, environment, 0, std::move(stop));
  if (!outcome.error.is_null()) {
    return fail(ErrorCode::kUnavailable,
                outcome.error.value("message", "the base image could not be built"));
  }
  return environment.blobs->get(outcome.image_sha256);
}

} // namespace tinyml::service
