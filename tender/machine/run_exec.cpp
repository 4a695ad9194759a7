// SPDX-License-Identifier: Apache-2.0
#include "tender/machine/machine.hpp"

namespace tinyml::tender {
namespace {

constexpr std::size_t kShownConsoleBytes = 2000;

std::string end_of(const std::string &console) {
  const std::size_t from =
      console.size() > kShownConsoleBytes ? console.size() - kShownConsoleBytes : 0;
  return console.empty() ? std::string(" (nothing on its console)")
                         : "; its console ends with:\n" + console.substr(from);
}

} // namespace

Expected<ExecOutcome> run_exec(const MachineConfig &config, std::chrono::milliseconds limit,
                               std::stop_token stop) {
  MachineConfig alone = config;
  alone.restart_is_end = true;
  auto argv = machine_command(alone);
  if (!argv) {
    return Failure{argv.error()};
  }
  host::Command command;
  command.argv = std::move(*argv);
  command.timeout = limit;
  auto outcome = host::run(command, std::move(stop));
  if (!outcome) {
    return Failure{outcome.error()};
  }
  if (outcome->timed_out || outcome->cancelled || outcome->signal != 0) {
    return fail(ErrorCode::kUnavailable, "the program '" + config.program.string() + "' on board " +
                                             config.board + " " + outcome->describe() +
                                             end_of(outcome->output));
  }
  return ExecOutcome{outcome->exit_code, std::move(outcome->output)};
}

} // namespace tinyml::tender
