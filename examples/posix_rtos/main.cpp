// SPDX-License-Identifier: Apache-2.0
// A firmware with a device inside: an ordinary program that does its own work on its own thread and
// runs the device as another one.
#include "os/boards/posix-rtos/posix_rtos.hpp"
#include "os/hosted/loader.hpp"
#include "os/hosted/tinyml_device.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

namespace {

constexpr std::size_t kStackBytes = std::size_t{64} * 1024;
constexpr int kUsage = 2;
constexpr char kHelp[] =
    "usage: boot.elf --store FILE [--bind A.B.C.D] [--port N] [--seconds N]\n"
    "       boot.elf --program FILE.elf --store FILE   runs a program without its image\n";

struct Arguments {
  const char *store = nullptr;
  const char *program = nullptr;
  std::uint16_t port = 0;
  unsigned long seconds = 0; ///< 0: until a signal comes
};

/// What the firmware does of its own, and what it hears of the device.
struct Firmware {
  volatile std::sig_atomic_t quit = 0;
  volatile bool ended = false;
  volatile int exit_code = 0;
};
Firmware firmware;

[[noreturn]] void give_up(const char *what, const char *subject) {
  std::fprintf(stderr, "posix rtos: %s%s\n%s", what, subject, kHelp);
  std::_Exit(kUsage);
}

bool take(Arguments &arguments, const char *name, const char *value) {
  const auto is = [&](const char *wanted) { return std::strcmp(name, wanted) == 0; };
  if (is("--store")) {
    arguments.store = value;
  } else if (is("--program")) {
    arguments.program = value;
  } else if (is("--port")) {
    arguments.port = static_cast<std::uint16_t>(std::strtoul(value, nullptr, 10));
  } else if (is("--seconds")) {
    arguments.seconds = std::strtoul(value, nullptr, 10);
  } else {
    return is("--bind") && tinyml::posix::use_address(value);
  }
  return true;
}

Arguments parse(int count, char **words) {
  Arguments arguments;
  for (int i = 1; i < count; i += 2) {
    if (i + 1 == count || !take(arguments, words[i], words[i + 1])) {
      give_up("what does not fit: ", words[i]);
    }
  }
  if (arguments.store == nullptr) {
    give_up("--store FILE, a provisioned storage, is missing", "");
  }
  return arguments;
}

void on_result(void *, std::uint32_t index, const std::uint8_t *bytes, std::size_t size) {
  std::printf("posix rtos: output %u of the model: %zu bytes, the first is %d\n", index, size,
              size == 0 ? 0 : static_cast<std::int8_t>(bytes[0]));
  std::fflush(stdout);
}

void on_end(void *, int code) {
  firmware.exit_code = code;
  firmware.ended = true;
}

/// For the programs of os/conformance: what the device's thread does, without bootloader.
void run_one_program() {
  using namespace tinyml;
  const auto &program = *reinterpret_cast<const hosted::Program *>(rtos::code_memory().data());
  on_end(nullptr, hosted::run_program(program, 0).code);
}

void start_device(const Arguments &arguments) {
  if (arguments.program != nullptr) {
    if (const char *problem = tinyml::posix::load_elf_program(arguments.program)) {
      give_up(problem, "");
    }
    if (!tinyml::rtos::open_socket(arguments.port) ||
        !tinyml::rtos::start_thread(run_one_program, kStackBytes)) {
      give_up("cannot open a socket or start a thread", "");
    }
    return;
  }
  tinyml_device_config config = {};
  config.stack_bytes = kStackBytes;
  config.udp_port = arguments.port;
  config.on_result = on_result;
  config.on_end = on_end;
  if (const auto status = tinyml_device_start(&config); status != TINYML_DEVICE_OK) {
    std::fprintf(stderr, "posix rtos: the device does not start (%d)\n", status);
    std::_Exit(status == TINYML_DEVICE_BLANK ? TINYML_DEVICE_NOTHING_TO_START : 1);
  }
}

} // namespace

int main(int count, char **words) {
  const Arguments arguments = parse(count, words);
  if (const char *problem = tinyml::posix::use_storage(arguments.store)) {
    give_up(problem, "");
  }
  if (const char *problem = tinyml::posix::map_program_memory()) {
    give_up(problem, "");
  }
  const auto quit = [](int) { firmware.quit = 1; };
  std::signal(SIGINT, quit);
  std::signal(SIGTERM, quit);
  start_device(arguments);
  constexpr useconds_t kTickUs = 10'000;
  const unsigned long ticks = arguments.seconds * 100;
  for (unsigned long tick = 0; firmware.quit == 0 && !firmware.ended; ++tick) {
    ::usleep(kTickUs); // the firmware's own work
    if (ticks != 0 && tick >= ticks) {
      break;
    }
  }
  if (arguments.program == nullptr) {
    tinyml_device_stop();
  }
  return firmware.exit_code;
}
