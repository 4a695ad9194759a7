// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/builds/build_wish.hpp"

#include <stop_token>

namespace tinyml::service {

/// A wish with all that determines its result.
struct IdentifiedBuild {
  std::string id; ///< SHA-256 over everything below, 64 hex digits
  BuildWish wish;
  std::filesystem::path kit;
  std::filesystem::path backend; ///< the program that compiles it
  Json kit_json;
  Json profile;            ///< the kit's, with the device's smaller figures
  Calibration calibration; ///< may be null
};

/// The description of a board's kit (docs/kit.md). kNotFound when there is none; a board's name
/// comes from a device or a URL, so one that is no plain name (docs/device-profile.md) has none
/// either.
[[nodiscard]] Expected<Json> read_kit(const std::string &board,
                                      const BuildEnvironment &environment);

/// Finds the kit for a wish and computes what identifies the build: the model's bytes, the facts of
/// the profile that matter, the kit's files, the compilers' versions, the backend program, the
/// options and the calibration samples. kUnsupported: no kit for the board, or one that contradicts
/// the profile.
[[nodiscard]] Expected<IdentifiedBuild>
identify_build(const BuildWish &wish, const BuildEnvironment &environment, std::stop_token stop);

/// The id that the module carries and the device reports in /42770/0/1: the first 16 bytes.
[[nodiscard]] inline std::string device_build_id(const std::string &build) {
  constexpr std::size_t kHexDigits = 32;
  return build.substr(0, kHexDigits);
}

} // namespace tinyml::service
