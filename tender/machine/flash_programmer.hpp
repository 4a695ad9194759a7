// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "os/boot/programming_note.hpp"
#include "tender/machine/command_line.hpp"

#include <vector>

namespace tinyml::tender {

/// Writes the flash of a machine whose emulator models it as read-only, as a debug probe does: the
/// bootloader has chosen and verified an image, leaves a note in the store file
/// (os/boot/programming_note.hpp) and ends the machine with boot::kAskProgrammer. This copies the
/// bytes that the note names into the flash's file; then the machine is started again. The file is
/// replaced as a whole, so a kill at any time leaves the old content or the new one, and the
/// bootloader compares before it starts anything.
class FlashProgrammer {
public:
  FlashProgrammer(MachineConfig machine, const OutsideFlash &flash)
      : machine_(std::move(machine)), flash_(flash) {}

  /// Does what the note asks. An error when there is none, when it asks for the impossible, or when
  /// it asks for what the flash holds already: a machine that asks twice would ask for ever.
  [[nodiscard]] Expected<void> program() const;

private:
  [[nodiscard]] Expected<boot::ProgrammingNote> read_note() const;
  [[nodiscard]] Expected<std::vector<std::uint8_t>> read_store(std::uint64_t offset,
                                                               std::size_t size_bytes) const;

  MachineConfig machine_;
  OutsideFlash flash_;
};

} // namespace tinyml::tender
