// SPDX-License-Identifier: Apache-2.0
#include "os/hosted/guest.hpp"

#include "os/outputs.hpp"
#include "os/program.hpp"

namespace tinyml {

const hosted::Host *hosted::the_host = nullptr;
std::uint64_t hosted::start_ns = 0;

void hosted::run(const Host *host) {
  the_host = host;
  if (host->version != kHostVersion) {
    leave(kEnded, 2);
  }
  start_ns = host->monotonic_ns();
  leave(kEnded, tinyml_program());
}

void hosted::leave(Leave how, int code) {
  for (;;) {
    the_host->leave(how, code);
  }
}

/// The application wants to know what the model said.
void outputs::show(std::uint32_t index, ByteView bytes) {
  hosted::the_host->result(index, bytes.data(), bytes.size());
}

} // namespace tinyml
