// SPDX-License-Identifier: Apache-2.0
#include "service/crashes/crash_report.hpp"

#include "protocol/diagnostics/cause.hpp"
#include "service/store/digest.hpp"

#include <algorithm>
#include <array>

namespace tinyml::service {
namespace {

using diagnostics::Architecture;
using diagnostics::CrashRecordOf;

using Names = std::array<const char *, diagnostics::kCrashRegisters>;

/// As CrashRecordOf tells; an empty name is not used.
Names register_names(Architecture architecture) {
  switch (architecture) {
  case Architecture::kArm:
    return {"r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r12", "psr", "hfsr", ""};
  case Architecture::kRiscv:
    return {"a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "t0", "t1", "s0", "s1"};
  case Architecture::kX86_64:
    return {"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "r8", "r9", "r10", "r11", "rflags"};
  case Architecture::kXtensa:
    return {"a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "a10", "a11", "a12", "a13"};
  case Architecture::kUnknown:
    break;
  }
  return {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"};
}

template <typename Word> Expected<CrashReport> read(ByteView bytes) {
  CrashRecordOf<Word> record;
  if (bytes.size() != sizeof(record)) {
    return fail(ErrorCode::kInvalidInput, "a crash record of another length");
  }
  std::memcpy(static_cast<void *>(&record), bytes.data(), sizeof(record));
  if (!diagnostics::is_whole(record) || record.version != diagnostics::kCrashVersion) {
    return fail(ErrorCode::kInvalidInput, "a damaged crash record, or one of a later version");
  }
  CrashReport report{.architecture = record.architecture,
                     .cause = record.cause,
                     .raw_cause = record.raw_cause,
                     .uptime_ms = diagnostics::millis_of_ticks(record.ticks),
                     .word_bytes = sizeof(Word),
                     .fault_address = record.fault_address,
                     .pc = record.pc,
                     .sp = record.sp,
                     .return_address = record.return_address};
  if (report.cause == diagnostics::CrashCause::kUnknown) {
    report.cause = diagnostics::cause_of(record.architecture, record.raw_cause);
  }
  if (std::ranges::any_of(record.image, [](std::uint8_t byte) { return byte != 0; })) {
    report.image = to_hex(record.image);
  }
  const Names names = register_names(record.architecture);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (*names[i] != '\0') {
      report.registers.emplace_back(names[i], record.registers[i]);
    }
  }
  for (std::size_t i = 0; i < diagnostics::kCrashCalls && record.calls[i] != 0; ++i) {
    report.calls.push_back(record.calls[i]);
  }
  return report;
}

/// Hexadecimal digits of one word, most significant first, into memory order.
bool append_word(std::string_view digits, std::vector<std::uint8_t> &bytes) {
  if ((digits.size() != 8 && digits.size() != 16) ||
      digits.find_first_not_of("0123456789abcdef") != std::string_view::npos) {
    return false;
  }
  const std::uint64_t word = std::stoull(std::string(digits), nullptr, 16);
  for (std::size_t i = 0; i < digits.size() / 2; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(word >> (8 * i)));
  }
  return true;
}

/// The words that follow, up to a record's length.
std::vector<std::uint8_t> words_from(std::string_view text) {
  constexpr std::string_view kSpace = " \r\n";
  std::vector<std::uint8_t> bytes;
  while (bytes.size() < sizeof(CrashRecordOf<std::uint64_t>)) {
    const std::size_t start = std::min(text.find_first_not_of(kSpace), text.size());
    text.remove_prefix(start);
    const std::string_view word = text.substr(0, text.find_first_of(kSpace));
    if (!append_word(word, bytes)) {
      break;
    }
    text.remove_prefix(word.size());
  }
  return bytes;
}

} // namespace

Expected<CrashReport> read_crash(ByteView record) {
  constexpr std::size_t kWordBytesAt = 7;
  if (record.size() <= kWordBytesAt ||
      load_le<std::uint32_t>(record.data()) != diagnostics::kCrashMagic) {
    return fail(ErrorCode::kInvalidInput, "not a crash record");
  }
  return record[kWordBytesAt] == sizeof(std::uint64_t) ? read<std::uint64_t>(record)
                                                       : read<std::uint32_t>(record);
}

std::vector<std::vector<std::uint8_t>> crashes_on_console(std::string_view text) {
  constexpr std::string_view kMark = "FAULT";
  std::vector<std::vector<std::uint8_t>> records;
  for (std::size_t at = 0; (at = text.find(kMark, at)) != std::string_view::npos;) {
    at += kMark.size();
    auto bytes = words_from(text.substr(at));
    if (bytes.size() > sizeof(CrashRecordOf<std::uint32_t>) && bytes[7] == 4) {
      bytes.resize(sizeof(CrashRecordOf<std::uint32_t>));
    }
    if (read_crash(bytes).ok()) {
      records.push_back(std::move(bytes));
    }
  }
  return records;
}

Expected<EventLog> read_events(ByteView log) {
  constexpr std::size_t kHeadBytes = 8;
  constexpr std::size_t kMaxEvents = 1024;
  const std::size_t room = log.size() < kHeadBytes ? 0 : (log.size() - kHeadBytes) / 8;
  if (room == 0 || room > kMaxEvents || log.size() != kHeadBytes + room * 8) {
    return fail(ErrorCode::kInvalidInput, "the device's event log has an impossible length");
  }
  EventLog read{.ever = load_le<std::uint32_t>(log.data()),
                .uptime_ms = diagnostics::millis_of_ticks(load_le<std::uint32_t>(log.data() + 4)),
                .events = {}};
  const std::uint32_t kept = static_cast<std::uint32_t>(std::min<std::size_t>(read.ever, room));
  for (std::uint32_t i = read.ever - kept; i != read.ever; ++i) {
    const std::uint8_t *at = log.data() + kHeadBytes + i % room * 8;
    const diagnostics::Event event{load_le<std::uint32_t>(at), load_le<std::uint32_t>(at + 4)};
    read.events.push_back(
        {event.id(), event.argument(), diagnostics::millis_of_ticks(event.ticks)});
  }
  return read;
}

std::string_view describe(diagnostics::EventId id) {
  constexpr std::array<std::string_view, 19> kTexts = {"none",
                                                       "boot",
                                                       "crash seen",
                                                       "address",
                                                       "registered",
                                                       "registration lost",
                                                       "update started",
                                                       "update progress",
                                                       "update verified",
                                                       "update applied",
                                                       "update failed",
                                                       "update confirmed",
                                                       "trial abandoned",
                                                       "connection lost",
                                                       "inference",
                                                       "store error",
                                                       "clock jump",
                                                       "frame errors",
                                                       "restart"};
  const auto number = static_cast<std::size_t>(id);
  return number < kTexts.size() ? kTexts[number] : "program's own";
}

} // namespace tinyml::service
