// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/builds/build_wish.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

/// Requests to a compiler backend with what docs/backend.md says must come of them.
namespace tinyml::service::conformance {

/// What a model computes, to hold a module's outputs against.
struct Reference {
  std::vector<float> inputs;  ///< whole samples, one after the other
  std::vector<float> outputs; ///< the same
  std::size_t samples = 0;
  /// Nothing: outputs agree within the report's `tolerance`. Else they are quantised and may be
  /// this far from the float model's.
  std::optional<double> least_sqnr_db;
};

enum class Wanted : std::uint8_t {
  kResult,  ///< a build
  kRefusal, ///< an error with one of the codes
  kKill,    ///< whatever it likes, for it is killed; afterwards the first case must work again
};

struct Case {
  std::string name; ///< short, of letters and dashes
  std::string what; ///< for people
  Json request;
  std::optional<std::string> raw_request; ///< written as request.json instead
  std::map<std::string, std::vector<std::uint8_t>> files;
  Wanted wanted = Wanted::kResult;
  std::vector<std::string> codes; ///< of a refusal
  std::optional<Reference> reference;
  std::optional<std::string> same_as; ///< case whose payload must come again, byte for byte
  std::chrono::milliseconds kill_after{0};
};

} // namespace tinyml::service::conformance
