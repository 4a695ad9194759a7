// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/loop/loop.hpp"

#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <stop_token>
#include <thread>

namespace tinyml::service {

/// Work that blocks (waiting for a child process), kept away from the loop: a bounded number of
/// threads, the rest waits its turn. Used from the loop's thread only.
class Background {
public:
  /// Runs in a thread; what it returns is called in the loop.
  using Work = std::function<std::function<void()>(std::stop_token)>;

  Background(Loop &loop, std::size_t threads) : loop_(loop), threads_(threads) {}
  /// Asks running work to stop and waits for it; waiting work is dropped.
  ~Background();
  Background(const Background &) = delete;
  Background &operator=(const Background &) = delete;

  void start(Work work);
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

private:
  void run_next();

  Loop &loop_;
  std::size_t threads_;
  std::deque<Work> waiting_;
  std::list<std::jthread> running_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace tinyml::service
