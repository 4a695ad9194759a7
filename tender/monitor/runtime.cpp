// SPDX-License-Identifier: Apache-2.0
// What the monitor needs of a C library and no more, over system calls: with it the whole program
// is a few pages, and it has begun its work before a C library has begun its own.
#include "os/cpu/x86_64/linux_call.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <new>
#include <poll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

int main(int argc, char **argv);

namespace {

using tinyml::linux_x86_64::address_of;
using tinyml::linux_x86_64::Call;

constexpr long kLeastError = -4095;

int error_number = 0;

/// A system call as a C library makes it: -1 and errno.
template <typename... Arguments> long make(long number, Arguments... arguments) {
  const long result = tinyml::linux_x86_64::call(static_cast<Call>(number), arguments...);
  if (result < 0 && result >= kLeastError) {
    error_number = static_cast<int>(-result);
    return -1;
  }
  return result;
}
template <typename... Arguments> int make_int(long number, Arguments... arguments) {
  return static_cast<int>(make(number, arguments...));
}

/// The heap: blocks of sizes that are powers of two, each with a list of those that are free. Large
/// blocks are pages of their own.
struct alignas(16) BlockHead {
  std::size_t size; ///< with this head
  BlockHead *next_free;
};
constexpr unsigned kSmallestLog2 = 5;
constexpr unsigned kLargestLog2 = 13;
alignas(16) std::uint8_t arena[128U << 10];
std::size_t arena_used = 0;
BlockHead *free_blocks[kLargestLog2 + 1];

BlockHead *take_pages(std::size_t size) {
  void *pages = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return pages == MAP_FAILED ? nullptr : static_cast<BlockHead *>(pages);
}

BlockHead *take_block(unsigned log2) {
  BlockHead *block = free_blocks[log2];
  if (block != nullptr) {
    free_blocks[log2] = block->next_free;
  } else if (sizeof(arena) - arena_used >= std::size_t{1} << log2) {
    block = reinterpret_cast<BlockHead *>(arena + arena_used);
    arena_used += std::size_t{1} << log2;
  }
  return block;
}

void *allocate(std::size_t wanted) {
  const std::size_t whole = std::max(wanted + sizeof(BlockHead), std::size_t{1} << kSmallestLog2);
  const auto log2 = static_cast<unsigned>(std::bit_width(whole - 1));
  const bool large = log2 > kLargestLog2;
  BlockHead *block = large ? take_pages(whole) : take_block(log2);
  if (block == nullptr) {
    return nullptr;
  }
  block->size = large ? whole : std::size_t{1} << log2;
  return block + 1;
}

void release(void *memory) {
  if (memory == nullptr) {
    return;
  }
  BlockHead *block = static_cast<BlockHead *>(memory) - 1;
  const auto log2 = static_cast<unsigned>(std::bit_width(block->size - 1));
  if (log2 > kLargestLog2) {
    (void)::munmap(block, block->size);
    return;
  }
  block->next_free = free_blocks[log2];
  free_blocks[log2] = block;
}

void *allocate_or_die(std::size_t size) {
  void *memory = allocate(size);
  if (memory == nullptr) {
    ::abort();
  }
  return memory;
}

using Word = std::uint64_t __attribute__((may_alias, aligned(1)));
constexpr std::size_t kLongBytes = 512;

/// struct kernel_sigaction
struct KernelAction {
  void (*handler)(int);
  std::uint64_t flags;
  void (*restorer)();
  std::uint64_t mask;
};
constexpr std::uint64_t kHasRestorer = 0x0400'0000;
constexpr long kMaskBytes = 8;

__attribute__((naked)) void return_from_signal() {
  asm volatile("movl $15, %eax\n" // rt_sigreturn
               "syscall\n");
}

} // namespace

void *operator new(std::size_t size) { return allocate_or_die(size); }
void operator delete(void *block, std::size_t /*size*/) noexcept { release(block); }
void operator delete(void *block) noexcept { release(block); }

namespace std {
// What the standard library does with our own mistakes.
void __throw_bad_alloc() { ::abort(); }
void __throw_length_error(const char *) { ::abort(); }
void __throw_logic_error(const char *) { ::abort(); }
void __throw_out_of_range_fmt(const char *, ...) { ::abort(); }
void __throw_bad_function_call() { ::abort(); }
void __throw_bad_variant_access(const char *) { ::abort(); }
} // namespace std

extern "C" {

int *__errno_location() noexcept { return &error_number; }

void abort() noexcept {
  constexpr int kAbortCode = 134; // 128 + SIGABRT
  ::_exit(kAbortCode);
}
void _exit(int code) {
  for (;;) {
    (void)make(SYS_exit_group, code);
  }
}
void __cxa_pure_virtual() { ::abort(); }
int __cxa_atexit(void (*)(void *), void *, void *) { return 0; } // nothing runs at the end

// Most copies are a few words: the string instructions take longer to begin than those need.
void *memcpy(void *__restrict to, const void *__restrict from, std::size_t size) noexcept {
  auto *out = static_cast<std::uint8_t *>(to);
  const auto *in = static_cast<const std::uint8_t *>(from);
  if (size < kLongBytes) {
    for (; size >= sizeof(Word); size -= sizeof(Word), out += sizeof(Word), in += sizeof(Word)) {
      *reinterpret_cast<Word *>(out) = *reinterpret_cast<const Word *>(in);
    }
  }
  if (size > 0) {
    asm volatile("rep movsb" : "+D"(out), "+S"(in), "+c"(size) : : "memory");
  }
  return to;
}
void *memmove(void *to, const void *from, std::size_t size) noexcept {
  auto *out = static_cast<std::uint8_t *>(to);
  const auto *in = static_cast<const std::uint8_t *>(from);
  if (out <= in || out >= in + size) {
    return memcpy(to, from, size);
  }
  while (size-- > 0) {
    *static_cast<volatile std::uint8_t *>(out + size) = in[size];
  }
  return to;
}
void *memset(void *to, int value, std::size_t size) noexcept {
  constexpr std::uint64_t kEveryByte = 0x0101'0101'0101'0101;
  auto *out = static_cast<std::uint8_t *>(to);
  if (size < kLongBytes) {
    const std::uint64_t word = static_cast<std::uint8_t>(value) * kEveryByte;
    for (; size >= sizeof(Word); size -= sizeof(Word), out += sizeof(Word)) {
      *reinterpret_cast<Word *>(out) = word;
    }
  }
  if (size > 0) {
    asm volatile("rep stosb" : "+D"(out), "+c"(size) : "a"(value) : "memory");
  }
  return to;
}
void *calloc(std::size_t count, std::size_t size) noexcept {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    return nullptr;
  }
  void *memory = allocate(bytes);
  return memory == nullptr ? nullptr : memset(memory, 0, bytes);
}
void free(void *memory) noexcept { release(memory); }
/// Nothing here is a secret: only signatures are checked.
void mbedtls_platform_zeroize(void *memory, std::size_t size) { memset(memory, 0, size); }

int memcmp(const void *left, const void *right, std::size_t size) noexcept {
  const auto *a = static_cast<const volatile std::uint8_t *>(left);
  const auto *b = static_cast<const volatile std::uint8_t *>(right);
  for (; size > 0; --size, ++a, ++b) {
    const int difference = *a - *b;
    if (difference != 0) {
      return difference;
    }
  }
  return 0;
}
void *memchr(const void *in, int value, std::size_t size) noexcept {
  const auto *at = static_cast<const std::uint8_t *>(in);
  for (; size > 0; --size, ++at) {
    if (*at == static_cast<std::uint8_t>(value)) {
      return const_cast<std::uint8_t *>(at);
    }
  }
  return nullptr;
}
std::size_t strlen(const char *text) noexcept {
  const volatile char *end = text;
  while (*end != '\0') {
    ++end;
  }
  return static_cast<std::size_t>(end - text);
}

char *strerror(int number) noexcept {
  static char text[] = "error 000";
  for (int i = 8; i > 5; --i, number /= 10) {
    text[i] = static_cast<char>('0' + number % 10);
  }
  return text;
}

int open(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const int mode = (flags & O_CREAT) != 0 ? va_arg(arguments, int) : 0;
  va_end(arguments);
  return make_int(SYS_open, address_of(path), flags, mode);
}
int close(int file) { return make_int(SYS_close, file); }
int fstat(int file, struct stat *status) noexcept {
  return make_int(SYS_fstat, file, address_of(status));
}
int access(const char *path, int mode) noexcept {
  return make_int(SYS_access, address_of(path), mode);
}
int fcntl(int file, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  const int argument = va_arg(arguments, int);
  va_end(arguments);
  return make_int(SYS_fcntl, file, command, argument);
}
pid_t getpid() noexcept { return make_int(SYS_getpid); }
int flock(int file, int operation) noexcept { return make_int(SYS_flock, file, operation); }
ssize_t pread(int file, void *to, std::size_t size, off_t offset) {
  return make(SYS_pread64, file, address_of(to), static_cast<long>(size), offset);
}
ssize_t pwrite(int file, const void *from, std::size_t size, off_t offset) {
  return make(SYS_pwrite64, file, address_of(from), static_cast<long>(size), offset);
}
ssize_t write(int file, const void *from, std::size_t size) {
  return make(SYS_write, file, address_of(from), static_cast<long>(size));
}
int ioctl(int file, unsigned long request, ...) noexcept {
  va_list arguments;
  va_start(arguments, request);
  const long argument = va_arg(arguments, long);
  va_end(arguments);
  return make_int(SYS_ioctl, file, static_cast<long>(request), argument);
}
void *mmap(void *at, std::size_t size, int protection, int flags, int file, off_t offset) noexcept {
  return reinterpret_cast<void *>(
      make(SYS_mmap, address_of(at), static_cast<long>(size), protection, flags, file, offset));
}
int munmap(void *at, std::size_t size) noexcept {
  return make_int(SYS_munmap, address_of(at), static_cast<long>(size));
}
int madvise(void *at, std::size_t size, int advice) noexcept {
  return make_int(SYS_madvise, address_of(at), static_cast<long>(size), advice);
}
int mincore(void *at, std::size_t size, unsigned char *pages) noexcept {
  return make_int(SYS_mincore, address_of(at), static_cast<long>(size), address_of(pages));
}

int socket(int family, int type, int protocol) noexcept {
  return make_int(SYS_socket, family, type, protocol);
}
int bind(int socket, const sockaddr *address, socklen_t length) noexcept {
  return make_int(SYS_bind, socket, address_of(address), length);
}
int connect(int socket, const sockaddr *address, socklen_t length) {
  return make_int(SYS_connect, socket, address_of(address), length);
}
int listen(int socket, int waiting) noexcept { return make_int(SYS_listen, socket, waiting); }
int setsockopt(int socket, int level, int name, const void *value, socklen_t length) noexcept {
  return make_int(SYS_setsockopt, socket, level, name, address_of(value), length);
}
int accept4(int socket, sockaddr *address, socklen_t *length, int flags) {
  return make_int(SYS_accept4, socket, address_of(address), address_of(length), flags);
}
ssize_t recv(int socket, void *to, std::size_t size, int flags) {
  return make(SYS_recvfrom, socket, address_of(to), static_cast<long>(size), flags);
}
ssize_t send(int socket, const void *from, std::size_t size, int flags) {
  return make(SYS_sendto, socket, address_of(from), static_cast<long>(size), flags);
}
int recvmmsg(int socket, mmsghdr *messages, unsigned count, int flags, timespec *timeout) {
  return make_int(SYS_recvmmsg, socket, address_of(messages), count, flags, address_of(timeout));
}
int sendmmsg(int socket, mmsghdr *messages, unsigned count, int flags) {
  return make_int(SYS_sendmmsg, socket, address_of(messages), count, flags);
}
int ppoll(pollfd *files, nfds_t count, const timespec *timeout, const sigset_t *mask) {
  timespec left = timeout == nullptr ? timespec{} : *timeout; // the kernel counts it down
  return make_int(SYS_ppoll, address_of(files), static_cast<long>(count),
                  timeout == nullptr ? 0 : address_of(&left), address_of(mask), kMaskBytes);
}

int clock_gettime(clockid_t clock, timespec *time) noexcept {
  return make_int(SYS_clock_gettime, clock, address_of(time));
}
int setitimer(__itimer_which_t which, const itimerval *value, itimerval *old) noexcept {
  return make_int(SYS_setitimer, static_cast<int>(which), address_of(value), address_of(old));
}
ssize_t getrandom(void *to, std::size_t size, unsigned flags) {
  return make(SYS_getrandom, address_of(to), static_cast<long>(size), flags);
}
int setrlimit(__rlimit_resource_t what, const rlimit *limits) noexcept {
  return make_int(SYS_setrlimit, static_cast<int>(what), address_of(limits));
}
int prctl(int option, ...) noexcept {
  va_list arguments;
  va_start(arguments, option);
  const long first = va_arg(arguments, long);
  const long second = va_arg(arguments, long);
  va_end(arguments);
  return make_int(SYS_prctl, option, first, second, 0, 0);
}
long syscall(long number, ...) noexcept {
  va_list arguments;
  va_start(arguments, number);
  const long first = va_arg(arguments, long);
  const long second = va_arg(arguments, long);
  const long third = va_arg(arguments, long);
  va_end(arguments);
  return make(number, first, second, third);
}
int sigaction(int number, const struct sigaction *action, struct sigaction * /*old*/) noexcept {
  const KernelAction kernel = {action->sa_handler,
                               static_cast<std::uint64_t>(action->sa_flags) | kHasRestorer,
                               return_from_signal, 0};
  return make_int(SYS_rt_sigaction, number, address_of(&kernel), 0, kMaskBytes);
}

/// From the kernel: the number of arguments and their addresses lie where the stack begins.
[[noreturn]] void tinyml_monitor_start(long *stack) {
  ::_exit(main(static_cast<int>(stack[0]), reinterpret_cast<char **>(stack + 1)));
}
__attribute__((naked, noreturn)) void _start() {
  asm volatile("xorl %ebp, %ebp\n"
               "movq %rsp, %rdi\n"
               "andq $-16, %rsp\n"
               "call tinyml_monitor_start\n");
}
}
