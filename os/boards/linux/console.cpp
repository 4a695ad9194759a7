// SPDX-License-Identifier: Apache-2.0
#include "os/boards/linux/process.hpp"
#include "os/hal.hpp"

void tinyml::hal::console_write(std::string_view text) {
  constexpr int kStandardOutput = 1;
  while (!text.empty()) {
    const long written =
        linux_x86_64::call(linux_x86_64::Call::kWrite, kStandardOutput,
                           linux_x86_64::address_of(text.data()), static_cast<long>(text.size()));
    if (written <= 0) {
      return; // nobody listens
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}
