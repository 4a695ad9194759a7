// SPDX-License-Identifier: Apache-2.0
#include "os/boards/kvm-x86_64/machine.hpp"

tinyml::hal::Status tinyml::hal::entropy(ByteSpan to) {
  return static_cast<Status>(kvm::ask(kvm::Call::kEntropy, 0, to.data(), to.size()));
}
