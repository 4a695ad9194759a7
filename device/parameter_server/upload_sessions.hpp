// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/parameter_server/worker_table.hpp"
#include "protocol/coap/block.hpp"

namespace tinyml::device {

/// An update on its way into a slot.
struct UploadSession {
  coap::BlockSink sink;
  std::uint16_t worker = training::kNoWorker;
  std::uint8_t slot = kNoSlot;
  std::uint32_t seen_ms = 0;

  [[nodiscard]] bool open() const { return worker != training::kNoWorker; }
  void close() { *this = UploadSession{.sink = coap::BlockSink()}; }
};

/// One for each worker: at the end of a round all come at once.
class UploadSessions {
public:
  static constexpr std::size_t kSessions = training::kMaxWorkers;
  /// A sender silent for so long gives its place to another one.
  static constexpr std::uint32_t kSilenceMs = 4000;

  [[nodiscard]] UploadSession *find(std::uint16_t worker) {
    for (UploadSession &session : sessions_) {
      if (session.worker == worker) {
        return &session;
      }
    }
    return nullptr;
  }
  /// A closed one, or the one that was silent too long (still open); null: none.
  [[nodiscard]] UploadSession *spare(std::uint32_t now_ms) {
    UploadSession *silent = nullptr;
    for (UploadSession &session : sessions_) {
      if (!session.open()) {
        return &session;
      }
      silent = now_ms - session.seen_ms >= kSilenceMs ? &session : silent;
    }
    return silent;
  }
  void clear() {
    for (UploadSession &session : sessions_) {
      session.close();
    }
  }

private:
  UploadSession sessions_[kSessions];
};

} // namespace tinyml::device
