// SPDX-License-Identifier: Apache-2.0
#include "tender/serial/emulator.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {
#include <sys/pidfd.h> // glibc 2.36 forgets to say so itself
}

namespace tinyml::tender {
namespace {

/// Two ends of one wire; the emulator's is inherited.
bool make_wire(FileDescriptor &ours, FileDescriptor &theirs) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return false;
  }
  ours = FileDescriptor(ends[0]);
  theirs = FileDescriptor(ends[1]);
  return ::fcntl(theirs.get(), F_SETFD, 0) == 0;
}

std::string socket_option(const char *name, const FileDescriptor &end) {
  return "socket,id=" + std::string(name) + ",fd=" + std::to_string(end.get());
}

[[noreturn]] void become(std::vector<std::string> &argv, pid_t parent) {
  std::vector<char *> pointers;
  for (std::string &argument : argv) {
    pointers.push_back(argument.data());
  }
  pointers.push_back(nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::setpgid(0, 0); // a SIGTERM to our group must leave it alive until the flash is saved
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() == parent) { // it may have died before the line above could tell
    ::execvp(pointers[0], pointers.data());
    ::perror(pointers[0]);
  }
  ::_exit(127);
}

} // namespace

Expected<Emulator> Emulator::start(std::vector<std::string> argv) {
  Emulator emulator;
  FileDescriptor line, monitor, debugger;
  if (!make_wire(emulator.line, line) || !make_wire(emulator.monitor, monitor) ||
      !make_wire(emulator.debugger, debugger)) {
    return fail(ErrorCode::kResourceFull,
                std::string("cannot connect to the emulator: ") + std::strerror(errno));
  }
  for (const char *argument : {"-S", "-serial", "chardev:line", "-mon",
                               "chardev=monitor,mode=control", "-gdb", "chardev:debugger"}) {
    argv.emplace_back(argument);
  }
  for (const auto &[name, end] : {std::pair<const char *, FileDescriptor *>{"line", &line},
                                  {"monitor", &monitor},
                                  {"debugger", &debugger}}) {
    argv.emplace_back("-chardev");
    argv.push_back(socket_option(name, *end));
  }
  const pid_t parent = ::getpid();
  emulator.pid_ = ::fork();
  if (emulator.pid_ == 0) {
    become(argv, parent);
  }
  emulator.process = FileDescriptor(emulator.pid_ < 0 ? -1 : ::pidfd_open(emulator.pid_, 0));
  if (!emulator.process.valid()) {
    return fail(ErrorCode::kResourceFull,
                std::string("cannot start the emulator: ") + std::strerror(errno));
  }
  ::fcntl(emulator.line.get(), F_SETFL, O_NONBLOCK);
  return emulator;
}

Emulator::Emulator(Emulator &&other) noexcept
    : line(std::move(other.line)), monitor(std::move(other.monitor)),
      debugger(std::move(other.debugger)), process(std::move(other.process)),
      pid_(std::exchange(other.pid_, -1)) {}

Emulator::~Emulator() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    (void)wait();
  }
}

int Emulator::wait() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (written < 0 && errno == EAGAIN) {
      pollfd waiting{fd, POLLOUT, 0};
      ::poll(&waiting, 1, -1);
    } else if (written < 0 && errno != EINTR) {
      return false;
    } else if (written > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  return true;
}

} // namespace tinyml::tender
