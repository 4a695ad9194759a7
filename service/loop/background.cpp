// SPDX-License-Identifier: Apache-2.0
#include "service/loop/background.hpp"

namespace tinyml::service {

Background::~Background() {
  *alive_ = false; // completions that are queued in the loop already do nothing any more
  for (std::jthread &thread : running_) {
    thread.request_stop();
  }
}

void Background::start(Work work) {
  waiting_.push_back(std::move(work));
  run_next();
}

void Background::run_next() {
  if (waiting_.empty() || running_.size() >= threads_) {
    return;
  }
  Work work = std::move(waiting_.front());
  waiting_.pop_front();
  const auto place = running_.emplace(running_.end());
  *place = std::jthread(
      [this, place, work = std::move(work), alive = alive_](const std::stop_token &stop) {
        // The loop outlives this object, and this object joins the thread before it goes.
        loop_.post([this, place, alive, done = work(stop)] {
          if (*alive) {
            running_.erase(place); // joins: the thread has nothing left to do but to end
            done();
            run_next();
          }
        });
      });
}

} // namespace tinyml::service
