// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/boot/bootloader.hpp"
#include "os/boot/exec_area.hpp"
#include "os/drivers/nor_memory.hpp"
#include "os/hosted/host.hpp"
#include "os/hosted/rtos.hpp"

namespace tinyml::hosted {

/// The storage of the operating system as a store::Flash.
struct Storage {
  [[nodiscard]] static const hal::StoreInfo &info() { return rtos::storage_info(); }
  [[nodiscard]] static hal::Status read(std::uint32_t offset, ByteSpan to) {
    return rtos::storage_read(offset, to);
  }
  [[nodiscard]] static hal::Status erase(std::uint32_t offset, std::uint32_t size_bytes) {
    return rtos::storage_erase(offset, size_bytes);
  }
  [[nodiscard]] static hal::Status write(std::uint32_t offset, ByteView from) {
    return rtos::storage_write(offset, from);
  }
};

/// The memory that images run from as a store::Flash.
class CodeMemory {
public:
  CodeMemory()
      : info_{.size_bytes = static_cast<std::uint32_t>(rtos::code_memory().size()),
              .sector_bytes = 4096,
              .program_bytes = 16},
        memory_(rtos::code_memory().data(), info_) {}
  CodeMemory(const CodeMemory &) = delete;
  CodeMemory &operator=(const CodeMemory &) = delete;

  [[nodiscard]] const hal::StoreInfo &info() const { return info_; }
  [[nodiscard]] hal::Status read(std::uint32_t offset, ByteSpan to) const {
    return memory_.read(offset, to);
  }
  [[nodiscard]] hal::Status erase(std::uint32_t offset, std::uint32_t size_bytes) const {
    return memory_.erase(offset, size_bytes);
  }
  [[nodiscard]] hal::Status write(std::uint32_t offset, ByteView from) const {
    return memory_.write(offset, from);
  }

private:
  hal::StoreInfo info_;
  drivers::NorMemory memory_;
};

extern const char *const kBoardName; ///< what images must be made for

/// The bootloader's view of the machine (boot::Platform).
struct BootPlatform {
  using Store = Storage;

  static Store &store() {
    static constinit Store storage;
    return storage;
  }
  static const boot::Target &target() {
    static const boot::Target kTarget = {
        .board = kBoardName,
        .payload = image::Payload::kBinary,
        .load_address = reinterpret_cast<std::uintptr_t>(rtos::code_memory().data()),
        .max_payload_bytes = static_cast<std::uint32_t>(rtos::code_memory().size())};
    return kTarget;
  }
  static void console(std::string_view text) { rtos::console_write(text); }
  static bool install(store::RegionReader<Store> &slot, const image::Header &header) {
    CodeMemory memory;
    rtos::open_code_memory();
    const bool good = boot::ExecCopy(slot, header, memory).run();
    rtos::close_code_memory();
    return good;
  }
};

/// How a program ended.
struct Ending {
  std::uint32_t how; ///< Leave
  int code;
};

/// Runs the program whose first bytes are at `at`, as long as it likes and nobody stops the task.
[[nodiscard]] Ending run_program(const Program &at, std::uint8_t reset_reason);

/// For a fault handler on the program's thread: the program's own handler takes over and leaves.
/// False when no program is running.
bool program_faulted(const Fault &fault);

/// Whoever wants to know the outputs, and whether the task shall end; set before run_program.
struct Listener {
  void (*on_result)(void *context, std::uint32_t index, const std::uint8_t *bytes,
                    std::size_t size);
  void *context;
};
extern Listener listener;
void request_stop(bool wanted);

} // namespace tinyml::hosted
