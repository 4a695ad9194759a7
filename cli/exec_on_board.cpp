// SPDX-License-Identifier: Apache-2.0
#include "cli/exec_on_board.hpp"

#include "device/exec/job.hpp"
#include "host/files.hpp"
#include "tender/machine/machine.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>

namespace tinyml::cli {
namespace {

namespace exec = device::exec;

constexpr std::chrono::minutes kTimeLimit{10};

/// As many inferences as one store can hold, at least one.
exec::Job job_for(const BoardProgram &program, std::size_t inferences, std::uint64_t store_bytes) {
  exec::Job job{.input_bytes = static_cast<std::uint32_t>(program.input_bytes),
                .output_bytes = static_cast<std::uint32_t>(program.output_bytes),
                .input_offset = exec::kJobBytes};
  const std::uint64_t free = store_bytes - exec::kJobBytes - exec::kReportBytes - exec::kAlignBytes;
  const std::uint64_t each = job.input_bytes + job.record_bytes();
  job.count = static_cast<std::uint32_t>(std::min<std::uint64_t>(inferences, free / each));
  const std::uint32_t end = job.input_offset + job.count * job.input_bytes;
  job.report_offset = (end + exec::kAlignBytes - 1) / exec::kAlignBytes * exec::kAlignBytes;
  return job;
}

/// The job at the beginning of the board's store, the rest of it erased.
Expected<void> write_job(const BoardProgram &program, const std::filesystem::path &store,
                         const exec::Job &job, ByteView inputs) {
  const auto store_bytes = tender::store_bytes(program.board);
  const auto file_bytes = tender::store_file_bytes(program.board);
  if (!store_bytes.ok() || !file_bytes.ok()) {
    return Failure{store_bytes.ok() ? file_bytes.error() : store_bytes.error()};
  }
  std::vector<std::uint8_t> bytes(*store_bytes, 0xFF);
  exec::encode(job, std::span<std::uint8_t, exec::kJobBytes>(bytes.data(), exec::kJobBytes));
  std::copy(inputs.begin(), inputs.end(), bytes.begin() + job.input_offset);
  if (auto written = host::write_file(store, bytes); !written.ok()) {
    return written;
  }
  std::error_code error;
  std::filesystem::resize_file(store, *file_bytes, error);
  return error ? Expected<void>(fail(ErrorCode::kResourceFull, "cannot make the store of board '" +
                                                                   program.board +
                                                                   "': " + error.message()))
               : Expected<void>{};
}

/// The store's bytes that a job can have written.
Expected<std::vector<std::uint8_t>> read_store(const std::filesystem::path &store,
                                               const exec::Job &job) {
  std::vector<std::uint8_t> bytes(job.record_offset(job.count));
  std::ifstream in(store, std::ios::binary);
  in.read(reinterpret_cast<char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!in) {
    return fail(ErrorCode::kInternal, "cannot read the board's store '" + store.string() + "'");
  }
  return bytes;
}

/// Adds one start's outputs to `run`; the value is the time its inferences took, in nanoseconds.
Expected<std::uint64_t> collect(const std::filesystem::path &store, const exec::Job &job,
                                BoardRun &run) {
  const auto bytes = read_store(store, job);
  if (!bytes.ok()) {
    return Failure{bytes.error()};
  }
  const auto at = [&](std::uint32_t offset) { return bytes->data() + offset; };
  const auto report = exec::decode_report(
      std::span<const std::uint8_t, exec::kReportBytes>(at(job.report_offset), exec::kReportBytes));
  if (!report || report->status != exec::Status::kDone || report->count != job.count) {
    return fail(ErrorCode::kInternal,
                fmt::format("the exec program did not finish its job (status {})",
                            report ? static_cast<int>(report->status) : -1));
  }
  std::uint64_t cycles = 0;
  for (std::uint32_t i = 0; i < job.count; ++i) {
    const std::uint8_t *record = at(job.record_offset(i));
    cycles += exec::decode_record(std::span<const std::uint8_t, exec::kRecordHeaderBytes>(
                                      record, exec::kRecordHeaderBytes))
                  .cycles;
    const std::uint8_t *output = record + exec::kRecordHeaderBytes;
    run.outputs.insert(run.outputs.end(), output, output + job.output_bytes);
  }
  run.stack_bytes = std::max<std::uint64_t>(run.stack_bytes, report->stack_bytes);
  constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;
  return report->cycle_hz == 0 ? 0 : cycles * kNanosecondsPerSecond / report->cycle_hz;
}

} // namespace

Expected<BoardRun> run_on_board(const BoardProgram &program, ByteView inputs,
                                const std::function<void(std::size_t)> &on_progress) {
  const auto store_bytes = tender::store_bytes(program.board);
  const auto folder = host::TemporaryFolder::create("exec-store");
  if (!store_bytes.ok() || !folder.ok()) {
    return Failure{store_bytes.ok() ? folder.error() : store_bytes.error()};
  }
  const auto store = folder->path() / "store.bin";
  const std::size_t total = inputs.size() / program.input_bytes;
  BoardRun run;
  std::uint64_t nanoseconds = 0;
  for (std::size_t done = 0; done < total;) {
    const exec::Job job = job_for(program, total - done, *store_bytes);
    if (job.count == 0) {
      return fail(ErrorCode::kDoesNotFit,
                  "one input and output are larger than the store of board '" + program.board +
                      "'");
    }
    const ByteView part =
        inputs.subspan(done * program.input_bytes, job.count * program.input_bytes);
    if (const auto written = write_job(program, store, job, part); !written.ok()) {
      return Failure{written.error()};
    }
    const auto ended = tender::run_exec({.board = program.board,
                                         .program = program.elf,
                                         .store = store,
                                         .exact_instruction_counts = true},
                                        kTimeLimit);
    if (!ended.ok()) {
      return Failure{ended.error()};
    }
    const auto counted = collect(store, job, run);
    if (!counted.ok()) {
      return fail(counted.error().code,
                  counted.error().message + "; its console:\n" + ended->console);
    }
    nanoseconds += *counted;
    done += job.count;
    on_progress(done);
  }
  run.nanoseconds_per_inference = total == 0 ? 0 : nanoseconds / total;
  return run;
}

} // namespace tinyml::cli
