// SPDX-License-Identifier: Apache-2.0
#include "device/exec/job.hpp"

#include <algorithm>

namespace tinyml::device::exec {
namespace {

/// Writes words one after the other, and zeros behind them.
template <std::size_t Size>
void put_words(std::span<std::uint8_t, Size> to, std::initializer_list<std::uint32_t> words) {
  ByteWriter out(to);
  for (const std::uint32_t word : words) {
    out.put_le(word);
  }
  std::fill(to.begin() + static_cast<std::ptrdiff_t>(out.size()), to.end(), std::uint8_t{0});
}

template <std::size_t Size>
std::uint32_t word(std::span<const std::uint8_t, Size> from, std::size_t index) {
  return load_le<std::uint32_t>(from.data() + 4 * index);
}

} // namespace

bool Job::fits(std::uint32_t store_bytes) const {
  const std::uint64_t inputs_end = input_offset + std::uint64_t{count} * input_bytes;
  const std::uint64_t report_end =
      report_offset + kReportBytes + std::uint64_t{count} * record_bytes();
  return report_offset % kAlignBytes == 0 && input_offset >= kJobBytes &&
         inputs_end <= report_offset && report_end <= store_bytes;
}

void encode(const Job &job, std::span<std::uint8_t, kJobBytes> to) {
  put_words(to, {kJobMagic, kJobVersion, job.count, job.input_bytes, job.output_bytes,
                 job.input_offset, job.report_offset});
}

std::optional<Job> decode_job(std::span<const std::uint8_t, kJobBytes> from) {
  if (word(from, 0) != kJobMagic || word(from, 1) != kJobVersion) {
    return std::nullopt;
  }
  return Job{word(from, 2), word(from, 3), word(from, 4), word(from, 5), word(from, 6)};
}

void encode(const Report &report, std::span<std::uint8_t, kReportBytes> to) {
  put_words(to, {kReportMagic, kJobVersion, static_cast<std::uint32_t>(report.status), report.count,
                 report.arena_bytes, report.input_bytes, report.output_bytes, report.stack_bytes,
                 report.cycle_hz});
}

std::optional<Report> decode_report(std::span<const std::uint8_t, kReportBytes> from) {
  if (word(from, 0) != kReportMagic || word(from, 1) != kJobVersion) {
    return std::nullopt;
  }
  return Report{static_cast<Status>(word(from, 2)),
                word(from, 3),
                word(from, 4),
                word(from, 5),
                word(from, 6),
                word(from, 7),
                word(from, 8)};
}

void encode(const RecordHeader &header, std::span<std::uint8_t, kRecordHeaderBytes> to) {
  put_words(to, {header.index, 0, static_cast<std::uint32_t>(header.cycles),
                 static_cast<std::uint32_t>(header.cycles >> 32)});
}

RecordHeader decode_record(std::span<const std::uint8_t, kRecordHeaderBytes> from) {
  return {word(from, 0), load_le<std::uint64_t>(from.data() + 8)};
}

} // namespace tinyml::device::exec
