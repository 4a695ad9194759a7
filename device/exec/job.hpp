// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

#include <optional>

/// The bytes by which the host hands tensors to the exec program and gets them back:
/// device/exec/README.md.
namespace tinyml::device::exec {

inline constexpr std::uint32_t kJobMagic = 0x4A584D54;    ///< "TMXJ"
inline constexpr std::uint32_t kReportMagic = 0x52584D54; ///< "TMXR"
inline constexpr std::uint32_t kJobVersion = 1;
inline constexpr std::uint32_t kJobBytes = 64;
inline constexpr std::uint32_t kReportBytes = 64;
inline constexpr std::uint32_t kRecordHeaderBytes = 32;
/// Everything the program writes lies at, and has the length of, a multiple of this.
inline constexpr std::uint32_t kAlignBytes = 32;

enum class Status : std::uint32_t {
  kDone = 0,
  kWrongSizes = 1, ///< the job's tensor sizes are not the module's
  kBadJob = 2,     ///< offsets outside of the store, or not aligned
  kStore = 3,      ///< the store refused to be read or written
};

/// What is to be run. Offsets count from the start of the store.
struct Job {
  std::uint32_t count = 0;         ///< inferences
  std::uint32_t input_bytes = 0;   ///< of one inference: all input tensors one after the other
  std::uint32_t output_bytes = 0;  ///< likewise
  std::uint32_t input_offset = 0;  ///< of the first inference; the others follow without gaps
  std::uint32_t report_offset = 0; ///< of the report; its region is erased (0xFF)

  [[nodiscard]] std::uint32_t record_bytes() const {
    return kRecordHeaderBytes + (output_bytes + kAlignBytes - 1) / kAlignBytes * kAlignBytes;
  }
  [[nodiscard]] std::uint32_t record_offset(std::uint32_t index) const {
    return report_offset + kReportBytes + index * record_bytes();
  }
  /// Does everything lie within a store of this size?
  [[nodiscard]] bool fits(std::uint32_t store_bytes) const;
};

/// How it ended; written last.
struct Report {
  Status status = Status::kDone;
  std::uint32_t count = 0; ///< inferences done
  std::uint32_t arena_bytes = 0;
  std::uint32_t input_bytes = 0; ///< what the module has, whatever the job said
  std::uint32_t output_bytes = 0;
  std::uint32_t stack_bytes = 0; ///< deepest use, 0 when the board does not measure it
  std::uint32_t cycle_hz = 0;
};

/// Stands in front of each inference's output.
struct RecordHeader {
  std::uint32_t index = 0;
  std::uint64_t cycles = 0; ///< of the inference alone
};

void encode(const Job &job, std::span<std::uint8_t, kJobBytes> to);
[[nodiscard]] std::optional<Job> decode_job(std::span<const std::uint8_t, kJobBytes> from);
void encode(const Report &report, std::span<std::uint8_t, kReportBytes> to);
[[nodiscard]] std::optional<Report> decode_report(std::span<const std::uint8_t, kReportBytes> from);
void encode(const RecordHeader &header, std::span<std::uint8_t, kRecordHeaderBytes> to);
[[nodiscard]] RecordHeader decode_record(std::span<const std::uint8_t, kRecordHeaderBytes> from);

} // namespace tinyml::device::exec
