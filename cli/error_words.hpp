// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"

#include <array>
#include <string_view>

namespace tinyml::cli {

/// The code behind a word of the HTTP API or of a compiler backend; kInternal for a word nobody
/// knows.
[[nodiscard]] inline ErrorCode code_of_word(std::string_view word) {
  constexpr std::array kCodes = {ErrorCode::kInvalidInput, ErrorCode::kUnsupported,
                                 ErrorCode::kDoesNotFit,   ErrorCode::kNotFound,
                                 ErrorCode::kConflict,     ErrorCode::kUnavailable,
                                 ErrorCode::kResourceFull};
  for (const ErrorCode code : kCodes) {
    if (word == code_word(code)) {
      return code;
    }
  }
  if (word == "too_large") {
    return ErrorCode::kInvalidInput;
  }
  const bool passing = word == "timeout" || word == "device_timeout" || word == "too_many";
  return passing ? ErrorCode::kUnavailable : ErrorCode::kInternal;
}

} // namespace tinyml::cli
