// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace tinyml::service {

/// One thread's event loop. Everything the service does happens in run(), one thing after the
/// other; only post() and stop() may be called from other threads.
class Loop {
public:
  Loop();
  ~Loop();
  Loop(const Loop &) = delete;
  Loop &operator=(const Loop &) = delete;

  /// Works until stop().
  void run();
  void stop();
  /// Calls `work` in the loop, soon.
  void post(std::function<void()> work);

  /// Milliseconds of a clock that never goes back.
  [[nodiscard]] static std::uint64_t now_ms();
  /// Milliseconds since 1970, for records.
  [[nodiscard]] static std::int64_t wall_ms();

  [[nodiscard]] boost::asio::io_context &context();

private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Calls a function at a time of Loop::now_ms(); setting it again replaces the earlier wish.
/// Nothing is called after its destruction.
class Timer {
public:
  Timer(Loop &loop, std::function<void()> work);
  ~Timer();
  Timer(const Timer &) = delete;
  Timer &operator=(const Timer &) = delete;

  void set_at(std::uint64_t at_ms);
  void set_after(std::uint64_t delay_ms) { set_at(Loop::now_ms() + delay_ms); }
  void cancel();

private:
  struct State;
  std::shared_ptr<State> state_;
};

} // namespace tinyml::service
