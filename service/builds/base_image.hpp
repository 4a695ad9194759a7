// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/builds/build_wish.hpp"

#include <stop_token>
#include <vector>

namespace tinyml::service {

struct BaseImage {
  std::vector<std::uint8_t> bytes;
  std::optional<SymbolsRecord> symbols;
};

/// The first image of a new device: the library OS and the LwM2M client of its board, without a
/// model, signed by this service. Blocks while it is linked. kUnsupported, kUnavailable: no kit or
/// no compiler for the board.
[[nodiscard]] Expected<BaseImage>
base_image(const std::string &board, const BuildEnvironment &environment, std::stop_token stop);

} // namespace tinyml::service
