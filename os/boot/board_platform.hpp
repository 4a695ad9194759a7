// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/boot/bootloader.hpp"
#include "os/boot/exec_area.hpp"

namespace tinyml::boot {

/// What is the same of every board that has a store of its own (boot::Platform); a board adds
/// install().
template <const Target &kTarget> struct StorePlatform {
  using Store = store::HalFlash;

  static Store &store() {
    static constinit Store flash;
    return flash;
  }
  static const Target &target() { return kTarget; }
  static void console(std::string_view text) { hal::console_write(text); }
};

/// A board whose images are copied to where they run: `Exec`, which only the bootloader writes.
template <const Target &kTarget, store::Flash Exec>
struct CopyingPlatform : StorePlatform<kTarget> {
  static bool install(store::RegionReader<store::HalFlash> &slot, const image::Header &header) {
    Exec exec;
    return ExecCopy(slot, header, exec).run();
  }
};

} // namespace tinyml::boot
