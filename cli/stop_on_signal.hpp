// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>
#include <ctime>
#include <stop_token>
#include <thread>

namespace tinyml::cli {

/// While this lives, SIGINT and SIGTERM ask for an orderly stop instead of ending the program. Made
/// before other threads are, which then do not take these signals either.
class StopOnSignal {
public:
  StopOnSignal() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    thread_ = std::jthread([this](const std::stop_token &done) {
      constexpr timespec kTick{.tv_sec = 0, .tv_nsec = 200'000'000};
      while (!done.stop_requested()) {
        if (sigtimedwait(&signals_, nullptr, &kTick) > 0) {
          stop_.request_stop();
          return;
        }
      }
    });
  }
  [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }

private:
  sigset_t signals_{};
  std::stop_source stop_;
  std::jthread thread_;
};

} // namespace tinyml::cli
