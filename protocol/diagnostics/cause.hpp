// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/diagnostics/crash_record.hpp"

#include <string_view>

namespace tinyml::diagnostics {

/// The neutral cause behind a processor's own number (CrashRecord::raw_cause).
[[nodiscard]] CrashCause cause_of(Architecture architecture, std::uint32_t raw_cause);

/// "memory fault"
[[nodiscard]] std::string_view describe(CrashCause cause);
/// "arm"
[[nodiscard]] std::string_view name_of(Architecture architecture);

} // namespace tinyml::diagnostics
