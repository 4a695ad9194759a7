// SPDX-License-Identifier: Apache-2.0
#include "host/child.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace tinyml::host {
namespace {

[[noreturn]] void become(const Child::Options &options, char *const *argv, int error_pipe) {
  if (options.outlives_us) {
    ::setsid();
  } else {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  }
  ::dup2(::open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
  const int output =
      options.output_file.empty()
          ? STDOUT_FILENO
          : ::open(options.output_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (output >= 0) {
    if (!options.output_file.empty()) {
      ::dup2(output, STDOUT_FILENO);
      ::dup2(output, STDERR_FILENO);
    }
    ::execvp(argv[0], argv);
  }
  const int reason = errno;
  [[maybe_unused]] const auto written = ::write(error_pipe, &reason, sizeof(reason));
  ::_exit(127);
}

Expected<std::uint16_t> free_port(int type) {
  const int file = ::socket(AF_INET, type | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  auto *generic = reinterpret_cast<sockaddr *>(&address);
  const bool bound =
      file >= 0 && ::bind(file, generic, length) == 0 && ::getsockname(file, generic, &length) == 0;
  if (file >= 0) {
    ::close(file);
  }
  if (!bound) {
    return fail(ErrorCode::kResourceFull,
                std::string("no free port on 127.0.0.1: ") + std::strerror(errno));
  }
  return ntohs(address.sin_port);
}

} // namespace

Expected<Child> Child::start(const Options &options) {
  std::vector<std::string> arguments = options.argv;
  std::vector<char *> argv;
  for (std::string &argument : arguments) {
    argv.push_back(argument.data());
  }
  argv.push_back(nullptr);
  int error_pipe[2] = {};
  if (::pipe2(error_pipe, O_CLOEXEC) != 0) {
    return fail(ErrorCode::kResourceFull,
                std::string("cannot make a pipe: ") + std::strerror(errno));
  }
  const pid_t child = ::fork();
  if (child == 0) {
    become(options, argv.data(), error_pipe[1]);
  }
  ::close(error_pipe[1]);
  int reason = child < 0 ? errno : 0;
  const bool failed = child < 0 || ::read(error_pipe[0], &reason, sizeof(reason)) ==
                                       static_cast<ssize_t>(sizeof(reason));
  ::close(error_pipe[0]);
  if (failed) {
    if (child > 0) {
      ::waitpid(child, nullptr, 0);
    }
    return fail(ErrorCode::kUnavailable,
                "cannot start '" + options.argv.at(0) + "': " + std::strerror(reason) +
                    "; is it installed? (tools/setup installs all that is needed)");
  }
  return Child(child);
}

Child::~Child() { stop(); }

std::optional<int> Child::ended() {
  if (pid_ > 0 && !status_) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
  }
  return status_;
}

bool Child::running() { return pid_ > 0 && !ended(); }

void Child::stop(std::chrono::milliseconds grace) {
  if (pid_ <= 0) {
    return;
  }
  const auto deadline = std::chrono::steady_clock::now() + grace;
  ::kill(pid_, SIGTERM);
  while (running() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ::kill(-pid_, SIGKILL); // it, if it did not listen, and whatever it left behind in its group
  if (running()) {
    ::waitpid(pid_, nullptr, 0);
  }
  pid_ = -1;
}

Expected<std::uint16_t> free_tcp_port() { return free_port(SOCK_STREAM); }
Expected<std::uint16_t> free_udp_port() { return free_port(SOCK_DGRAM); }

} // namespace tinyml::host
