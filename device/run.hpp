// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/program.hpp"

namespace tinyml::device {

/// The codes that a program ends with (hal::exit) when it cannot work at all.
enum ExitCode : int { kNotProvisioned = 3 };

inline std::string_view describe(IdentityError error) {
  switch (error) {
  case IdentityError::kNotProvisioned:
    return "this device has no factory page; provision it (tinyml device run)";
  case IdentityError::kDamagedPage:
    return "the factory page is damaged; provision the device again";
  case IdentityError::kBadServerUri:
    return "the server URI of the factory page is not coap://a.b.c.d:port";
  case IdentityError::kNone:
    break;
  }
  return "";
}

/// The first events: why it started, and what the last run ended with.
inline void note_start() {
  events::note(events::Id::kBoot, hal::boot_info().reset_reason);
  if (const crash::Record *record = crash::pending(); record != nullptr) {
    events::note(events::Id::kCrashSeen, record->raw_cause);
  }
}

/// The whole life of a device program.
template <typename Network, typename Module, typename ActivityPolicy = NoActivity>
int run(std::string_view name) {
  static Start start;
  print_line("tinyml ", name, " on ", hal::boot_info().board);
  if (const auto error = load_identity(start.identity, Module::workspace());
      error != IdentityError::kNone) {
    print_line("error: ", describe(error));
    return kNotProvisioned;
  }
  store::HalFlash flash;
  start.layout = store::layout_of(hal::store_info());
  start.boot = store::current_state(flash, start.layout);
  start.image = running_image(start.boot, start.layout);
  note_start();
  print_line("endpoint: ", start.identity.endpoint.view(), ", image ", start.image.version.view(),
             start.boot.on_trial() ? ", on trial" : "");
  static Program<Network, Module, ActivityPolicy> program(start);
  while (program.step()) {
  }
  print_line("restarting");
  events::note(events::Id::kRestart);
  hal::reset();
}

} // namespace tinyml::device
