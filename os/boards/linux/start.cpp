// SPDX-License-Identifier: Apache-2.0
#include "os/boards/linux/process.hpp"
#include "os/cpu/x86_64/extensions.hpp"
#include "os/cpu/x86_64/linux_fault.hpp"
#include "os/cpu/x86_64/linux_start.hpp"

#include "os/hal.hpp"

#include <string_view>

namespace {

using tinyml::linux_board::give_up;
using tinyml::linux_board::state;

constexpr int kMonotonicClock = 1;

/// The rest of `text` after `prefix`, or nullptr.
const char *after(const char *text, std::string_view prefix) {
  for (const char c : prefix) {
    if (*text++ != c) {
      return nullptr;
    }
  }
  return text;
}

void read_environment(const char *const *environment) {
  for (; *environment != nullptr; ++environment) {
    if (const char *path = after(*environment, "TINYML_STORE="); path != nullptr) {
      state.store_path = path;
    } else if (const char *reason = after(*environment, "TINYML_RESET_REASON=");
               reason != nullptr) {
      state.reset_reason = static_cast<std::uint8_t>(*reason - '0');
    } else if (const char *file = after(*environment, "TINYML_RETAINED="); file != nullptr) {
      state.retained = tinyml::linux_board::map_retained(*file - '0');
    }
  }
}

void read_arguments(const tinyml::linux_x86_64::Process &process) {
  for (int i = 1; i < process.argument_count; i += 2) {
    const char *name = process.arguments[i];
    const char *value = i + 1 < process.argument_count ? process.arguments[i + 1] : nullptr;
    if (value == nullptr) {
      give_up("usage: PROGRAM [--store FILE] [--bind A.B.C.D:PORT]; there is no value for ", name);
    }
    if (std::string_view(name) == "--store") {
      state.store_path = value;
    } else if (std::string_view(name) == "--bind") {
      state.bind_address = value;
    } else {
      give_up("usage: PROGRAM [--store FILE] [--bind A.B.C.D:PORT]; there is no option ", name);
    }
  }
}

} // namespace

extern "C" void tinyml_board_start(const tinyml::linux_x86_64::Process &process) {
  state.start_ns = tinyml::linux_board::clock_ns(kMonotonicClock);
  read_environment(process.environment);
  read_arguments(process);
  if (const std::uint32_t missing = tinyml::x86_64::missing_extensions(); missing != 0) {
    give_up("this processor lacks what the image was compiled for, so order or train anew on this "
            "host: ",
            tinyml::x86_64::first_word(missing).data());
  }
  tinyml::hal::retained().validate();
  (void)tinyml::hal::retained().begin_run();
  tinyml::linux_x86_64::catch_faults();
}
