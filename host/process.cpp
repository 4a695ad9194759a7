// SPDX-License-Identifier: Apache-2.0
#include "host/process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tinyml::host {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<char *> pointers(std::vector<std::string> &texts) {
  std::vector<char *> result;
  result.reserve(texts.size() + 1);
  for (std::string &text : texts) {
    result.push_back(text.data());
  }
  result.push_back(nullptr);
  return result;
}

void limit(__rlimit_resource resource, std::uint64_t amount) {
  if (amount != 0) {
    const rlimit both{amount, amount};
    ::setrlimit(resource, &both);
  }
}

/// Everything the child does between fork and exec; on failure errno travels through `error_pipe`.
[[noreturn]] void become(const Command &command, char *const *argv, char *const *environment,
                         int output, int error_pipe) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(null, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  limit(RLIMIT_CPU, command.cpu_limit_s);
  limit(RLIMIT_AS, command.memory_limit_bytes);
  limit(RLIMIT_FSIZE, command.file_limit_bytes);
  limit(RLIMIT_CORE, 1);
  if (command.working_directory.empty() || ::chdir(command.working_directory.c_str()) == 0) {
    if (environment != nullptr) {
      ::execvpe(argv[0], argv, environment);
    } else {
      ::execvp(argv[0], argv);
    }
  }
  const int reason = errno;
  [[maybe_unused]] const auto written = ::write(error_pipe, &reason, sizeof(reason));
  ::_exit(127);
}

struct Pipe {
  std::array<int, 2> ends{-1, -1};
  Pipe() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
      ends = {-1, -1};
    }
  }
  Pipe(const Pipe &) = delete;
  Pipe &operator=(const Pipe &) = delete;
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  [[nodiscard]] bool ok() const { return ends[0] >= 0; }
  void close_end(std::size_t which) {
    if (ends[which] >= 0) {
      ::close(ends[which]);
      ends[which] = -1;
    }
  }
};

/// Reads until the pipe closes, time is up or a stop is asked for; sets the flags of `outcome`.
void collect(int from, const Command &command, const std::stop_token &stop, Outcome &outcome) {
  constexpr int kTickMs = 50;
  const auto deadline = Clock::now() + command.timeout;
  std::array<char, 4096> chunk{};
  while (true) {
    outcome.timed_out = Clock::now() >= deadline;
    outcome.cancelled = stop.stop_requested();
    if (outcome.timed_out || outcome.cancelled) {
      return;
    }
    pollfd readable{from, POLLIN, 0};
    if (::poll(&readable, 1, kTickMs) <= 0) {
      continue;
    }
    const ssize_t count = ::read(from, chunk.data(), chunk.size());
    if (count <= 0) {
      return;
    }
    const std::size_t room = command.output_limit_bytes - outcome.output.size();
    outcome.output.append(chunk.data(), std::min(room, static_cast<std::size_t>(count)));
  }
}

void reap(pid_t child, Outcome &outcome) {
  if (outcome.timed_out || outcome.cancelled) {
    ::kill(-child, SIGKILL);
    ::kill(child, SIGKILL);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  ::kill(-child, SIGKILL); // whatever it left behind in its group
  if (WIFEXITED(status)) {
    outcome.exit_code = WEXITSTATUS(status);
  } else {
    outcome.signal = WTERMSIG(status);
  }
}

Failure<HostError> could_not_start(const Command &command, int reason) {
  const ErrorCode code =
      reason == ENOENT || reason == EACCES ? ErrorCode::kUnavailable : ErrorCode::kResourceFull;
  std::string what = "cannot start '" + command.argv.front() + "': " + std::strerror(reason);
  if (reason == ENOENT) {
    what += "; is it installed and in PATH? (tools/setup installs all that is needed)";
  }
  return fail(code, what);
}

} // namespace

std::string Outcome::describe() const {
  if (timed_out) {
    return "took longer than its time limit and was stopped";
  }
  if (cancelled) {
    return "was cancelled";
  }
  if (signal != 0) {
    return "was killed by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
  }
  return "exited with " + std::to_string(exit_code);
}

Expected<Outcome> run(const Command &command, std::stop_token stop) {
  if (command.argv.empty()) {
    return fail(ErrorCode::kInternal, "a command without a program");
  }
  Pipe output;
  Pipe error;
  if (!output.ok() || !error.ok()) {
    return could_not_start(command, EMFILE);
  }
  std::vector<std::string> arguments = command.argv;
  std::vector<std::string> variables = command.environment.value_or(std::vector<std::string>{});
  const std::vector<char *> argv = pointers(arguments);
  const std::vector<char *> environment = pointers(variables);

  const pid_t child = ::fork();
  if (child < 0) {
    return could_not_start(command, errno);
  }
  if (child == 0) {
    become(command, argv.data(), command.environment ? environment.data() : nullptr, output.ends[1],
           error.ends[1]);
  }
  output.close_end(1);
  error.close_end(1);

  Outcome outcome;
  int reason = 0;
  if (::read(error.ends[0], &reason, sizeof(reason)) == sizeof(reason)) {
    reap(child, outcome);
    return could_not_start(command, reason);
  }
  collect(output.ends[0], command, stop, outcome);
  reap(child, outcome);
  return outcome;
}

} // namespace tinyml::host
