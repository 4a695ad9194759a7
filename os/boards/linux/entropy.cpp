// SPDX-License-Identifier: Apache-2.0
#include "os/boards/linux/process.hpp"
#include "os/hal.hpp"

tinyml::hal::Status tinyml::hal::entropy(ByteSpan to) {
  while (!to.empty()) {
    const long got =
        linux_x86_64::call(linux_x86_64::Call::kRandom, linux_x86_64::address_of(to.data()),
                           static_cast<long>(to.size()), 0);
    if (got <= 0) {
      return Status::kIo;
    }
    to = to.subspan(static_cast<std::size_t>(got));
  }
  return Status::kOk;
}
