// SPDX-License-Identifier: Apache-2.0
// Host only: device code uses small enums instead of messages.
#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace tinyml {

/// What kind of failure a host program met; the CLI turns it into an exit code and the HTTP API
/// into a status. Device code uses small enums of its own instead of this.
enum class ErrorCode {
  kInvalidInput, ///< the caller's data is wrong: a broken model, a bad flag
  kUnsupported,  ///< well-formed, but we do not do it (an operator, a board, a version)
  kDoesNotFit,   ///< too large for the device; the message says what would fit
  kNotFound,     ///< no such model, device, order, file
  kConflict,     ///< the state does not allow it now (two orders for one device)
  kUnavailable,  ///< a peer, a tool or a network is missing or silent
  kResourceFull, ///< disk full, port in use, out of memory
  kInternal,     ///< our own mistake
};

/// An error for people: what happened, where, and what to do about it.
struct HostError {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
};

/// The word for an error in the HTTP API, in the compiler backend's results and in stored reasons.
[[nodiscard]] constexpr std::string_view code_word(ErrorCode code) {
  constexpr std::string_view kWords[] = {"invalid_input", "unsupported", "does_not_fit",
                                         "not_found",     "conflict",    "unavailable",
                                         "resource_full", "internal"};
  return kWords[static_cast<unsigned>(code)];
}

/// Host-side result.
template <typename T> using Expected = Result<T, HostError>;

[[nodiscard]] inline Failure<HostError> fail(ErrorCode code, std::string message) {
  return Failure<HostError>{HostError{code, std::move(message)}};
}

} // namespace tinyml
