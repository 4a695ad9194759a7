// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tinyml::training {

/// The square root, correctly rounded (IEEE 754), in integers: no library, and the same bits
/// everywhere. 0 for what is not positive; finite values alone.
[[nodiscard]] float square_root(float value);

} // namespace tinyml::training
