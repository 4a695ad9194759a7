// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

namespace tinyml::boot {

/// While it lives, mbedTLS allocates from `memory` (aligned to 8): first fit, freed blocks are
/// joined. One at a time. On a hosted board mbedTLS has the C library's heap and this has no
/// effect.
class LentHeap {
public:
  explicit LentHeap(ByteSpan memory);
  ~LentHeap();
  LentHeap(const LentHeap &) = delete;
  LentHeap &operator=(const LentHeap &) = delete;
};

} // namespace tinyml::boot
