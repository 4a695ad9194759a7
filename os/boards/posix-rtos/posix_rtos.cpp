// SPDX-License-Identifier: Apache-2.0
// Host only: os/hosted/rtos.hpp over POSIX. What a port to another operating system looks like.
#include "os/boards/posix-rtos/posix_rtos.hpp"

#include "os/drivers/nor_memory.hpp"
#include "os/hosted/loader.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/ucontext.h>
#include <unistd.h>

namespace tinyml {

namespace {

constexpr std::uintptr_t kCode = 0x10000000; // as in image.ld
constexpr std::size_t kCodeBytes = 2U << 20;
constexpr std::uintptr_t kData = 0x10400000;
constexpr std::size_t kDataBytes = 1U << 20;
constexpr hal::StoreInfo kStorage = {
    .size_bytes = posix::kStorageBytes, .sector_bytes = 4096, .program_bytes = 16};

std::uint8_t *storage = nullptr;
in_addr own_address = {htonl(INADDR_LOOPBACK)};
int udp_socket = -1;
sigjmp_buf way_out;
void (*thread_body)() = nullptr;

drivers::NorMemory flash() { return {storage, kStorage}; }

std::uint64_t clock_ns(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(time.tv_nsec);
}

bool map_at(std::uintptr_t address, std::size_t size) {
  void *const wanted = reinterpret_cast<void *>(address);
  return ::mmap(wanted, size, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == wanted;
}

/// The processor's faults arrive as signals. Does not return while a program is running.
void on_fault(int number, siginfo_t *info, void *context) {
  const gregset_t &at = static_cast<ucontext_t *>(context)->uc_mcontext.gregs;
  constexpr int kOrder[diagnostics::kCrashRegisters] = {REG_RAX, REG_RBX, REG_RCX, REG_RDX,
                                                        REG_RSI, REG_RDI, REG_RBP, REG_R8,
                                                        REG_R9,  REG_R10, REG_R11, REG_EFL};
  hosted::Fault fault = {.raw_cause = static_cast<std::uint32_t>(number),
                         .address = reinterpret_cast<std::uintptr_t>(info->si_addr),
                         .pc = static_cast<std::uintptr_t>(at[REG_RIP]),
                         .sp = static_cast<std::uintptr_t>(at[REG_RSP]),
                         .return_address = 0,
                         .registers = {}};
  for (std::size_t i = 0; i < diagnostics::kCrashRegisters; ++i) {
    fault.registers[i] = static_cast<std::uintptr_t>(at[kOrder[i]]);
  }
  constexpr std::size_t kBelow = 65536; // an overflow of the program's stack
  const bool in_program =
      fault.pc - kCode < kCodeBytes || fault.sp - (kData - kBelow) < kDataBytes + kBelow;
  if (!in_program || !hosted::program_faulted(fault)) {
    ::signal(number, SIG_DFL); // the firmware's own mistake: the same again, without us
  }
}

/// On a stack of its own, for the program's may be what is wrong.
void catch_faults() {
  alignas(16) static std::uint8_t signal_stack[65536];
  const stack_t stack = {.ss_sp = signal_stack, .ss_flags = 0, .ss_size = sizeof(signal_stack)};
  ::sigaltstack(&stack, nullptr);
  struct sigaction action = {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  for (const int number : {SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV}) {
    ::sigaction(number, &action, nullptr);
  }
}

void *run_thread(void *) {
  catch_faults();
  thread_body();
  return nullptr;
}

} // namespace

const char *posix::use_storage(const char *path) {
  const int file = ::open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  struct stat status = {};
  if (file < 0 || ::fstat(file, &status) != 0) {
    return "cannot open the storage file; does its folder exist and may it be written?";
  }
  const bool blank = status.st_size == 0;
  if ((!blank && status.st_size != kStorageBytes) || ::ftruncate(file, kStorageBytes) != 0) {
    return "the storage file is not 4 MiB long; name another, or none that exists";
  }
  void *const at = ::mmap(nullptr, kStorageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  if (at == MAP_FAILED) {
    return "cannot map the storage file";
  }
  storage = static_cast<std::uint8_t *>(at);
  if (blank) {
    std::memset(storage, 0xFF, kStorageBytes);
  }
  return nullptr;
}

bool posix::use_address(const char *ipv4) { return ::inet_pton(AF_INET, ipv4, &own_address) == 1; }

const char *posix::map_program_memory() {
  return map_at(kCode, kCodeBytes) && map_at(kData, kDataBytes)
             ? nullptr
             : "the memory that programs are linked for is in use by this process";
}

namespace rtos {

std::uint64_t monotonic_ns() { return clock_ns(CLOCK_MONOTONIC); }
std::uint64_t wall_clock_ns() { return clock_ns(CLOCK_REALTIME); }

void console_write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written <= 0) {
      return; // nobody listens
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

bool open_socket(std::uint16_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr = own_address;
  address.sin_port = htons(port);
  udp_socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  socklen_t size = sizeof(address);
  if (udp_socket < 0 || ::bind(udp_socket, reinterpret_cast<sockaddr *>(&address), size) != 0 ||
      ::getsockname(udp_socket, reinterpret_cast<sockaddr *>(&address), &size) != 0) {
    return false;
  }
  ::dprintf(STDOUT_FILENO, "posix rtos: datagrams on UDP port %u\n", ntohs(address.sin_port));
  return true;
}

void close_socket() { ::close(udp_socket); }

hal::Status send(const hal::DatagramHeader &to, ByteView payload) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  std::memcpy(&address.sin_addr, to.ipv4, sizeof(to.ipv4));
  std::memcpy(&address.sin_port, to.port_be, sizeof(to.port_be));
  if (::sendto(udp_socket, payload.data(), payload.size(), 0,
               reinterpret_cast<const sockaddr *>(&address), sizeof(address)) >= 0) {
    return hal::Status::kOk;
  }
  const bool full = errno == EAGAIN || errno == ENOBUFS;
  const bool wrong = errno == EMSGSIZE || errno == EINVAL;
  return full ? hal::Status::kBusy : wrong ? hal::Status::kInvalid : hal::Status::kIo;
}

std::size_t receive(hal::DatagramHeader &from, ByteSpan to) {
  sockaddr_in address = {};
  socklen_t size = sizeof(address);
  const ssize_t got = ::recvfrom(udp_socket, to.data(), to.size(), MSG_TRUNC,
                                 reinterpret_cast<sockaddr *>(&address), &size);
  std::memcpy(from.ipv4, &address.sin_addr, sizeof(from.ipv4));
  std::memcpy(from.port_be, &address.sin_port, sizeof(from.port_be));
  return got < 0 ? hosted::kNoDatagram : static_cast<std::size_t>(got);
}

bool wait_for_datagram(std::uint32_t milliseconds) {
  pollfd waiting = {udp_socket, POLLIN, 0};
  return ::poll(&waiting, 1, static_cast<int>(milliseconds)) > 0;
}

const hal::StoreInfo &storage_info() { return kStorage; }
hal::Status storage_read(std::uint32_t offset, ByteSpan to) { return flash().read(offset, to); }
hal::Status storage_erase(std::uint32_t offset, std::uint32_t size_bytes) {
  return flash().erase(offset, size_bytes);
}
hal::Status storage_write(std::uint32_t offset, ByteView from) {
  return flash().write(offset, from);
}

ByteSpan code_memory() { return {reinterpret_cast<std::uint8_t *>(kCode), kCodeBytes}; }
void open_code_memory() {
  (void)::mprotect(code_memory().data(), kCodeBytes, PROT_READ | PROT_WRITE);
}
void close_code_memory() {
  (void)::mprotect(code_memory().data(), kCodeBytes, PROT_READ | PROT_EXEC);
}

hal::Status random(ByteSpan to) {
  return ::getrandom(to.data(), to.size(), 0) == static_cast<ssize_t>(to.size()) ? hal::Status::kOk
                                                                                 : hal::Status::kIo;
}

bool start_thread(void (*run)(), std::size_t stack_bytes) {
  pthread_attr_t attributes;
  pthread_t thread{};
  thread_body = run;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  const bool good = ::pthread_attr_setstacksize(&attributes, stack_bytes) == 0 &&
                    ::pthread_create(&thread, &attributes, run_thread, nullptr) == 0;
  ::pthread_attr_destroy(&attributes);
  return good;
}

void sleep_ms(std::uint32_t milliseconds) {
  (void)::poll(nullptr, 0, static_cast<int>(milliseconds));
}

void call_until_escape(void (*run)()) {
  if (sigsetjmp(way_out, 1) == 0) {
    run();
  }
}

void escape() { siglongjmp(way_out, 1); }

} // namespace rtos

} // namespace tinyml
