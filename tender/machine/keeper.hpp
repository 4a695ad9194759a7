// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tender/machine/machine.hpp"

#include <condition_variable>
#include <future>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace tinyml::tender {

/// One process, as its Machine and its keeper share it.
struct KeptProcess {
  std::vector<std::string> argv;
  ConsoleSink sink;
  std::size_t console_bytes = Machine::kConsoleBytes; ///< how much of the console is kept
  NextCommand next; ///< may be empty; called on the keeper's thread, so it should be quick

  mutable std::mutex mutex;
  std::condition_variable changed;
  int pid = -1;   ///< of a process that is not reaped; -1 between two of them
  int ending = 0; ///< the signal that was to end it
  std::optional<MachineExit> exit;
  std::string console;

  void take_console(std::string_view text);
  /// To the whole process group, while it lives.
  void signal(int number);
};

/// Looks after all processes of this program on one thread. That thread is their parent as far as
/// the kernel is concerned: PR_SET_PDEATHSIG fires when the *thread* that forked ends, so it never
/// does before the program.
class Keeper {
public:
  [[nodiscard]] static Keeper &instance();
  /// Starts the process; returns errno's value, 0 when it runs. Not to be called by a sink.
  [[nodiscard]] int start(const std::shared_ptr<KeptProcess> &process);

private:
  struct Watched {
    std::shared_ptr<KeptProcess> process;
    int console = -1; ///< the pipe's end, -1 once it is closed
    int handle = -1;  ///< its pidfd
  };
  struct Wish {
    std::shared_ptr<KeptProcess> process;
    std::promise<int> done;
  };

  Keeper();
  void live();
  void grant_wishes();
  [[nodiscard]] int begin(const std::shared_ptr<KeptProcess> &process);
  void handle(int descriptor);
  void read_console(const std::shared_ptr<Watched> &watched, bool to_the_end);
  void close_console(Watched &watched);
  void bury(const std::shared_ptr<Watched> &watched);
  void go_on(const std::shared_ptr<KeptProcess> &process, const MachineExit &how);
  void watch(int descriptor) const;

  int owner_; ///< the program this belongs to: a fork of it has no such thread
  int epoll_;
  int wake_;
  std::mutex mutex_;
  std::vector<Wish> wishes_;
  std::unordered_map<int, std::shared_ptr<Watched>> watched_; ///< by both descriptors
};

} // namespace tinyml::tender
