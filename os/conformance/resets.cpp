// SPDX-License-Identifier: Apache-2.0
// An image that ends in every way an image can, one start after the other: it asks for a reset,
// uses the boot services, writes to its own code, and leaves when it comes back from the fault.
#include "os/boot/services.hpp"
#include "os/conformance/report.hpp"
#include "os/crash.hpp"
#include "os/events.hpp"
#include "os/program.hpp"
#include "os/stack.hpp"

namespace tinyml::conformance {

namespace {

constexpr std::uint8_t kPowerOn = 0;
constexpr std::uint8_t kSoftware = 1;
constexpr std::uint8_t kFault = 3;

alignas(8) std::uint8_t workspace[boot::kWorkspaceBytes];

void check_hash(Report &report, const boot::ServiceTable &services) {
  image::Sha256 hash;
  std::uint8_t digest[image::kHashBytes] = {};
  services.sha256_start(&hash);
  services.sha256_update(&hash, as_bytes("abc").data(), 3);
  services.sha256_finish(&hash, digest);
  report.check("the SHA-256 of FIPS 180-2's example",
               load_be<std::uint64_t>(digest) == 0xBA7816BF8F01CFEAULL);
}

void check_services(Report &report) {
  const boot::ServiceTable *services = boot::services();
  report.check("the bootloader's services are there", services != nullptr && services->is_valid());
  if (services != nullptr) {
    check_hash(report, *services);
    report.check("the running image verifies",
                 boot::verify_slot(*services, store::Slot::kA, workspace) == image::Error::kNone);
    report.check("an empty slot does not",
                 boot::verify_slot(*services, store::Slot::kB, workspace) != image::Error::kNone);
    report.check("a workspace that is too small is refused",
                 boot::verify_slot(*services, store::Slot::kA, ByteSpan(workspace).first(64)) ==
                     image::Error::kNoMemory);
  }
}

constexpr std::uint8_t kImageId[diagnostics::kImageIdBytes] = {1, 2, 3, 4, 5, 6, 7, 8};

std::uintptr_t own_code() {
  return reinterpret_cast<std::uintptr_t>(&tinyml_program) & ~std::uintptr_t{3};
}

/// Memory of no board.
constexpr std::uintptr_t kNowhere = 0x60000000;

void write_to(std::uintptr_t address) { *reinterpret_cast<volatile std::uint32_t *>(address) = 0; }

/// Writes downwards from here, as ever deeper calls would.
void overflow_stack() {
  auto *at = static_cast<volatile std::uint8_t *>(__builtin_frame_address(0));
  for (std::size_t left = stack::reserved_bytes() + 1; left > 0; --left) {
    *--at = 0;
  }
}

/// What the fault left. The first one was the write, the second the overflow.
void check_crash(Report &report, bool overflown) {
  const crash::Record *record = crash::pending();
  report.check("the fault left a record", record != nullptr);
  if (record == nullptr) {
    return;
  }
  const std::uintptr_t program = own_code();
  constexpr std::uintptr_t kNear = 4096;
  report.check("it knows the image", std::memcmp(record->image, kImageId, sizeof(kImageId)) == 0);
  report.check("it tells the program counter", record->pc - program + kNear < 2 * kNear);
  // ARMv6-M tells neither cause nor address.
  const bool tells_nothing =
      record->fault_address == 0 && record->cause == diagnostics::CrashCause::kUnknown;
  if (overflown) {
    report.check("it tells the overflow",
                 tells_nothing || record->cause == diagnostics::CrashCause::kStackOverflow);
  } else {
    report.check("it tells the address", tells_nothing || record->fault_address == program ||
                                             record->fault_address == kNowhere);
  }
  const std::uint32_t events = events::count();
  report.check("the events before it are there",
               events > 0 && events::at(events - 1).argument() == (overflown ? 2 : 1));
  crash::clear();
  report.check("a record is forgotten on demand", crash::pending() == nullptr);
}

/// A mark in the store: true once it has been asked before.
bool asked_before() {
  const hal::StoreInfo &info = hal::store_info();
  const std::uint32_t sector = info.size_bytes - info.sector_bytes;
  std::uint8_t mark[16] = {};
  (void)hal::store_read(sector, mark);
  const bool before = mark[0] != 0xFF;
  std::memset(mark, 0, sizeof(mark));
  (void)hal::store_write(sector, mark);
  return before;
}

} // namespace

} // namespace tinyml::conformance

extern "C" int tinyml_program() {
  using namespace tinyml;
  using namespace tinyml::conformance;
  const std::uint8_t reason = hal::boot_info().reset_reason;
  Report report;
  report.figure("reset reason", reason);
  const bool again = reason == kFault && asked_before();
  if (reason == kFault) {
    check_crash(report, again);
  }
  crash::name_image(kImageId);
  if (reason == kPowerOn) {
    hal::reset();
  }
  if (reason == kSoftware) {
    check_services(report);
    events::note(events::Id::kFirstOfPrograms, 1);
    const auto *const code = reinterpret_cast<const volatile std::uint32_t *>(own_code());
    const std::uint32_t before = *code;
    write_to(own_code());
    // Only where no fault tells of it: the memory is a flash that takes no stores, or the processor
    // cannot protect it, and the bootloader mends what was changed.
    report.figure("code is protected", *code == before ? 1 : 0);
    write_to(kNowhere);
    report.check("a write to nowhere is a fault", false);
  }
  report.check("back from a fault", reason == kFault);
  if (!again) {
    events::note(events::Id::kFirstOfPrograms, 2);
    overflow_stack();
    report.check("an overflow of the stack is a fault", false);
  }
  return report.failed() == 0 ? 0 : 1;
}
