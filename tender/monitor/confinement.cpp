// SPDX-License-Identifier: Apache-2.0
#include "tender/monitor/confinement.hpp"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/kvm.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

namespace tinyml::tender {
namespace {

using Filter = std::vector<sock_filter>;

constexpr std::uint32_t kNumberAt = offsetof(seccomp_data, nr);
constexpr std::uint32_t kArchitectureAt = offsetof(seccomp_data, arch);
constexpr std::uint32_t kSecondArgumentAt = offsetof(seccomp_data, args) + 8;

/// What running a guest takes.
constexpr long kCalls[] = {SYS_pread64,       SYS_pwrite64,   SYS_write,        SYS_ppoll,
                           SYS_recvmmsg,      SYS_sendmmsg,   SYS_getrandom,    SYS_madvise,
                           SYS_clock_gettime, SYS_exit_group, SYS_rt_sigreturn, SYS_restart_syscall,
                           SYS_mincore};
/// A debugger's connection, besides.
constexpr long kDebuggerCalls[] = {SYS_recvfrom, SYS_sendto, SYS_close};
/// The requests of ioctl.
constexpr unsigned long kRequests[] = {KVM_RUN,       KVM_GET_REGS,       KVM_SET_REGS,
                                       KVM_GET_SREGS, KVM_SET_SREGS,      KVM_SET_FPU,
                                       KVM_SET_XCRS,  KVM_GET_VCPU_EVENTS};

void load(Filter &filter, std::uint32_t offset) {
  filter.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset));
}
void answer(Filter &filter, std::uint32_t action) {
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, action));
}
/// The next `skipped` instructions run only when the loaded word is `value`.
void if_equal(Filter &filter, std::uint64_t value, std::uint8_t skipped) {
  filter.push_back(
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(value), 0, skipped));
}
void allow_if(Filter &filter, std::uint64_t value) {
  if_equal(filter, value, 1);
  answer(filter, SECCOMP_RET_ALLOW);
}

Filter make_filter(bool debugger) {
  Filter filter;
  load(filter, kArchitectureAt);
  if_equal(filter, AUDIT_ARCH_X86_64, 1);
  filter.push_back(BPF_STMT(BPF_JMP | BPF_JA, 1));
  answer(filter, SECCOMP_RET_KILL_PROCESS);
  load(filter, kNumberAt);
  for (const long call : kCalls) {
    allow_if(filter, static_cast<std::uint64_t>(call));
  }
  for (const long call : kDebuggerCalls) {
    if (debugger) {
      allow_if(filter, static_cast<std::uint64_t>(call));
    }
  }
  if_equal(filter, SYS_ioctl, 1 + 2 * std::size(kRequests));
  load(filter, kSecondArgumentAt);
  for (const unsigned long request : kRequests) {
    allow_if(filter, request);
  }
  answer(filter, SECCOMP_RET_KILL_PROCESS);
  return filter;
}

bool limit(__rlimit_resource what, rlim_t value) {
  const rlimit limits = {value, value};
  return ::setrlimit(what, &limits) == 0;
}

bool limit_resources(std::uint32_t max_cpu_seconds) {
  constexpr rlim_t kFiles = 16; // poll() takes no more than this many
  bool good = limit(RLIMIT_CORE, 0) && limit(RLIMIT_NOFILE, kFiles);
  if (max_cpu_seconds > 0) {
    const rlimit processor = {max_cpu_seconds, rlim_t{max_cpu_seconds} + 2};
    good = good && ::setrlimit(RLIMIT_CPU, &processor) == 0;
  }
  return good;
}

} // namespace

void close_inherited_files() {
  constexpr unsigned kFirst = 3;
  (void)::syscall(SYS_close_range, kFirst, ~0U, 0);
}

Expected<void> confine(std::uint32_t max_cpu_seconds, bool debugger) {
  Filter filter = make_filter(debugger);
  const sock_fprog program = {static_cast<unsigned short>(filter.size()), filter.data()};
  if (!limit_resources(max_cpu_seconds) || ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    return fail(ErrorCode::kUnavailable,
                std::string("the kernel does not let the monitor confine itself: ") +
                    std::strerror(errno));
  }
  return {};
}

} // namespace tinyml::tender
