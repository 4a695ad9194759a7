// SPDX-License-Identifier: Apache-2.0
#include "os/boards/kvm-x86_64/fault.hpp"
#include "os/boards/kvm-x86_64/machine.hpp"
#include "os/cpu/x86_64/extensions.hpp"
#include "os/cpu/x86_64/guest_start.hpp"
#include "os/retained.hpp"

extern "C" {
extern const std::uint8_t tinyml_zero_end[];
}

namespace {

using tinyml::kvm::kRamBase;

constexpr int kTooSmall = 71;

[[noreturn]] void give_up(std::string_view why, std::string_view what = {},
                          std::string_view rest = {}) {
  tinyml::hal::console_write("kvm board: ");
  for (const std::string_view part : {why, what, rest}) {
    tinyml::hal::console_write(part);
  }
  tinyml::hal::console_write("\n");
  tinyml::hal::exit(kTooSmall);
}

} // namespace

/// Before any static has its value: is this the machine that the program was linked for?
extern "C" void tinyml_board_check() {
  const tinyml::kvm::Machine &machine = tinyml::kvm::machine();
  if (machine.magic != tinyml::kvm::Machine::kMagic ||
      machine.abi_version != tinyml::hal::kAbiVersion || machine.page_bytes != sizeof(machine)) {
    give_up("the monitor speaks another version; build both from the same sources");
  }
  if (tinyml::kvm::address_of(tinyml_zero_end) - kRamBase > machine.ram_bytes) {
    give_up("the machine has less memory than the program needs; start it with a larger --memory");
  }
  if (const std::uint32_t missing = tinyml::x86_64::missing_extensions(); missing != 0) {
    give_up("the program is compiled for a processor with ", tinyml::x86_64::first_word(missing),
            ", which this machine does not offer; order or train anew on this host");
  }
}

extern "C" void tinyml_board_start() {
  tinyml::kvm::take_time();
  tinyml::hal::retained().validate();
  (void)tinyml::hal::retained().begin_run(); // the monitor tells the reason
  tinyml::kvm::catch_faults();
}
