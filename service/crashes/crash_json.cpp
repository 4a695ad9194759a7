// SPDX-License-Identifier: Apache-2.0
#include "host/files.hpp"
#include "protocol/diagnostics/cause.hpp"
#include "service/crashes/symbol_files.hpp"
#include "service/store/digest.hpp"

#include <fmt/format.h>

namespace tinyml::service {
namespace {

const char *to_string(FrameSource source) {
  switch (source) {
  case FrameSource::kProgramCounter:
    return "pc";
  case FrameSource::kLinkRegister:
    return "link register";
  case FrameSource::kStack:
    break;
  }
  return "stack";
}

std::string hex(std::uint64_t word, unsigned word_bytes) {
  return fmt::format("{:#0{}x}", word, word_bytes * 2 + 2);
}

Json frame_json(const Frame &frame, unsigned word_bytes) {
  return {{"address", hex(frame.address, word_bytes)},
          {"source", to_string(frame.source)},
          {"function", frame.function.empty() ? Json() : Json(frame.function)},
          {"offset", frame.offset},
          {"file", frame.file.empty() ? Json() : Json(frame.file)},
          {"line", frame.line == 0 ? Json() : Json(frame.line)}};
}

Json registers_json(const CrashReport &crash) {
  // An array: their order is worth keeping.
  Json registers = Json::array();
  const auto add = [&](const std::string &name, std::uint64_t value) {
    registers.push_back({{"name", name}, {"value", hex(value, crash.word_bytes)}});
  };
  add("pc", crash.pc);
  add("sp", crash.sp);
  add("ra", crash.return_address);
  for (const auto &[name, value] : crash.registers) {
    add(name, value);
  }
  return registers;
}

struct Named {
  std::vector<Frame> frames;
  bool ended_itself = false;
  bool named = false;
};

Named with_names(const CrashReport &crash, const std::optional<SymbolsRecord> &symbols,
                 const BlobFolder &blobs, const std::stop_token &stop) {
  const auto elf =
      symbols
          ? kept_program(symbols->elf_sha256, blobs)
          : Expected<std::vector<std::uint8_t>>(fail(ErrorCode::kNotFound, "no program was kept"));
  const auto table =
      elf ? link::ProgramSymbols::read(*elf) : Expected<link::ProgramSymbols>(Failure{elf.error()});
  if (!table) {
    return {.frames = backtrace(crash, nullptr)};
  }
  Named named{.frames = backtrace(crash, &*table),
              .ended_itself = ended_itself(crash, *table),
              .named = true};
  const auto folder = host::TemporaryFolder::create("crash");
  if (folder.ok() && host::write_file(folder->path() / "image.elf", *elf).ok()) {
    add_lines(named.frames, symbols->addr2line, folder->path() / "image.elf", stop);
  }
  return named;
}

} // namespace

Json crash_json(ByteView record, const std::optional<SymbolsRecord> &symbols,
                const BlobFolder &blobs, const std::stop_token &stop) {
  const auto crash = read_crash(record);
  if (!crash) {
    return {{"problem", crash.error().message}, {"record", to_hex(record)}};
  }
  const Named named = with_names(*crash, symbols, blobs, stop);
  const auto cause = named.ended_itself ? diagnostics::CrashCause::kAssertion : crash->cause;
  Json frames = Json::array();
  for (const Frame &frame : named.frames) {
    frames.push_back(frame_json(frame, crash->word_bytes));
  }
  return {{"architecture", diagnostics::name_of(crash->architecture)},
          {"cause", diagnostics::describe(cause)},
          {"raw_cause", crash->raw_cause},
          {"fault_address", hex(crash->fault_address, crash->word_bytes)},
          {"image", crash->image.empty() ? Json() : Json(crash->image)},
          {"board", symbols ? Json(symbols->board) : Json()},
          {"build", symbols && symbols->build ? Json(*symbols->build) : Json()},
          {"uptime_ms", crash->uptime_ms},
          {"registers", registers_json(*crash)},
          {"symbols", named.named},
          {"backtrace", frames},
          {"record", to_hex(record)}};
}

Expected<Json> events_json(ByteView log) {
  const auto read = read_events(log);
  if (!read) {
    return Failure{read.error()};
  }
  Json events = Json::array();
  for (const LoggedEvent &event : read->events) {
    events.push_back({{"uptime_ms", event.uptime_ms},
                      {"id", static_cast<unsigned>(event.id)},
                      {"event", describe(event.id)},
                      {"argument", event.argument}});
  }
  return Json{{"uptime_ms", read->uptime_ms}, {"ever", read->ever}, {"events", events}};
}

} // namespace tinyml::service
