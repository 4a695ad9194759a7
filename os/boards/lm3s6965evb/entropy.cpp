// SPDX-License-Identifier: Apache-2.0
#include "os/hal.hpp"

tinyml::hal::Status tinyml::hal::entropy(ByteSpan) { return Status::kUnsupported; }
