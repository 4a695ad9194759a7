// SPDX-License-Identifier: Apache-2.0
#include "machine.hpp"
#include "os/hal.hpp"

tinyml::hal::Status tinyml::hal::entropy(ByteSpan to) {
  microbit::Random::fill(to);
  return Status::kOk;
}
