// SPDX-License-Identifier: Apache-2.0
#include "service/loop/loop.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>

namespace tinyml::service {

namespace asio = boost::asio;
using std::chrono::milliseconds;

struct Loop::State {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard{context.get_executor()};
};

Loop::Loop() : state_(std::make_unique<State>()) {}
Loop::~Loop() = default;

void Loop::run() { state_->context.run(); }
void Loop::stop() { state_->context.stop(); }
void Loop::post(std::function<void()> work) { asio::post(state_->context, std::move(work)); }
asio::io_context &Loop::context() { return state_->context; }

std::uint64_t Loop::now_ms() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<milliseconds>(now).count());
}

std::int64_t Loop::wall_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<milliseconds>(now).count();
}

struct Timer::State {
  State(asio::io_context &context, std::function<void()> on_time)
      : timer(context), work(std::move(on_time)) {}
  asio::steady_timer timer;
  std::function<void()> work;
};

Timer::Timer(Loop &loop, std::function<void()> work)
    : state_(std::make_shared<State>(loop.context(), std::move(work))) {}

Timer::~Timer() { cancel(); }

void Timer::cancel() { state_->timer.cancel(); }

void Timer::set_at(std::uint64_t at_ms) {
  using Clock = std::chrono::steady_clock;
  state_->timer.expires_at(Clock::time_point(milliseconds(static_cast<std::int64_t>(at_ms))));
  // The weak reference makes an expiry that was queued before the destruction harmless.
  state_->timer.async_wait([weak = std::weak_ptr(state_)](const boost::system::error_code &error) {
    const auto state = weak.lock();
    if (!error && state) {
      state->work();
    }
  });
}

} // namespace tinyml::service
