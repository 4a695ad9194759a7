// SPDX-License-Identifier: Apache-2.0
#include "tender/machine/machine.hpp"

#include "tender/machine/flash_programmer.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <future>
#include <mutex>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

extern "C" {
#include <sys/pidfd.h> // glibc 2.36 forgets to say so itself
}

namespace tinyml::tender {
namespace {

/// The child's side of fork(): only calls that are safe there. Ends in the program or in _exit.
[[noreturn]] void become(char *const *argv, int console, int error_pipe, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent may have died before the line above could tell.
  if (::getppid() != parent) {
    ::_exit(127);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(null, STDIN_FILENO);
  ::dup2(console, STDOUT_FILENO);
  ::dup2(console, STDERR_FILENO);
  ::execvp(argv[0], argv);
  const int reason = errno;
  (void)!::write(error_pipe, &reason, sizeof reason);
  ::_exit(127);
}

MachineExit exit_of(int status) {
  return WIFEXITED(status) ? MachineExit{WEXITSTATUS(status), 0}
                           : MachineExit{-1, WTERMSIG(status)};
}

} // namespace

std::string MachineExit::describe() const {
  if (signal != 0) {
    return "was killed by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
  }
  return "ended with code " + std::to_string(code);
}

/// The thread in here is the child's parent as far as the kernel is concerned: PR_SET_PDEATHSIG
/// fires when the *thread* that forked ends, so it lives exactly as long as the child.
struct Machine::Running {
  std::vector<std::string> argv;
  ConsoleSink sink;
  std::optional<MachineConfig> programmed; ///< set where its flash is written from outside

  mutable std::mutex mutex;
  std::condition_variable changed;
  pid_t pid = -1; ///< of a child that is not reaped; -1 while its flash is programmed
  int ending = 0; ///< the signal that was to end it
  std::optional<MachineExit> exit;
  std::string console;
  std::jthread thread;

  void live(std::promise<int> started);
  [[nodiscard]] int fork_child(int &console_pipe);
  void watch(int console_pipe, int process);
  bool take_console(int console_pipe);
  [[nodiscard]] bool bury();
  [[nodiscard]] bool start_programmed(int &console_pipe);
  void say(std::string_view text);
  void end(const MachineExit &how);
  void signal(int number);
  template <typename Condition> bool wait(std::chrono::milliseconds limit, Condition &&condition);
};

/// Returns errno's value, 0 when the program runs.
int Machine::Running::fork_child(int &console_pipe) {
  std::array<int, 2> output{}, error{};
  if (::pipe2(output.data(), O_CLOEXEC) != 0) {
    return errno;
  }
  if (::pipe2(error.data(), O_CLOEXEC) != 0) {
    ::close(output[0]);
    ::close(output[1]);
    return EMFILE;
  }
  std::vector<char *> pointers;
  for (std::string &argument : argv) {
    pointers.push_back(argument.data());
  }
  pointers.push_back(nullptr);
  const pid_t parent = ::getpid();
  pid = ::fork();
  if (pid == 0) {
    become(pointers.data(), output[1], error[1], parent);
  }
  int reason = pid < 0 ? errno : 0;
  ::close(output[1]);
  ::close(error[1]);
  if (pid > 0 && ::read(error[0], &reason, sizeof reason) == sizeof reason) {
    ::waitpid(pid, nullptr, 0);
  }
  ::close(error[0]);
  console_pipe = output[0];
  return reason;
}

void Machine::Running::live(std::promise<int> started) {
  int console_pipe = -1;
  const int reason = fork_child(console_pipe);
  started.set_value(reason);
  for (bool runs = reason == 0; runs;) {
    const int process = ::pidfd_open(pid, 0);
    watch(console_pipe, process);
    ::close(process);
    runs = bury() && start_programmed(console_pipe);
  }
  if (console_pipe >= 0) {
    ::close(console_pipe);
  }
}

/// Passes the console on until the process has ended; a child of it that still holds the pipe does
/// not keep us.
void Machine::Running::watch(int console_pipe, int process) {
  ::fcntl(console_pipe, F_SETFL, O_NONBLOCK);
  std::array<pollfd, 2> waiting{{{console_pipe, POLLIN, 0}, {process, POLLIN, 0}}};
  for (;;) {
    if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) {
      return;
    }
    const bool ended = waiting[1].revents != 0;
    while (waiting[0].revents != 0 && take_console(console_pipe)) {
    }
    if (ended) {
      return;
    }
    if ((waiting[0].revents & POLLHUP) != 0) {
      waiting[0].fd = -1; // it closed its console and lives on
    }
  }
}

/// Takes one piece of the console; false when nothing more is there now.
bool Machine::Running::take_console(int console_pipe) {
  std::array<char, 4096> piece{};
  const ssize_t size = ::read(console_pipe, piece.data(), piece.size());
  if (size <= 0) {
    return false;
  }
  say({piece.data(), static_cast<std::size_t>(size)});
  return true;
}

void Machine::Running::say(std::string_view text) {
  {
    const std::lock_guard lock(mutex);
    console += text;
    if (console.size() > 2 * kConsoleBytes) { // not at every piece: it moves the rest
      console.erase(0, console.size() - kConsoleBytes);
    }
  }
  changed.notify_all();
  if (sink) {
    sink(text);
  }
}

/// True when it only ended to have its flash programmed.
bool Machine::Running::bury() {
  // The dead leader still holds the group's number, so this cannot hit strangers.
  ::kill(-pid, SIGKILL);
  const std::lock_guard lock(mutex);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  pid = -1;
  const MachineExit how = exit_of(status);
  if (programmed && ending == 0 && how.code == boot::kAskProgrammer) {
    return true;
  }
  end(how);
  return false;
}

/// Programs the flash and starts the machine again. What fails is told on the console.
bool Machine::Running::start_programmed(int &console_pipe) {
  const FlashProgrammer programmer(*programmed, *outside_flash(programmed->board));
  const auto done = programmer.program();
  auto next = done ? machine_command(*programmed) : Expected<std::vector<std::string>>(argv);
  if (!done || !next) {
    say("tender: " + (done ? next.error() : done.error()).message + "\n");
  }
  ::close(std::exchange(console_pipe, -1));
  const std::lock_guard lock(mutex);
  if (ending != 0 || !done || !next) {
    end(ending != 0 ? MachineExit{-1, ending} : MachineExit{boot::kAskProgrammer, 0});
    return false;
  }
  argv = *std::move(next);
  if (fork_child(console_pipe) != 0) {
    end({boot::kAskProgrammer, 0});
    return false;
  }
  return true;
}

/// With the mutex held.
void Machine::Running::end(const MachineExit &how) {
  exit = how;
  changed.notify_all();
}

void Machine::Running::signal(int number) {
  const std::lock_guard lock(mutex);
  if (!exit) {
    ending = number;
    if (pid > 0) {
      ::kill(-pid, number);
    }
  }
}

template <typename Condition>
bool Machine::Running::wait(std::chrono::milliseconds limit, Condition &&condition) {
  std::unique_lock lock(mutex);
  return changed.wait_for(lock, limit, condition);
}

Expected<std::unique_ptr<Machine>> Machine::start(const MachineConfig &config, ConsoleSink sink) {
  auto argv = machine_command(config);
  if (!argv) {
    return Failure{argv.error()};
  }
  return start_command(std::move(*argv), std::move(sink),
                       outside_flash(config.board) ? std::optional(config) : std::nullopt);
}

Expected<std::unique_ptr<Machine>> Machine::start_command(std::vector<std::string> argv,
                                                          ConsoleSink sink,
                                                          std::optional<MachineConfig> programmed) {
  if (argv.empty()) {
    return fail(ErrorCode::kInternal, "a machine without a program");
  }
  auto running = std::make_unique<Running>();
  running->argv = std::move(argv);
  running->sink = std::move(sink);
  running->programmed = std::move(programmed);
  std::promise<int> started;
  std::future<int> reason = started.get_future();
  running->thread = std::jthread([raw = running.get(), started = std::move(started)]() mutable {
    raw->live(std::move(started));
  });
  if (const int error = reason.get(); error != 0) {
    return fail(error == ENOENT || error == EACCES ? ErrorCode::kUnavailable
                                                   : ErrorCode::kResourceFull,
                "cannot start '" + running->argv[0] + "': " + std::strerror(error));
  }
  return std::unique_ptr<Machine>(new Machine(std::move(running)));
}

Machine::Machine(std::unique_ptr<Running> running) : running_(std::move(running)) {}

Machine::~Machine() { kill(); }

int Machine::pid() const {
  const std::lock_guard lock(running_->mutex);
  return running_->pid;
}

bool Machine::running() const {
  const std::lock_guard lock(running_->mutex);
  return !running_->exit;
}

std::optional<MachineExit> Machine::wait(std::chrono::milliseconds limit) {
  running_->wait(limit, [this] { return running_->exit.has_value(); });
  const std::lock_guard lock(running_->mutex);
  return running_->exit;
}

MachineExit Machine::stop(std::chrono::milliseconds grace) {
  running_->signal(SIGTERM);
  const auto ended = wait(grace);
  return ended ? *ended : kill();
}

MachineExit Machine::kill() {
  running_->signal(SIGKILL);
  std::unique_lock lock(running_->mutex);
  running_->changed.wait(lock, [this] { return running_->exit.has_value(); });
  return *running_->exit;
}

std::string Machine::console() const {
  const std::lock_guard lock(running_->mutex);
  const std::string &all = running_->console;
  return all.substr(all.size() - std::min(all.size(), kConsoleBytes));
}

bool Machine::wait_for_console(std::string_view text, std::chrono::milliseconds limit) {
  bool seen = false;
  running_->wait(limit, [&] {
    seen = running_->console.find(text) != std::string::npos;
    return seen || running_->exit.has_value();
  });
  return seen;
}

} // namespace tinyml::tender
