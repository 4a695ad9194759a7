// SPDX-License-Identifier: Apache-2.0
#include "bench/os/first_frame.hpp"

#include "host/files.hpp"
#include "tender/machine/flash_programmer.hpp"
#include "tender/machine/machine.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

namespace tinyml::bench_os {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kStartDate = "2020-01-01T00:00:00";
constexpr std::uint64_t kStartDateUs = 1'577'836'800ULL * 1'000'000;
/// An instruction takes 1024 ns of the machine's time, so that the capture's microseconds tell
/// single ones apart.
constexpr std::string_view kCounting = "shift=10,sleep=off";
constexpr double kUsPerInstruction = 1.024;
constexpr seconds kPatience{120};

/// The machine's command with its network card's frames captured, with the machine's own time.
Expected<std::vector<std::string>> command_of(const BenchDevice &device, const fs::path &capture) {
  auto argv = tender::machine_command({.board = device.board,
                                       .program = device.program,
                                       .store = device.store,
                                       .exact_instruction_counts = true});
  if (!argv.ok()) {
    return argv;
  }
  const auto counting = std::ranges::find(*argv, "shift=0");
  const bool has_card = std::ranges::any_of(
      *argv, [](const std::string &word) { return word.starts_with("hubport,id=net"); });
  if (counting == argv->end() || !has_card) {
    return std::vector<std::string>{};
  }
  *counting = kCounting;
  argv->insert(argv->end(), {"-rtc", "base=" + std::string(kStartDate) + ",clock=vm", "-object",
                             "filter-dump,id=capture,netdev=net,file=" + capture.string()});
  return argv;
}

/// Where the flash is written from outside, that of a new device is blank: its first start ends by
/// asking for it to be written, and is not what is measured.
Expected<void> fill_flash(const BenchDevice &device) {
  const auto flash = tender::outside_flash(device.board);
  if (!flash) {
    return {};
  }
  const tender::MachineConfig config = {
      .board = device.board, .program = device.program, .store = device.store};
  const auto argv = tender::machine_command(config);
  if (!argv.ok()) {
    return Failure{argv.error()};
  }
  const auto machine = tender::Machine::start_command(*argv);
  if (!machine.ok()) {
    return Failure{machine.error()};
  }
  const auto ended = (*machine)->wait(kPatience);
  return ended && ended->code == boot::kAskProgrammer
             ? tender::FlashProgrammer(config, *flash).program()
             : Expected<void>{};
}

} // namespace

std::optional<std::uint64_t> first_packet_us(ByteView capture) {
  constexpr std::size_t kFileHeaderBytes = 24;
  constexpr std::size_t kPacketHeaderBytes = 16;
  if (capture.size() < kFileHeaderBytes + kPacketHeaderBytes) {
    return std::nullopt;
  }
  const std::uint8_t *at = capture.data() + kFileHeaderBytes;
  return std::uint64_t{load_le<std::uint32_t>(at)} * 1'000'000 + load_le<std::uint32_t>(at + 4);
}

Expected<std::optional<std::uint64_t>> instructions_to_first_frame(const BenchDevice &device,
                                                                   const fs::path &work) {
  const fs::path capture = work / "frames.pcap";
  fs::remove(capture);
  if (const auto filled = fill_flash(device); !filled.ok()) {
    return Failure{filled.error()};
  }
  const auto argv = command_of(device, capture);
  if (!argv.ok()) {
    return Failure{argv.error()};
  }
  if (argv->empty()) {
    return std::optional<std::uint64_t>{};
  }
  const auto machine = tender::Machine::start_command(*argv);
  if (!machine.ok()) {
    return Failure{machine.error()};
  }
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < deadline && (*machine)->running()) {
    const auto bytes = host::read_file(capture);
    if (const auto at = bytes.ok() ? first_packet_us(*bytes) : std::nullopt; at) {
      const auto elapsed_us = static_cast<double>(*at - kStartDateUs);
      return std::optional(static_cast<std::uint64_t>(elapsed_us / kUsPerInstruction));
    }
    std::this_thread::sleep_for(milliseconds(10));
  }
  return fail(ErrorCode::kUnavailable, "board " + device.board +
                                           " sent no frame; its console says:\n" +
                                           (*machine)->console());
}

} // namespace tinyml::bench_os
