// SPDX-License-Identifier: Apache-2.0
#include "os/boards/kvm-x86_64/machine.hpp"

namespace tinyml::hal {

namespace {

constexpr std::uint64_t kReasonSoftware = 1;

} // namespace

void reset() {
  for (;;) {
    (void)kvm::ask(kvm::Call::kReset, kReasonSoftware);
  }
}

void exit(int code) {
  for (;;) {
    (void)kvm::ask(kvm::Call::kExit, static_cast<std::uint32_t>(code));
  }
}

} // namespace tinyml::hal
