// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/hal.hpp"

/// What a guest of board kvm-x86_64 and its monitor (tender/monitor) agree on: where things are in
/// the guest's address space, and how the guest asks for something. The monitor trusts nothing that
/// it reads from here.
namespace tinyml::kvm {

inline constexpr std::uint32_t kPageBytes = 4096;

/// The image, read and execute.
inline constexpr std::uint32_t kRomBase = 0x0040'0000;
inline constexpr std::uint32_t kRomBytes = 16U << 20;
/// Variables and stack, read and write; the page below is not there, so that an overflow of the
/// stack, which lies lowest, is a fault. How much of it there is depends on the machine.
inline constexpr std::uint32_t kRamBase = 0x1000'0000;
inline constexpr std::uint32_t kRamBytes = 15U << 20;
/// The machine page, the retained page, and the frames that wait; read and write.
inline constexpr std::uint32_t kSharedBase = 0x2000'0000;
/// A 32-bit write here gives the address of a Request to the monitor; there is no memory behind.
inline constexpr std::uint32_t kDoorbell = 0x2010'0000;

/// A frame on its way. The side that fills it sets the length.
struct FrameSlot {
  static constexpr std::uint32_t kLargestFrame = 1514; ///< Ethernet II without FCS, MTU 1500
  std::uint16_t size_bytes;
  std::uint8_t frame[1518];
};
inline constexpr std::uint32_t kReceiveSlots = 20;
inline constexpr std::uint32_t kSendSlots = 12;
inline constexpr std::uint32_t kConsoleBytes = 512;

/// The registers of a fault, for the guest's own report of it.
struct FaultRegisters {
  std::uint64_t rip;
  std::uint64_t rsp;
  std::uint64_t rflags;
  std::uint64_t address;     ///< CR2: what a page fault was about
  std::uint64_t general[15]; ///< rax rbx rcx rdx rsi rdi rbp r8 ... r15
  std::uint32_t vector;      ///< 6 undefined, 13 protection, 14 page; 0 when not known
  std::uint32_t reserved;
};

/// The machine page: filled in by the monitor at every start.
struct Machine {
  static constexpr std::uint32_t kMagic = 0x4D56'4D54; ///< "TMVM"

  std::uint32_t magic;
  std::uint16_t abi_version; ///< hal::kAbiVersion of the monitor
  std::uint16_t page_bytes;  ///< of this structure: both sides are of the same sources
  std::uint8_t mac[6];
  std::uint8_t reset_reason;
  std::uint8_t reserved;
  std::uint32_t ram_bytes; ///< from kRamBase on
  hal::StoreInfo store;

  // The clock. Time passes with the processor's time stamp counter since the monitor last told it.
  std::uint32_t counter_khz;
  std::uint32_t ns_per_count; ///< in units of 2^-32
  std::uint32_t reserved_clock;
  std::uint64_t now_ns;       ///< since the start
  std::uint64_t wall_zero_ns; ///< UTC at now_ns = 0

  // Frames and text, both ways.
  std::uint32_t received;      ///< slots the monitor filled
  std::uint32_t all_received;  ///< 1: no more were waiting then
  std::uint32_t to_send;       ///< slots the guest filled; taken at the next request
  std::uint32_t console_bytes; ///< of the text below; taken at the next request
  char console[kConsoleBytes];

  /// Where the guest wants to be entered after a fault, in its ROM, on the stack at the end of the
  /// retained page; 0: nowhere. Once per start.
  std::uint32_t fault_entry;
  std::uint32_t reserved_fault;
  FaultRegisters fault;
};
static_assert(sizeof(Machine) <= kPageBytes);

/// What lies from kSharedBase on.
struct Shared {
  alignas(kPageBytes) Machine machine;
  /// Survives resets; the fault stack is at its end.
  alignas(kPageBytes) std::uint8_t retained[kPageBytes];
  FrameSlot receive[kReceiveSlots];
  FrameSlot send[kSendSlots];
  std::uint8_t store_block[4096]; ///< the guest's own: what it read last
};
inline constexpr std::uint32_t kRetainedBase = kSharedBase + offsetof(Shared, retained);
inline constexpr std::uint32_t kFaultStackTop = kRetainedBase + kPageBytes;

/// What may be asked for. Values are the interface: never renumber.
enum class Call : std::uint32_t {
  kFlush = 0,      ///< sends text and frames, as every other call does too
  kWait = 1,       ///< argument = deadline_ns; brings frames and the time; result 1: frames wait
  kReceive = 2,    ///< the same without waiting
  kStoreRead = 3,  ///< argument = offset; result is a hal::Status, as of the following ones
  kStoreErase = 4, ///< argument = offset, length
  kStoreWrite = 5, ///< argument = offset
  kEntropy = 6,
  kVerifySlot = 7,  ///< argument = slot; result is an image::Error
  kHashStart = 8,   ///< pointer to an image::Sha256
  kHashUpdate = 9,  ///< argument = address of the image::Sha256; pointer, length: the bytes
  kHashFinish = 10, ///< argument = address of the image::Sha256; pointer to the digest
  kReset = 11,      ///< argument = reset reason
  kExit = 12,       ///< argument = exit code
  /// pointer, length: up to kMostReads StoreRead; stops at the first that fails, whose status it
  /// is.
  kStoreReadAll = 13,
};

/// Lies in the guest's RAM, aligned to 8 bytes; `pointer` and `length` are a range of guest memory.
struct Request {
  Call call;
  std::uint32_t result; ///< 0 unless the call says otherwise
  std::uint64_t argument;
  std::uint32_t pointer;
  std::uint32_t length;
};
static_assert(sizeof(Request) == 24);

/// One read of kStoreReadAll, to a range of guest memory.
struct StoreRead {
  std::uint32_t offset;
  std::uint32_t pointer;
  std::uint32_t length;
};
static_assert(sizeof(StoreRead) == 12);
inline constexpr std::uint32_t kMostReads = 32;

/// Result of a call that does not exist or whose pointers are not the guest's.
inline constexpr std::uint32_t kRefused = static_cast<std::uint32_t>(hal::Status::kInvalid);

} // namespace tinyml::kvm
