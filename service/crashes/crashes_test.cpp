// SPDX-License-Identifier: Apache-2.0
#include "host/files.hpp"
#include "host/process.hpp"
#include "service/crashes/symbol_files.hpp"
#include "service/store/digest.hpp"

#include <gmock/gmock.h>

namespace tinyml::service {
namespace {

using diagnostics::Architecture;
using diagnostics::CrashCause;
using Record32 = diagnostics::CrashRecordOf<std::uint32_t>;
using Record64 = diagnostics::CrashRecordOf<std::uint64_t>;
using testing::HasSubstr;

template <typename Record> std::vector<std::uint8_t> bytes_of(Record record) {
  record.check = diagnostics::crash_check(record);
  const auto *first = reinterpret_cast<const std::uint8_t *>(&record);
  return {first, first + sizeof(record)};
}

Record32 arm_record() {
  Record32 record;
  record.architecture = Architecture::kArm;
  record.raw_cause = 0x82;
  record.image[0] = 0xAB;
  record.ticks = 1000;
  record.fault_address = 0x1234;
  record.pc = 0x8BF4;
  record.registers[9] = 0x61000000;
  record.calls[0] = 0x88EA;
  return record;
}

/// As os/freestanding/crash.cpp prints it.
template <typename Word> std::string console_text(const std::vector<std::uint8_t> &bytes) {
  std::string text = "boot: starting slot A\r\n\r\nFAULT";
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(Word)) {
    std::vector<std::uint8_t> word(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                                   bytes.begin() + static_cast<std::ptrdiff_t>(at + sizeof(Word)));
    std::ranges::reverse(word);
    text += (at % (8 * sizeof(Word)) == 0 ? "\r\n " : " ") + to_hex(word);
  }
  return text + "\r\nboot: starting slot A\r\n";
}

TEST(CrashReport, ReadsARecord) {
  const auto crash = read_crash(bytes_of(arm_record()));
  ASSERT_TRUE(crash.ok()) << crash.error().message;
  EXPECT_EQ(crash->cause, CrashCause::kMemoryFault) << "CFSR's DACCVIOL";
  EXPECT_EQ(crash->image, "ab00000000000000");
  EXPECT_EQ(crash->uptime_ms, 1048U);
  EXPECT_EQ(crash->fault_address, 0x1234U);
  EXPECT_EQ(crash->registers.at(9), (std::pair<std::string, std::uint64_t>("psr", 0x61000000)));
  EXPECT_EQ(crash->calls, std::vector<std::uint64_t>{0x88EA});
}

TEST(CrashReport, RefusesWhatIsNoWholeRecord) {
  const auto whole = bytes_of(arm_record());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(read_crash(ByteView(whole).first(size)).ok()) << size;
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    auto changed = whole;
    changed[at] ^= 0x10;
    EXPECT_FALSE(read_crash(changed).ok()) << at;
  }
}

TEST(CrashReport, FindsTheRecordsOnAConsole) {
  Record64 wide;
  wide.architecture = Architecture::kX86_64;
  wide.raw_cause = 11;
  wide.pc = 0x401CD5;
  const auto narrow_bytes = bytes_of(arm_record());
  const auto wide_bytes = bytes_of(wide);
  const auto found = crashes_on_console(console_text<std::uint32_t>(narrow_bytes) +
                                        console_text<std::uint64_t>(wide_bytes) +
                                        "FAULT of another kind\nFAULT\n 12345678 9abc");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0], narrow_bytes);
  EXPECT_EQ(found[1], wide_bytes);
}

TEST(CrashReport, NoConsoleTextBreaksTheReader) {
  std::string text = console_text<std::uint32_t>(bytes_of(arm_record()));
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    EXPECT_LE(crashes_on_console(std::string_view(text).substr(0, cut)).size(), 1U);
  }
}

TEST(EventLog, ListsTheRingFromTheOldestOn) {
  std::vector<std::uint8_t> log(8 + 32 * 8);
  store_le<std::uint32_t>(log.data(), 34);
  store_le<std::uint32_t>(log.data() + 4, 2000);
  for (std::uint32_t i = 0; i < 34; ++i) {
    const auto event = diagnostics::Event::of(i, diagnostics::EventId::kUpdateProgress, i);
    store_le(log.data() + 8 + i % 32 * 8, event.ticks);
    store_le(log.data() + 12 + i % 32 * 8, event.id_and_argument);
  }
  const auto read = read_events(log);
  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read->events.size(), 32U);
  EXPECT_EQ(read->events.front().argument, 2U);
  EXPECT_EQ(read->events.back().argument, 33U);
  EXPECT_EQ(read->uptime_ms, 2097U);
  EXPECT_EQ(describe(read->events.front().id), "update progress");
  EXPECT_FALSE(read_events(ByteView(log).first(13)).ok());
  EXPECT_FALSE(read_events({}).ok());
}

/// A program of this machine that has a static function, a template and a trap.
class Symbols : public testing::Test {
protected:
  void SetUp() override {
    const auto source = folder.path() / "program.cpp";
    ASSERT_TRUE(host::write_file(source, as_bytes(R"(
namespace inner { namespace {
template <int N> [[gnu::noinline]] int deep(int x) { if (x == N) __builtin_trap(); return x; }
} [[gnu::noinline]] int middle(int x) { return deep<7>(x) + 1; } }
extern "C" int tinyml_program(int x) { return inner::middle(x) + 2; }
extern "C" void _start() { tinyml_program(7); for (;;); }
)"))
                    .ok());
    const auto built = host::run(
        {.argv = {"g++", "-O1", "-g1", "-nostdlib", "-static", "-fno-asynchronous-unwind-tables",
                  "-o", (folder.path() / "program").string(), source.string()}});
    ASSERT_TRUE(built.ok() && built->succeeded()) << built->output;
    elf = *host::read_file(folder.path() / "program");
  }
  host::TemporaryFolder folder = std::move(*host::TemporaryFolder::create("symbols"));
  std::vector<std::uint8_t> elf;
};

std::uint64_t address_of(const link::ProgramSymbols &symbols, const std::string &name) {
  for (const auto &function : symbols.functions()) {
    if (link::readable_name(function.name) == name) {
      return function.address;
    }
  }
  return 0;
}

/// The address behind the first call in a function.
std::uint64_t behind_call(const link::ProgramSymbols &symbols, const std::string &name) {
  std::uint64_t at = address_of(symbols, name);
  while (symbols.code_at(at, 1)[0] != 0xE8) {
    ++at;
  }
  return at + 5;
}

TEST_F(Symbols, GiveABacktraceItsNamesAndLines) {
  const auto symbols = link::ProgramSymbols::read(elf);
  ASSERT_TRUE(symbols.ok()) << symbols.error().message;
  std::uint64_t trap = address_of(*symbols, "inner::deep");
  while (load_le<std::uint16_t>(symbols->code_at(trap, 2).data()) != 0x0B0F) {
    ++trap;
  }
  CrashReport crash{.architecture = Architecture::kX86_64, .word_bytes = 8, .pc = trap};
  crash.calls = {behind_call(*symbols, "inner::middle"), address_of(*symbols, "tinyml_program"),
                 behind_call(*symbols, "tinyml_program"), 0x12345678};
  auto frames = backtrace(crash, &*symbols);
  ASSERT_EQ(frames.size(), 3U) << "an address that is not behind a call is no caller";
  EXPECT_TRUE(ended_itself(crash, *symbols));
  EXPECT_EQ(frames[0].function, "inner::deep");
  EXPECT_EQ(frames[1].function, "inner::middle");
  EXPECT_EQ(frames[2].function, "tinyml_program");
  EXPECT_EQ(frames[2].source, FrameSource::kStack);
  add_lines(frames, "addr2line", folder.path() / "program", {});
  EXPECT_THAT(frames[0].file, HasSubstr("program.cpp"));
  EXPECT_EQ(frames[0].line, 3U);
  EXPECT_EQ(frames[1].line, 4U);
  EXPECT_EQ(frames[2].line, 5U);
  add_lines(frames, "no-such-addr2line", folder.path() / "program", {});
}

TEST_F(Symbols, OfABrokenFileAreAnErrorOrNone) {
  for (std::size_t size = 0; size < elf.size(); size += 61) {
    static_cast<void>(link::ProgramSymbols::read(ByteView(elf).first(size)));
  }
  for (std::size_t at = 0; at < 4096 && at < elf.size(); ++at) {
    auto changed = elf;
    changed[at] ^= 0xFF;
    const auto symbols = link::ProgramSymbols::read(changed);
    if (symbols.ok()) {
      static_cast<void>(symbols->function_at(0x401000));
    }
  }
}

TEST_F(Symbols, AreKeptWithTheImageAndFoundByACrash) {
  auto blobs = BlobFolder::open(folder.path() / "blobs");
  ASSERT_TRUE(blobs.ok());
  const auto kept = keep_program(elf, *blobs);
  ASSERT_TRUE(kept.ok());
  EXPECT_EQ(*kept_program(*kept, *blobs), elf);
  const auto symbols = link::ProgramSymbols::read(elf);
  Record64 record;
  record.architecture = Architecture::kX86_64;
  record.raw_cause = 4;
  record.pc = address_of(*symbols, "tinyml_program");
  const SymbolsRecord where{.image = "00",
                            .elf_sha256 = *kept,
                            .board = "linux",
                            .addr2line = addr2line_of("g++"),
                            .build = std::nullopt};
  const Json told = crash_json(bytes_of(record), where, *blobs, {});
  EXPECT_EQ(told["cause"], "illegal instruction");
  EXPECT_EQ(told["backtrace"][0]["function"], "tinyml_program");
  EXPECT_EQ(told["backtrace"][0]["line"], 5);
  const Json bare = crash_json(bytes_of(record), std::nullopt, *blobs, {});
  EXPECT_FALSE(bare["symbols"].get<bool>());
  EXPECT_TRUE(bare["backtrace"][0]["function"].is_null());
}

TEST(ReadableName, LeavesOutWhatNobodyAsksFor) {
  EXPECT_EQ(link::readable_name("_ZN6tinyml6device12_GLOBAL__N_110end_itselfEi.constprop.0"),
            "tinyml::device::end_itself");
  EXPECT_EQ(link::readable_name("tinyml_program"), "tinyml_program");
}

TEST(Addr2Line, IsOfTheToolchain) {
  EXPECT_EQ(addr2line_of("arm-none-eabi-g++"), "arm-none-eabi-addr2line");
  EXPECT_EQ(addr2line_of("g++"), "addr2line");
  EXPECT_EQ(addr2line_of("xtensa-lx106-elf-g++"), "xtensa-lx106-elf-addr2line");
}

} // namespace
} // namespace tinyml::service
