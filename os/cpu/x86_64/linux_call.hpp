// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Linux system calls on x86-64 (System V ABI, AMD64 supplement, A.2), without a C library:
/// negative values are -errno.
namespace tinyml::linux_x86_64 {

enum class Call : long {
  kWrite = 1,
  kOpen = 2,
  kClose = 3,
  kFileStatus = 5,    // fstat
  kMap = 9,           // mmap
  kSignalAction = 13, // rt_sigaction
  kPwrite = 18,
  kSocket = 41,
  kSendTo = 44,
  kReceiveFrom = 45,
  kBind = 49,
  kSocketName = 51, // getsockname
  kFork = 57,
  kExit = 60,
  kWait = 61,            // wait4
  kTruncate = 77,        // ftruncate
  kSignalStack = 131,    // sigaltstack
  kProcessControl = 157, // prctl
  kClock = 228,          // clock_gettime
  kExitGroup = 231,
  kPollUntil = 271,  // ppoll
  kRandom = 318,     // getrandom
  kMemoryFile = 319, // memfd_create
  kExecuteAt = 322,  // execveat
};

inline long call(Call number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                 long f = 0) {
  long result = static_cast<long>(number);
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  asm volatile("syscall"
               : "+a"(result)
               : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
}

inline long address_of(const void *pointer) { return reinterpret_cast<long>(pointer); }

} // namespace tinyml::linux_x86_64
