// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tinyml::senml {

/// CBOR labels, RFC 8428 table 4. The object link of LwM2M has no number, only the text "vlo".
enum class Label : std::int8_t {
  kBaseVersion = -1,
  kBaseName = -2,
  kBaseTime = -3,
  kBaseUnit = -4,
  kBaseValue = -5,
  kBaseSum = -6,
  kName = 0,
  kUnit = 1,
  kValue = 2,
  kText = 3,
  kBoolean = 4,
  kSum = 5,
  kTime = 6,
  kUpdateTime = 7,
  kData = 8,
};

inline constexpr std::int64_t kVersion = 10; // RFC 8428 section 4.4

} // namespace tinyml::senml
