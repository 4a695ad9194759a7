// SPDX-License-Identifier: Apache-2.0
#include "tender/machine/keeper.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

extern "C" {
#include <sys/pidfd.h> // glibc 2.36 forgets to say so itself
}

namespace tinyml::tender {
namespace {

struct Birth {
  char *const *argv;
  int console;
  pid_t parent;
  volatile int failure = 0; ///< errno of the child, which shares our memory until it is the program
};

/// The child's side of vfork(): only calls that are safe there. Ends in the program or in _exit.
[[noreturn]] void become(Birth &birth) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent may have died before the line above could tell.
  if (::getppid() != birth.parent) {
    ::_exit(127);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(null, STDIN_FILENO);
  ::dup2(birth.console, STDOUT_FILENO);
  ::dup2(birth.console, STDERR_FILENO);
  ::execvp(birth.argv[0], birth.argv);
  birth.failure = errno;
  ::_exit(127);
}

/// vfork() copies no page tables: starting hundreds costs little, however large this program is.
pid_t give_birth(Birth &birth) {
  const pid_t pid = ::vfork();
  if (pid == 0) {
    become(birth);
  }
  return pid;
}

MachineExit exit_of(int status) {
  return WIFEXITED(status) ? MachineExit{WEXITSTATUS(status), 0}
                           : MachineExit{-1, WTERMSIG(status)};
}

} // namespace

void KeptProcess::take_console(std::string_view text) {
  {
    const std::lock_guard lock(mutex);
    console += text;
    if (console.size() > 2 * console_bytes) { // not at every piece: it moves the rest
      console.erase(0, console.size() - console_bytes);
    }
  }
  changed.notify_all();
  if (sink) {
    sink(text);
  }
}

void KeptProcess::signal(int number) {
  const std::lock_guard lock(mutex);
  if (!exit) {
    ending = number;
    if (pid > 0) {
      ::kill(-pid, number);
    }
  }
}

Keeper &Keeper::instance() {
  static std::mutex mutex;
  static Keeper *keeper = nullptr;
  const std::lock_guard lock(mutex);
  if (keeper == nullptr || keeper->owner_ != ::getpid()) {
    keeper = new Keeper; // and never deleted: its thread lives as long as the program
  }
  return *keeper;
}

Keeper::Keeper()
    : owner_(::getpid()), epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  watch(wake_);
  std::thread([this] { live(); }).detach();
}

int Keeper::start(const std::shared_ptr<KeptProcess> &process) {
  std::future<int> done;
  {
    const std::lock_guard lock(mutex_);
    done = wishes_.emplace_back(Wish{process, {}}).done.get_future();
  }
  const std::uint64_t one = 1;
  (void)!::write(wake_, &one, sizeof one);
  return done.get();
}

void Keeper::live() {
  for (;;) {
    std::array<epoll_event, 64> events{};
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int descriptor = events[static_cast<std::size_t>(i)].data.fd;
      if (descriptor == wake_) {
        grant_wishes();
      } else {
        handle(descriptor);
      }
    }
  }
}

void Keeper::grant_wishes() {
  std::uint64_t value = 0;
  (void)!::read(wake_, &value, sizeof value);
  std::vector<Wish> wishes;
  {
    const std::lock_guard lock(mutex_);
    wishes.swap(wishes_);
  }
  for (Wish &wish : wishes) {
    wish.done.set_value(begin(wish.process));
  }
}

int Keeper::begin(const std::shared_ptr<KeptProcess> &process) {
  std::array<int, 2> output{};
  if (::pipe2(output.data(), O_CLOEXEC) != 0) {
    return errno;
  }
  std::vector<char *> pointers;
  for (std::string &argument : process->argv) {
    pointers.push_back(argument.data());
  }
  pointers.push_back(nullptr);
  Birth birth{pointers.data(), output[1], ::getpid()};
  process->pid = give_birth(birth);
  int reason = process->pid < 0 ? errno : birth.failure;
  ::close(output[1]);
  const int handle = reason == 0 ? ::pidfd_open(process->pid, 0) : -1;
  if (reason == 0 && handle < 0) {
    reason = errno;
    ::kill(process->pid, SIGKILL);
  }
  if (reason != 0) {
    ::close(output[0]);
    if (process->pid > 0) {
      ::waitpid(process->pid, nullptr, 0);
    }
    return reason;
  }
  ::fcntl(output[0], F_SETFL, O_NONBLOCK);
  const auto watched = std::make_shared<Watched>(Watched{process, output[0], handle});
  for (const int descriptor : {output[0], handle}) {
    watched_[descriptor] = watched;
    watch(descriptor);
  }
  return 0;
}

void Keeper::watch(int descriptor) const {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = descriptor;
  (void)::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
}

/// A process that has ended is buried though a child of it still holds the console.
void Keeper::handle(int descriptor) {
  const auto found = watched_.find(descriptor);
  if (found == watched_.end()) { // gone by an earlier event of the same batch
    return;
  }
  const auto watched = found->second;
  if (descriptor == watched->handle) {
    bury(watched);
  } else {
    read_console(watched, false);
  }
}

/// A few pieces at a time, so that one that never stops talking does not keep the others waiting.
void Keeper::read_console(const std::shared_ptr<Watched> &watched, bool to_the_end) {
  const int pieces = to_the_end ? 64 : 16; // a pipe holds 16
  std::array<char, 4096> piece{};
  for (int i = 0; watched->console >= 0 && i < pieces; ++i) {
    const ssize_t size = ::read(watched->console, piece.data(), piece.size());
    if (size > 0) {
      watched->process->take_console({piece.data(), static_cast<std::size_t>(size)});
    } else if (size == 0) { // it closed its console and lives on
      close_console(*watched);
    } else {
      return;
    }
  }
}

void Keeper::close_console(Watched &watched) {
  if (watched.console >= 0) {
    watched_.erase(watched.console);
    ::close(watched.console);
    watched.console = -1;
  }
}

void Keeper::bury(const std::shared_ptr<Watched> &watched) {
  const int pid = watched->process->pid;
  // The dead leader still holds the group's number, so this cannot hit strangers.
  ::kill(-pid, SIGKILL);
  read_console(watched, true);
  close_console(*watched);
  watched_.erase(watched->handle);
  ::close(watched->handle);
  MachineExit how;
  {
    // Under the lock: once the number is free, signal() must not use it.
    const std::lock_guard lock(watched->process->mutex);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    watched->process->pid = -1;
    how = exit_of(status);
  }
  go_on(watched->process, how);
}

/// Starts what comes next in the place of a process, or that was its end.
void Keeper::go_on(const std::shared_ptr<KeptProcess> &process, const MachineExit &how) {
  bool may_go_on = false;
  {
    const std::lock_guard lock(process->mutex);
    may_go_on = process->next && process->ending == 0;
  }
  const auto next =
      may_go_on ? process->next(how) : std::optional<Expected<std::vector<std::string>>>();
  if (next && !next->ok()) {
    process->take_console("tender: " + next->error().message + "\n");
  }
  {
    const std::lock_guard lock(process->mutex);
    if (next && next->ok() && process->ending == 0) {
      process->argv = **next;
      if (begin(process) == 0) {
        return;
      }
    }
    process->exit = process->ending != 0 && next ? MachineExit{-1, process->ending} : how;
  }
  process->changed.notify_all();
}

} // namespace tinyml::tender
