// SPDX-License-Identifier: Apache-2.0
#include "tender/serial/flash_keeper.hpp"

#include "host/files.hpp"

#include <sys/mman.h>

namespace tinyml::tender {

FlashKeeper::FlashKeeper(KeptFlash flash, int monitor, std::vector<std::uint8_t> content)
    : flash_(std::move(flash)), monitor_(monitor), picture_(::memfd_create("flash", MFD_CLOEXEC)),
      content_(std::move(content)), thread_([this] { run(); }) {}

FlashKeeper::~FlashKeeper() { stop(); }

void FlashKeeper::touch() {
  const std::lock_guard lock(mutex_);
  if (!touched_) {
    touched_ = true;
    changed_.notify_one();
  }
}

/// Waits for something to happen, a while for more of it, and takes a picture.
void FlashKeeper::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return touched_ || stopping_; });
    changed_.wait_for(lock, kInterval, [this] { return stopping_; });
    if (stopping_) {
      return;
    }
    touched_ = false;
    lock.unlock();
    auto kept = keep();
    lock.lock();
    if (!kept.ok()) {
      failure_ = std::move(kept);
    }
  }
}

void FlashKeeper::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) {
    thread_.join();
  }
}

Expected<void> FlashKeeper::finish() {
  stop();
  auto kept = keep();
  return kept.ok() ? std::move(failure_) : std::move(kept);
}

Expected<void> FlashKeeper::keep() {
  const std::string path =
      "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(picture_.get());
  if (auto saved = monitor_.save(flash_.address, content_.size(), path); !saved.ok()) {
    return saved;
  }
  std::vector<std::uint8_t> now(content_.size());
  if (::pread(picture_.get(), now.data(), now.size(), 0) != static_cast<ssize_t>(now.size())) {
    return fail(ErrorCode::kUnavailable, "the emulator gave no whole picture of the flash");
  }
  if (now == content_) {
    return {};
  }
  auto unfinished = flash_.file;
  unfinished += ".new";
  if (auto written = host::write_file(unfinished, now); !written.ok()) {
    return written;
  }
  std::error_code error;
  std::filesystem::rename(unfinished, flash_.file, error);
  if (error) {
    return fail(ErrorCode::kUnavailable,
                "cannot keep the flash in '" + flash_.file.string() + "': " + error.message());
  }
  content_ = std::move(now);
  return {};
}

} // namespace tinyml::tender
