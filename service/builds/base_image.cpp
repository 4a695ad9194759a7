// SPDX-License-Identifier: Apache-2.0
#include "service/builds/base_image.hpp"

#include "service/builds/build_key.hpp"
#include "service/builds/builder.hpp"
#include "service/store/blob_folder.hpp"

namespace tinyml::service {

Expected<BaseImage> base_image(const std::string &board, const BuildEnvironment &environment,
                               std::stop_token stop) {
  const auto kit = read_kit(board, environment);
  if (!kit) {
    return Failure{kit.error()};
  }
  // The kit's own profile: a device that does not exist yet has told nothing.
  const BuildWish wish{.profile = (*kit)["profile"], .program = "base"};
  const auto build = identify_build(wish, environment, stop);
  if (!build) {
    return Failure{build.error()};
  }
  const BuildOutcome outcome = run_build(*build, environment, 0, std::move(stop));
  if (!outcome.error.is_null()) {
    return fail(ErrorCode::kUnavailable,
                outcome.error.value("message", "the base image could not be built"));
  }
  auto bytes = environment.blobs->get(outcome.image_sha256);
  if (!bytes) {
    return Failure{bytes.error()};
  }
  return BaseImage{std::move(*bytes), outcome.symbols};
}

} // namespace tinyml::service
