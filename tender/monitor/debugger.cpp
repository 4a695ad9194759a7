// SPDX-License-Identifier: Apache-2.0
#include "tender/monitor/debugger.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tinyml::tender {
namespace {

constexpr std::uint64_t kTrapFlag = 1U << 8; // RFLAGS
constexpr std::uint32_t kDebugVector = 1;
constexpr std::uint32_t kBreakpointVector = 3;

// Why the guest stands, as a signal's number.
constexpr const char *kInterrupted = "S02";
constexpr const char *kTrap = "S05";
constexpr const char *kSegmentationFault = "S0b";

/// The registers in GDB's order for x86-64, without those of the vector units: 17 of 8 bytes, then
/// the flags and the segments of 4.
struct GdbRegisters {
  static constexpr std::size_t kWide = 17;
  static constexpr std::size_t kBytes = kWide * 8 + 7 * 4;

  explicit GdbRegisters(kvm_regs &r)
      : wide{&r.rax, &r.rbx, &r.rcx, &r.rdx, &r.rsi, &r.rdi, &r.rbp, &r.rsp, &r.r8,
             &r.r9,  &r.r10, &r.r11, &r.r12, &r.r13, &r.r14, &r.r15, &r.rip},
        flags(&r.rflags) {}

  void save(ByteSpan to) const {
    for (std::size_t i = 0; i < kWide; ++i) {
      store_le<std::uint64_t>(to.data() + 8 * i, *wide[i]);
    }
    store_le(to.data() + 8 * kWide, static_cast<std::uint32_t>(*flags & ~kTrapFlag));
  }
  void load(ByteView from) const {
    for (std::size_t i = 0; i < kWide; ++i) {
      *wide[i] = load_le<std::uint64_t>(from.data() + 8 * i);
    }
  }

  decltype(kvm_regs::rax) *wide[kWide];
  decltype(kvm_regs::rax) *flags;
};

Failure<HostError> cannot(const char *what, std::uint16_t port) {
  return fail(ErrorCode::kResourceFull,
              std::string("cannot ") + what + " 127.0.0.1:" + std::to_string(port) +
                  " for GDB: " + std::strerror(errno) + "; choose another --gdb port");
}

} // namespace

Expected<Debugger> Debugger::wait_for(std::uint16_t port) {
  const FileDescriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  (void)::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (!listener.valid() ||
      ::bind(listener.get(), reinterpret_cast<const sockaddr *>(&address), sizeof(address)) != 0 ||
      ::listen(listener.get(), 1) != 0) {
    return cannot("listen on", port);
  }
  constexpr std::string_view kWaits = "kvm board: waiting for GDB: target remote 127.0.0.1:";
  const std::string line = std::string(kWaits) + std::to_string(port) + "\n";
  (void)!::write(STDOUT_FILENO, line.data(), line.size());
  Debugger debugger;
  debugger.connection_ = FileDescriptor(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  const int connection = debugger.connection_.get();
  if (!debugger.connection_.valid() || ::fcntl(connection, F_SETOWN, ::getpid()) != 0 ||
      ::fcntl(connection, F_SETFL, O_ASYNC) != 0) {
    return cannot("take a connection at", port);
  }
  return debugger;
}

void Debugger::on_start(VirtualMachine &machine, const GuestMemory &memory) {
  memory_.emplace(memory);
  passing_ = {};
  stepping_ = false;
  for (Breakpoint &breakpoint : breakpoints_) {
    insert(breakpoint); // the image was loaded again
  }
  if (!started_) {
    started_ = true;
    stop(machine, kTrap);
  }
}

bool Debugger::on_fault(VirtualMachine &machine) {
  if (!connection_.valid()) {
    return false;
  }
  const kvm::FaultRegisters fault = machine.fault_registers();
  if (passing_.address != 0 || stepping_) {
    return end_step(machine, fault);
  }
  // A processor tells the address of the int3 or of what follows it.
  const bool behind = fault.vector == kBreakpointVector && find(fault.rip - 1) != nullptr;
  const bool ours = behind || find(fault.rip) != nullptr;
  kvm_regs registers{};
  if (behind && machine.get(registers)) {
    registers.rip -= 1;
    (void)machine.set(registers);
  }
  stop(machine, ours ? kTrap : kSegmentationFault);
  return ours;
}

/// One instruction was done, or could not be.
bool Debugger::end_step(VirtualMachine &machine, const kvm::FaultRegisters &fault) {
  const bool done = fault.vector == kDebugVector || fault.vector == 0;
  const bool told = stepping_ || !done;
  set_trap_flag(machine, false);
  if (Breakpoint *still_there = find(passing_.address); still_there != nullptr) {
    insert(*still_there);
  }
  passing_ = {};
  stepping_ = false;
  if (told) {
    stop(machine, done ? kTrap : kSegmentationFault);
  }
  return done;
}

void Debugger::on_interrupt(VirtualMachine &machine) {
  if (connection_.valid() && interrupted()) {
    stop(machine, kInterrupted);
  }
}

/// What has come without being waited for: at most the wish to stop.
bool Debugger::interrupted() {
  bool wish = false;
  char byte = 0;
  while (::recv(connection_.get(), &byte, 1, MSG_DONTWAIT) == 1) {
    wish = reader_.take(byte) == GdbPacketReader::Event::kInterrupt || wish;
  }
  return wish;
}

void Debugger::stop(VirtualMachine &machine, const char *signal) {
  stepping_ = false;
  last_signal_ = signal;
  if (runs_) {
    answer(signal);
    runs_ = false;
  }
  while (!runs_ && connection_.valid()) {
    char byte = 0;
    const ssize_t got = ::recv(connection_.get(), &byte, 1, 0);
    if (got == 1) {
      take(machine, byte);
    } else if (got == 0 || errno != EINTR) {
      leave();
    }
  }
}

void Debugger::take(VirtualMachine &machine, char byte) {
  const auto event = reader_.take(byte);
  if (event == GdbPacketReader::Event::kDamaged) {
    send("-");
  } else if (event == GdbPacketReader::Event::kPacket) {
    send("+");
    obey(machine, reader_.text());
  }
}

/// GDB is gone: the guest goes on alone.
void Debugger::leave() {
  for (Breakpoint &breakpoint : breakpoints_) {
    remove(breakpoint);
    breakpoint = {};
  }
  connection_ = FileDescriptor();
}

void Debugger::obey(VirtualMachine &machine, std::string_view command) {
  const char first = command.empty() ? '\0' : command.front();
  switch (first) {
  case '?':
    return answer(last_signal_);
  case 'g':
  case 'G':
    return obey_registers(machine, command);
  case 'm':
  case 'M':
    return obey_memory(command);
  case 'Z':
  case 'z':
    return obey_breakpoint(command);
  case 'c':
  case 's':
    return go_on(machine, first == 's');
  case 'H':
    return answer("OK");
  case 'D':
    answer("OK");
    return leave();
  case 'k':
    wants_to_end_ = true;
    return leave();
  default:
    return answer(command.starts_with("qAttached") ? "1" : ""); // "": not known here
  }
}

void Debugger::obey_registers(VirtualMachine &machine, std::string_view command) {
  kvm_regs registers{};
  if (!machine.get(registers)) {
    return answer("E01");
  }
  std::uint8_t bytes[GdbRegisters::kBytes] = {};
  const GdbRegisters view(registers);
  if (take_char(command, 'g')) {
    view.save(bytes);
    GdbAnswer values;
    values.put_bytes(bytes);
    return send(values.packet());
  }
  command.remove_prefix(1);
  if (!take_hex_bytes(command, bytes)) {
    return answer("E01");
  }
  view.load(bytes);
  answer(machine.set(registers) ? "OK" : "E01");
}

/// m ADDRESS,LENGTH and M ADDRESS,LENGTH:BYTES.
void Debugger::obey_memory(std::string_view command) {
  const bool writes = command.front() == 'M';
  command.remove_prefix(1);
  const auto address = take_hex(command);
  const bool comma = take_char(command, ',');
  const auto length = take_hex(command);
  if (!address || !comma || !length || *length > kMostMemory || *address > 0xFFFF'FFFF) {
    return answer("E01");
  }
  const auto bytes =
      memory_->writable(static_cast<std::uint32_t>(*address), static_cast<std::uint32_t>(*length));
  if (!bytes) {
    return answer("E0e"); // EFAULT
  }
  if (writes) {
    return answer(take_char(command, ':') && take_hex_bytes(command, *bytes) ? "OK" : "E01");
  }
  GdbAnswer content;
  content.put_bytes(*bytes);
  send(content.packet());
}

/// Z0,ADDRESS,KIND sets and z0,... removes; other kinds than 0 (in the code) are not known here.
void Debugger::obey_breakpoint(std::string_view command) {
  const bool sets = command.front() == 'Z';
  command.remove_prefix(1);
  if (!take_char(command, '0') || !take_char(command, ',')) {
    return answer("");
  }
  const auto address = take_hex(command);
  if (!address || *address == 0 || !memory_->writable(static_cast<std::uint32_t>(*address), 1)) {
    return answer("E01");
  }
  Breakpoint *breakpoint = find(*address);
  if (!sets && breakpoint != nullptr) {
    remove(*breakpoint);
    *breakpoint = {};
  } else if (sets && breakpoint == nullptr) {
    breakpoint = find(0);
    if (breakpoint == nullptr) {
      return answer("E1c"); // ENOSPC
    }
    breakpoint->address = static_cast<std::uint32_t>(*address);
    insert(*breakpoint);
  }
  answer("OK");
}

/// Over a breakpoint at the program counter the guest goes with one step, without it.
void Debugger::go_on(VirtualMachine &machine, bool one_step) {
  kvm_regs registers{};
  (void)machine.get(registers);
  const Breakpoint *here = find(registers.rip);
  if (here != nullptr) {
    passing_ = *here;
    remove(passing_);
  }
  stepping_ = one_step;
  runs_ = true;
  set_trap_flag(machine, one_step || here != nullptr);
}

void Debugger::set_trap_flag(VirtualMachine &machine, bool on) {
  kvm_regs registers{};
  if (machine.get(registers)) {
    registers.rflags = (registers.rflags & ~kTrapFlag) | (on ? kTrapFlag : 0);
    (void)machine.set(registers);
  }
}

void Debugger::insert(Breakpoint &breakpoint) {
  if (breakpoint.address != 0) {
    breakpoint.instruction = memory_->load<std::uint8_t>(breakpoint.address).value_or(kBreakpoint);
    (void)memory_->store(breakpoint.address, kBreakpoint);
  }
}

void Debugger::remove(const Breakpoint &breakpoint) {
  if (breakpoint.address != 0) {
    (void)memory_->store(breakpoint.address, breakpoint.instruction);
  }
}

Debugger::Breakpoint *Debugger::find(std::uint64_t address) {
  for (Breakpoint &breakpoint : breakpoints_) {
    if (breakpoint.address == address) {
      return &breakpoint;
    }
  }
  return nullptr;
}

void Debugger::answer(std::string_view text) {
  GdbAnswer packet;
  packet.put(text);
  send(packet.packet());
}

void Debugger::send(std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(connection_.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0 && errno != EINTR) {
      return;
    }
    text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
  }
}

} // namespace tinyml::tender
