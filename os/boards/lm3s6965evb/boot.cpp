// SPDX-License-Identifier: Apache-2.0
// The bootloader: choose, verify, have the flash programmed, jump; and the services it leaves for
// the image. Nothing is noted in the boot state before the flash holds the chosen image, so however
// often the programmer or the power fails in between, the same choice is made again.
#include "os/boards/lm3s6965evb/platform.hpp"
#include "os/boot/programming_note.hpp"
#include "os/cpu/armv7m/retained.hpp"
#include "os/cpu/armv7m/start.hpp"
#include "os/program.hpp"

/// At boot::kServiceTableOffset, by boot.ld.
extern "C" __attribute__((section(".services"), used))
const tinyml::boot::ServiceTable tinyml_boot_service_table =
    tinyml::boot::Services<tinyml::lm3s::BootPlatform>::kTable;

/// boot.ld: RAM behind the bootloader's stack, the image's as soon as it runs.
extern "C" std::uint8_t tinyml_boot_workspace[];

namespace tinyml::lm3s {

namespace {

namespace note = boot::programming_note;

/// The note is in memory only while the loader runs, behind its own workspace.
note::Bytes note_block() {
  return note::Bytes(tinyml_boot_workspace + boot::kWorkspaceBytes, boot::ProgrammingNote::kBytes);
}

static_assert(sizeof(Retained) <= boot::ProgrammingNote::kRetainedBytes);

} // namespace

bool BootPlatform::install(store::RegionReader<Store> &slot, const image::Header &header) {
  ExecArea exec;
  if (boot::ExecCopy(slot, header, exec).run()) {
    return true;
  }
  const auto *const kept = reinterpret_cast<const std::uint8_t *>(&tinyml_retained);
  const boot::ProgrammingNote wanted = {.source_offset = slot.offset() + image::kHeaderBytes,
                                        .size_bytes = header.payload_bytes,
                                        .target_address = kExecBase};
  note::encode(wanted, {kept, sizeof(Retained)}, note_block());
  if (Card *const where = card(); where == nullptr || !where->write(kNoteBlock, note_block())) {
    return false;
  }
  console("boot: the flash holds another image; asking the programmer\r\n");
  hal::exit(boot::kAskProgrammer);
}

void recall_retained() {
  Card *const where = card();
  if (tinyml_retained.starts != 0 || where == nullptr ||
      !where->read(kNoteBlock, 0, note_block()) || !note::decode(note_block())) {
    return;
  }
  std::memcpy(static_cast<void *>(&tinyml_retained), note_block().data() + note::kRetainedAt,
              sizeof(Retained));
  tinyml_retained.validate();
  std::memset(note_block().data(), 0xFF, note_block().size());
  (void)where->write(kNoteBlock, note_block());
}

} // namespace tinyml::lm3s

extern "C" int tinyml_program() {
  using namespace tinyml;
  constexpr int kNothingToStart = 3;
  lm3s::recall_retained();
  lm3s::BootPlatform platform;
  boot::Bootloader loader(platform, {tinyml_boot_workspace, boot::kWorkspaceBytes});
  const boot::Choice choice = loader.choose();
  if (choice.slot == store::Slot::kNone) {
    return kNothingToStart;
  }
  tinyml_jump_to_image(
      reinterpret_cast<const std::uint32_t *>(lm3s::kExecBase + choice.header.entry_offset));
}
