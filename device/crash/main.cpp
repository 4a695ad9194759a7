// SPDX-License-Identifier: Apache-2.0
// Three calls deep it ends itself: the test of what becomes of a crash. It is in no kit.
#include "device/identity.hpp"
#include "os/events.hpp"
#include "os/program.hpp"

namespace tinyml::device {
namespace {

[[gnu::noinline]] int end_itself(int depth) {
  if (depth == 3) {
    __builtin_trap();
  }
  return depth;
}

// Not the last thing that they do, or they would not be on the stack.
[[gnu::noinline]] int second_call(int depth) { return end_itself(depth + 1) + 1; }
[[gnu::noinline]] int first_call(int depth) { return second_call(depth + 1) + 1; }

} // namespace
} // namespace tinyml::device

int tinyml_program() {
  using namespace tinyml;
  const store::Layout layout = store::layout_of(hal::store_info());
  store::HalFlash flash;
  static_cast<void>(device::running_image(store::current_state(flash, layout), layout));
  events::note(events::Id::kBoot, hal::boot_info().reset_reason);
  return device::first_call(1);
}
