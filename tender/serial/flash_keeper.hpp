// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tender/serial/monitor.hpp"
#include "tender/switch/file_descriptor.hpp"

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace tinyml::tender {

/// Which part of a machine's memory is kept in which file.
struct KeptFlash {
  std::filesystem::path file;
  std::uint32_t address = 0;
};

/// Keeps a machine's flash in a file: a picture of it is taken shortly after the machine was busy,
/// on a thread of its own, and written when it differs from the latest. The file always holds one
/// whole picture, whenever this program or the machine dies.
class FlashKeeper {
public:
  static constexpr std::chrono::milliseconds kInterval{100};

  /// `monitor` has been greeted; nobody else uses it any more. `content` is what the file holds.
  FlashKeeper(KeptFlash flash, int monitor, std::vector<std::uint8_t> content);
  ~FlashKeeper();
  FlashKeeper(const FlashKeeper &) = delete;
  FlashKeeper &operator=(const FlashKeeper &) = delete;

  /// The machine does something.
  void touch();
  /// The last picture; says what went wrong with it, or with one before.
  [[nodiscard]] Expected<void> finish();

private:
  void run();
  void stop();
  [[nodiscard]] Expected<void> keep();

  KeptFlash flash_;
  Monitor monitor_;
  FileDescriptor picture_; ///< memory that the emulator writes to as to a file
  std::vector<std::uint8_t> content_;
  Expected<void> failure_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool touched_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace tinyml::tender
