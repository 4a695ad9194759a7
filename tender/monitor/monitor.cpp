// SPDX-License-Identifier: Apache-2.0
#include "tender/monitor/monitor.hpp"

#include "tender/monitor/boot_platform.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <poll.h>
#include <sys/random.h>
#include <sys/time.h>
#include <unistd.h>

namespace tinyml::tender {
namespace {

constexpr std::uint8_t kReasonPowerOn = 0;
constexpr std::uint8_t kReasonFault = 3;
constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kForever = ~0ULL;

std::uint64_t read_clock(clockid_t clock) {
  timespec time{};
  (void)::clock_gettime(clock, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * kSecond +
         static_cast<std::uint64_t>(time.tv_nsec);
}

volatile std::sig_atomic_t out_of_time = 0;
volatile std::sig_atomic_t interrupted = 0;
Monitor *running = nullptr;

void on_debugger_speaks(int /*signal*/) {
  interrupted = 1;
  running->machine().interrupt();
}

void on_time_is_up(int signal) {
  out_of_time = 1;
  on_debugger_speaks(signal);
}

/// For the factory page; mbedTLS has a heap of its own here.
alignas(8) std::uint8_t verifier_memory[boot::kWorkspaceBytes];

/// " 0x" and sixteen digits.
struct Hex {
  explicit Hex(std::uint64_t value) {
    for (std::size_t at = sizeof(digits); at-- > 3; value >>= 4) {
      digits[at] = "0123456789abcdef"[value & 15];
    }
  }
  [[nodiscard]] std::string_view text() const { return {digits, sizeof(digits)}; }

  char digits[19] = {' ', '0', 'x'};
};

} // namespace

std::uint64_t Monitor::clock_ns() { return read_clock(CLOCK_MONOTONIC); }

bool time_is_up() { return out_of_time != 0; }

void install_signals(Monitor &monitor, std::uint32_t max_seconds) {
  running = &monitor;
  struct sigaction action {};
  action.sa_handler = on_time_is_up;
  (void)::sigaction(SIGALRM, &action, nullptr);
  (void)::sigaction(SIGXCPU, &action, nullptr);
  action.sa_handler = on_debugger_speaks;
  (void)::sigaction(SIGIO, &action, nullptr);
  action.sa_handler = SIG_IGN;
  (void)::sigaction(SIGPIPE, &action, nullptr); // nobody listens to the console
  if (max_seconds > 0) {
    itimerval timer{};
    timer.it_value.tv_sec = max_seconds;
    timer.it_interval.tv_usec = 100'000; // again, should it come between a look and a sleep
    (void)::setitimer(ITIMER_REAL, &timer, nullptr);
  }
}

Monitor::Monitor(const MonitorOptions &options, VirtualMachine machine, StoreFile store,
                 FrameLink link, std::optional<ProgramFile> program,
                 std::optional<Debugger> debugger, std::uint64_t start_ns)
    : options_(options), machine_(std::move(machine)), store_(std::move(store)),
      link_(std::move(link)), program_(std::move(program)), debugger_(std::move(debugger)),
      start_ns_(start_ns) {
  choose_mac();
  if (options_.statistics) {
    statistics_.prepare();
  }
}

/// The one that the device was provisioned with; a program alone gets any (locally administered
/// unicast, IEEE 802, 8.2.2).
void Monitor::choose_mac() {
  constexpr std::uint8_t kLocallyAdministered = 0x02;
  (void)entropy(mac_);
  mac_[0] = static_cast<std::uint8_t>((mac_[0] & 0xFC) | kLocallyAdministered);
  std::uint8_t page[image::kFactoryPageBytes];
  const std::uint32_t at = store::layout_of(store_.info()).factory.offset;
  if (store_.read(at, page) == hal::Status::kOk) {
    const auto factory = image::parse_factory_page(page);
    if (factory && factory->mac.size() == sizeof(mac_)) {
      std::copy(factory->mac.begin(), factory->mac.end(), mac_);
    }
  }
}

int Monitor::live() {
  std::uint8_t reason = kReasonPowerOn;
  int code = -1;
  while (code < 0) {
    if (!load()) {
      code = kNothingToStart;
      break;
    }
    const Outcome outcome = run_once(reason);
    reason = static_cast<std::uint8_t>(outcome.code);
    if (outcome.then == Then::kExit) {
      code = static_cast<int>(outcome.code);
    } else if (outcome.then == Then::kTimeIsUp) {
      console("kvm board: the time that the guest was given is up\n");
      code = kTimeIsUp;
    } else if (reason == kReasonFault && program_) {
      code = kGuestFault;
    } else if (reason == kReasonFault) {
      pause_after_fault();
    }
  }
  if (options_.statistics) {
    statistics_.print(machine_.memory());
  }
  return code;
}

bool Monitor::load() { return program_ ? load_program_alone() : load_from_store(); }

bool Monitor::load_program_alone() {
  const ByteSpan rom = make_room(static_cast<std::uint32_t>(program_->rom.size()));
  if (rom.empty()) {
    return false;
  }
  std::copy(program_->rom.begin(), program_->rom.end(), rom.begin());
  entry_ = program_->entry;
  return true;
}

bool Monitor::load_from_store() {
  const std::function<void(std::string_view)> say = [this](std::string_view text) {
    console(text);
  };
  const std::function<ByteSpan(std::uint32_t)> room = [this](std::uint32_t size) {
    return make_room(size);
  };
  BootPlatform platform{store_, say, room};
  boot::Bootloader loader(platform, verifier_memory);
  const boot::Choice choice = loader.choose();
  entry_ = kvm::kRomBase + choice.header.entry_offset;
  return choice.slot != store::Slot::kNone;
}

ByteSpan Monitor::make_room(std::uint32_t program_bytes) {
  std::uint8_t retained[kvm::kPageBytes] = {};
  if (statistics_.starts > 0) {
    std::memcpy(retained, shared().retained, sizeof(retained));
    machine_.discard_memory();
  }
  const auto layout = lay_out(options_.memory_bytes, program_bytes);
  if (!layout) {
    console("kvm board: the program does not fit into the machine's memory; start it with a "
            "larger --memory\n");
    return {};
  }
  layout_ = *layout;
  write_page_tables(machine_.memory(), layout_);
  std::memcpy(shared().retained, retained, sizeof(retained));
  return machine_.memory().subspan(layout_.rom_offset, layout_.rom_bytes);
}

kvm::Shared &Monitor::shared() const {
  return *reinterpret_cast<kvm::Shared *>(machine_.memory().data() + layout_.shared_offset);
}

void Monitor::fill_machine_page(std::uint8_t reset_reason) {
  constexpr std::uint64_t kKhzTo32ndPower = (1'000'000ULL << 32);
  kvm::Machine &page = shared().machine;
  page.magic = kvm::Machine::kMagic;
  page.abi_version = hal::kAbiVersion;
  page.page_bytes = sizeof(page);
  page.reset_reason = reset_reason;
  page.ram_bytes = layout_.ram_bytes;
  page.store = store_.info();
  page.counter_khz = machine_.counter_khz();
  page.ns_per_count = static_cast<std::uint32_t>(kKhzTo32ndPower / machine_.counter_khz());
  std::copy(std::begin(mac_), std::end(mac_), std::begin(page.mac));
}

Outcome Monitor::run_once(std::uint8_t reset_reason) {
  ++statistics_.starts;
  fill_machine_page(reset_reason);
  zero_ns_ = clock_ns();
  Hypercalls hypercalls(layout_.memory(machine_.memory()), shared(), *this);
  hypercalls.tell_time();
  bool reported = false;
  if (!machine_.start(entry_)) {
    console("kvm board: KVM refused to start the processor\n");
    return {Then::kExit, kNoKvm};
  }
  if (debugger_) {
    debugger_->on_start(machine_, layout_.memory(machine_.memory(), true));
  }
  for (;;) {
    if (debugger_ && debugger_->wants_to_end()) {
      return {Then::kExit, 0};
    }
    switch (machine_.run()) {
    case Stop::kDoorbell: {
      ++statistics_.requests;
      const Outcome outcome = hypercalls.handle(machine_.doorbell());
      if (outcome.then == Then::kGoOn) {
        continue;
      }
      if (outcome.then != Then::kFault) {
        return outcome;
      }
      break;
    }
    case Stop::kFault:
      break;
    case Stop::kInterrupt:
      interrupted = 0;
      if (debugger_) {
        debugger_->on_interrupt(machine_);
      }
      if (time_is_up()) {
        hypercalls.flush();
        return {Then::kTimeIsUp, 0};
      }
      continue;
    case Stop::kBroken:
      hypercalls.flush();
      console("kvm board: KVM cannot run this guest any further\n");
      return {Then::kExit, kNoKvm};
    }
    hypercalls.flush();
    if (debugger_ && debugger_->on_fault(machine_)) {
      continue;
    }
    if (!handle_fault(reported)) {
      return {Then::kReset, kReasonFault};
    }
    reported = true;
  }
}

/// True when the guest goes on with its own report; else the monitor has told of the fault.
bool Monitor::handle_fault(bool reported_before) {
  ++statistics_.faults;
  kvm::Machine &page = shared().machine;
  const std::uint32_t entry = page.fault_entry;
  const kvm::FaultRegisters registers = machine_.fault_registers();
  const bool is_code = entry >= kvm::kRomBase && entry - kvm::kRomBase < layout_.rom_bytes;
  if (!reported_before && is_code && machine_.enter(entry, kvm::kFaultStackTop)) {
    page.fault = registers;
    return true;
  }
  tell_fault(registers);
  return false;
}

void Monitor::tell_fault(const kvm::FaultRegisters &registers) {
  console("kvm board: fault, program counter");
  console(Hex(registers.rip).text());
  console(", stack");
  console(Hex(registers.rsp).text());
  console(", address");
  console(Hex(registers.address).text());
  console(", vector");
  console(Hex(registers.vector).text());
  console("\n");
}

/// A crash loop shall not take the whole processor: ever longer, up to some seconds.
void Monitor::pause_after_fault() {
  constexpr std::uint64_t kFirstPause = kSecond / 10;
  constexpr std::uint32_t kMostDoublings = 5;
  constexpr std::uint64_t kGoodRun = 10 * kSecond;
  faults_in_a_row_ = now_ns() > kGoodRun ? 0 : std::min(faults_in_a_row_ + 1, kMostDoublings);
  const std::uint64_t until =
      clock_ns() + (kFirstPause << (faults_in_a_row_ > 0 ? faults_in_a_row_ - 1 : 0));
  while (clock_ns() < until && !time_is_up()) {
    (void)sleep_until(until, false);
  }
}

/// False when a signal came.
bool Monitor::sleep_until(std::uint64_t wake_ns, bool wake_by_frames) {
  const std::uint64_t now = clock_ns();
  const std::uint64_t left = wake_ns > now ? wake_ns - now : 0;
  const timespec timeout = {static_cast<time_t>(left / kSecond), static_cast<long>(left % kSecond)};
  pollfd cable = {wake_by_frames ? link_.fd() : -1, POLLIN, 0};
  if (interrupted == 0) {
    (void)::ppoll(&cable, 1, wake_ns == kForever ? nullptr : &timeout, nullptr);
  }
  return interrupted == 0;
}

void Monitor::console(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written <= 0) {
      return;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

Devices::Received Monitor::receive(std::span<kvm::FrameSlot> slots) {
  const Received received = link_.receive(slots);
  statistics_.frames_received += received.frames;
  return received;
}

void Monitor::send(std::span<const ByteView> frames) {
  if (link_.fd() < 0) {
    return;
  }
  link_.send(frames);
  if (statistics_.frames_sent == 0) {
    statistics_.first_frame_ns = clock_ns() - start_ns_;
  }
  statistics_.frames_sent += frames.size();
}

bool Monitor::wait_until(std::uint64_t deadline_ns) {
  return sleep_until(deadline_ns > kForever - zero_ns_ ? kForever : zero_ns_ + deadline_ns, true);
}

std::uint64_t Monitor::now_ns() { return clock_ns() - zero_ns_; }

std::uint64_t Monitor::wall_zero_ns() { return read_clock(CLOCK_REALTIME) - now_ns(); }

hal::Status Monitor::store_read(std::uint32_t offset, ByteSpan to) {
  return store_.read(offset, to);
}
hal::Status Monitor::store_erase(std::uint32_t offset, std::uint32_t size_bytes) {
  return store_.erase(offset, size_bytes);
}
hal::Status Monitor::store_write(std::uint32_t offset, ByteView from) {
  return store_.write(offset, from);
}

hal::Status Monitor::entropy(ByteSpan to) {
  while (!to.empty()) {
    const ssize_t got = ::getrandom(to.data(), to.size(), 0);
    if (got < 0 && errno != EINTR) {
      return hal::Status::kIo;
    }
    to = to.subspan(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  }
  return hal::Status::kOk;
}

std::uint32_t Monitor::verify_slot(std::uint32_t slot) {
  const std::function<void(std::string_view)> say = [](std::string_view) {};
  const std::function<ByteSpan(std::uint32_t)> room = [](std::uint32_t) { return ByteSpan{}; };
  BootPlatform platform{store_, say, room};
  boot::Bootloader loader(platform, verifier_memory);
  const auto which = slot <= 1 ? static_cast<store::Slot>(slot) : store::Slot::kNone;
  return static_cast<std::uint32_t>(loader.verify_for_service(which));
}

} // namespace tinyml::tender
