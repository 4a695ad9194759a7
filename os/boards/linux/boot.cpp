// SPDX-License-Identifier: Apache-2.0
// The launcher: what a bootloader is to a microcontroller. It chooses and verifies as every
// bootloader, runs the image as a child process, and boots again when that asks for a reset or dies
// of a fault.
#include "os/boards/linux/platform.hpp"
#include "os/program.hpp"

namespace {

using namespace tinyml;
using linux_x86_64::address_of;
using linux_x86_64::Call;
using linux_x86_64::call;

constexpr int kNothingToStart = 3;
constexpr std::uint8_t kReasonSoftware = 1;
constexpr std::uint8_t kReasonFault = 3;

alignas(8) std::uint8_t workspace[boot::kWorkspaceBytes];

/// What outlives an image lies in a file in memory that every image inherits; below 0 (or above a
/// digit, which does not happen) there is none.
long retained_file = -1;

void make_retained() {
  constexpr long kLargest = 9;
  const long file = call(Call::kMemoryFile, address_of("tinyml-retained"), 0);
  retained_file = file <= kLargest ? file : -1;
}

/// Becomes the image. It dies with the launcher, so that stopping that one stops the device.
[[noreturn]] void become_image(int executable, std::uint8_t reset_reason) {
  constexpr long kSignalAtParentsDeath = 1;
  constexpr long kKill = 9;
  constexpr long kEmptyPath = 0x1000;
  char reason[] = "TINYML_RESET_REASON=0";
  reason[sizeof(reason) - 2] = static_cast<char>('0' + reset_reason);
  char retained[] = "TINYML_RETAINED=0";
  retained[sizeof(retained) - 2] = static_cast<char>('0' + retained_file);
  const char *const environment[] = {reason, retained_file >= 0 ? retained : nullptr, nullptr};
  const char *const arguments[] = {
      "image", "--store", linux_board::state.store_path, "--bind", linux_board::state.bind_address,
      nullptr};
  (void)call(Call::kProcessControl, kSignalAtParentsDeath, kKill);
  (void)call(Call::kExecuteAt, executable, address_of(""), address_of(arguments),
             address_of(environment), kEmptyPath);
  linux_board::give_up("the image in this slot is not an executable of this machine", "");
}

/// Waits for the child's end and returns its wait status (wait(2)).
std::uint32_t run_image(int executable, std::uint8_t reset_reason) {
  const long child = call(Call::kFork);
  if (child == 0) {
    become_image(executable, reset_reason);
  }
  if (child < 0) {
    linux_board::give_up("cannot start a process: too many, or no memory", "");
  }
  std::uint32_t status = 0;
  constexpr long kInterrupted = -4;
  while (call(Call::kWait, child, address_of(&status)) == kInterrupted) {
  }
  return status;
}

/// A crash loop shall not take the whole processor.
void pause_after_fault() {
  constexpr std::int64_t kPauseNs = 100'000'000;
  const std::int64_t pause[2] = {0, kPauseNs};
  (void)call(Call::kPollUntil, 0, 0, address_of(pause));
}

int boot_once() {
  linux_board::BootPlatform platform;
  boot::Bootloader loader(platform, workspace);
  return loader.choose().slot == store::Slot::kNone ? -1 : platform.executable;
}

} // namespace

extern "C" int tinyml_program() {
  if (linux_board::state.store_path == nullptr) {
    linux_board::give_up("the launcher needs --store FILE, a provisioned store", "");
  }
  make_retained();
  for (std::uint8_t reason = linux_board::state.reset_reason;;) {
    const int executable = boot_once();
    if (executable < 0) {
      return kNothingToStart;
    }
    const std::uint32_t status = run_image(executable, reason);
    (void)call(Call::kClose, executable);
    const auto exit_code = static_cast<int>(status >> 8);
    const bool faulted = (status & 0x7F) != 0;
    if (!faulted && exit_code != linux_board::kResetExitCode) {
      return exit_code;
    }
    reason = faulted ? kReasonFault : kReasonSoftware;
    if (faulted) {
      hal::console_write("linux board: the image died of a fault; booting again\n");
      pause_after_fault();
    }
  }
}
