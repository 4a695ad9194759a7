// SPDX-License-Identifier: Apache-2.0
#include "tender/monitor/confinement.hpp"
#include "tender/monitor/monitor.hpp"

#include <cstdlib>
#include <unistd.h>

namespace {

using namespace tinyml;
using namespace tinyml::tender;

void complain(std::string_view text) {
  const std::string line = "tinyml-monitor: " + std::string(text) + "\n";
  (void)!::write(STDERR_FILENO, line.data(), line.size());
}

int exit_code_of(ErrorCode code) { return code == ErrorCode::kUnavailable ? kNoKvm : kWrongUse; }

int refuse(const HostError &error) {
  complain(error.message);
  return exit_code_of(error.code);
}

Expected<FrameLink> plug_in(std::uint16_t port) {
  return port == 0 ? FrameLink() : FrameLink::plug_in(port);
}

Expected<StoreFile> open_store(const char *path) {
  return path == nullptr ? StoreFile() : StoreFile::open(path);
}

Expected<std::optional<ProgramFile>> open_program(const char *path) {
  if (path == nullptr) {
    return std::optional<ProgramFile>();
  }
  auto program = load_program(path);
  if (!program) {
    return Failure{program.error()};
  }
  return std::optional(*std::move(program));
}

Expected<std::optional<Debugger>> wait_for_debugger(std::uint16_t port) {
  if (port == 0) {
    return std::optional<Debugger>();
  }
  auto debugger = Debugger::wait_for(port);
  if (!debugger) {
    return Failure{debugger.error()};
  }
  return std::optional(*std::move(debugger));
}

int run(const MonitorOptions &options, std::uint64_t start_ns) {
  auto program = open_program(options.kernel);
  auto store = program ? open_store(options.store) : Failure{program.error()};
  auto link = store ? plug_in(options.switch_port) : Failure{store.error()};
  auto machine = link ? VirtualMachine::create(options.memory_bytes) : Failure{link.error()};
  auto debugger = machine ? wait_for_debugger(options.gdb_port) : Failure{machine.error()};
  if (!debugger) {
    return refuse(debugger.error());
  }
  Monitor monitor(options, *std::move(machine), *std::move(store), *std::move(link),
                  *std::move(program), *std::move(debugger), start_ns);
  install_signals(monitor, options.max_seconds);
  if (const auto confined = confine(options.max_cpu_seconds, options.gdb_port != 0); !confined) {
    return refuse(confined.error());
  }
  ::_exit(monitor.live()); // at once: everything that was opened goes with the process
}

} // namespace

int main(int argc, char **argv) {
  const std::uint64_t start_ns = Monitor::clock_ns();
  close_inherited_files();
  const auto options = parse_options({argv + 1, static_cast<std::size_t>(argc - 1)});
  if (!options) {
    complain(options.error().message);
    (void)!::write(STDERR_FILENO, kMonitorUsage, std::strlen(kMonitorUsage));
    return kWrongUse;
  }
  return run(*options, start_ns);
}
