// SPDX-License-Identifier: Apache-2.0
// Runs a compiled module over tensors in the store, without network, bootloader or protocols
// (README.md beside this file).
#include "device/console.hpp"
#include "device/exec/job.hpp"
#include "device/tensors.hpp"
#include "os/program.hpp"
#include "os/stack.hpp"

namespace tinyml::device::exec {
namespace {

Tensors inputs() { return {tinyml_module_info.inputs, tinyml_module_info.input_count}; }
Tensors outputs() { return {tinyml_module_info.outputs, tinyml_module_info.output_count}; }

bool read_inputs(const Job &job, std::uint32_t index) {
  bool good = true;
  visit_run(inputs(), tinyml_module_arena, 0, job.input_bytes,
            [&](ByteSpan place, std::uint32_t at) {
              const std::uint32_t from = job.input_offset + index * job.input_bytes + at;
              good = good && hal::store_read(from, place) == hal::Status::kOk;
            });
  return good;
}

bool write_outputs(const Job &job, std::uint32_t index, std::uint64_t cycles) {
  std::uint8_t chunk[kRecordHeaderBytes];
  static_assert(sizeof(chunk) == kAlignBytes);
  std::uint32_t at = job.record_offset(index);
  encode(RecordHeader{index, cycles}, chunk);
  bool good = hal::store_write(at, chunk) == hal::Status::kOk;
  for (std::uint32_t done = 0; good && done < job.output_bytes; done += sizeof(chunk)) {
    at += sizeof(chunk);
    std::fill(std::begin(chunk), std::end(chunk), std::uint8_t{0});
    copy_out(outputs(), tinyml_module_arena, done, chunk);
    good = hal::store_write(at, chunk) == hal::Status::kOk;
  }
  return good;
}

bool infer(const Job &job, std::uint32_t index) {
  if (!read_inputs(job, index)) {
    return false;
  }
  const std::uint64_t before = hal::cycle_count();
  tinyml_module_run();
  return write_outputs(job, index, hal::cycle_count() - before);
}

Report run(const Job &job) {
  Report report;
  report.arena_bytes = tinyml_module_info.arena_bytes;
  report.input_bytes = bytes_of(inputs());
  report.output_bytes = bytes_of(outputs());
  report.cycle_hz = hal::boot_info().cycle_hz;
  if (!job.fits(hal::store_info().size_bytes)) {
    report.status = Status::kBadJob;
  } else if (job.input_bytes != report.input_bytes || job.output_bytes != report.output_bytes) {
    report.status = Status::kWrongSizes;
  }
  while (report.status == Status::kDone && report.count < job.count) {
    if (infer(job, report.count)) {
      ++report.count;
    } else {
      report.status = Status::kStore;
    }
  }
  report.stack_bytes = static_cast<std::uint32_t>(stack::high_water_bytes());
  return report;
}

int execute() {
  constexpr int kNoJob = 4;
  constexpr int kFailed = 5;
  std::uint8_t bytes[kJobBytes];
  const bool there = hal::store_read(0, bytes) == hal::Status::kOk;
  const auto job = there ? decode_job(bytes) : std::nullopt;
  if (!job || job->report_offset % kAlignBytes != 0) {
    print_line("error: no job in the store; start this program with `tinyml exec`");
    return kNoJob;
  }
  const Report report = run(*job);
  print_line("exec: ", report.count, " of ", job->count, " done, status ",
             static_cast<std::uint32_t>(report.status));
  std::uint8_t report_bytes[kReportBytes];
  encode(report, report_bytes);
  const bool written = hal::store_write(job->report_offset, report_bytes) == hal::Status::kOk;
  return written && report.status == Status::kDone ? 0 : kFailed;
}

} // namespace
} // namespace tinyml::device::exec

int tinyml_program() { return tinyml::device::exec::execute(); }
