// SPDX-License-Identifier: Apache-2.0
// What the monitor is given: arguments, programs, store files; and how memory is laid out for them.
#include "host/files.hpp"
#include "image/factory.hpp"
#include "os/boards/kvm-x86_64/hypercall.hpp"
#include "os/drivers/nor_memory.hpp"
#include "tender/monitor/guest_layout.hpp"
#include "tender/monitor/options.hpp"
#include "tender/monitor/program_file.hpp"
#include "tender/monitor/store_file.hpp"
#include "tender/monitor/test_program.hpp"

#include <gmock/gmock.h>
#include <random>
#include <set>
#include <sys/stat.h>

namespace tinyml::tender {
namespace {

using Bytes = std::vector<std::uint8_t>;
using testing::HasSubstr;

Expected<MonitorOptions> parse(std::vector<const char *> arguments) {
  return parse_options(arguments);
}

TEST(MonitorOptions, AreTakenAndBounded) {
  const auto good = parse({"--store", "s", "--memory", "512K", "--stats", "--max-seconds", "3"});
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(good->memory_bytes, 512U << 10);
  EXPECT_EQ(good->max_seconds, 3U);
  EXPECT_TRUE(good->statistics);
  for (const char *size : {"", "K", "512", "0M", "-1M", "65M", "127K", "129K", "4294967297K", "2G",
                           "2M ", "99999999999M"}) {
    EXPECT_FALSE(parse({"--store", "s", "--memory", size}).ok()) << size;
  }
  for (const char *port : {"", "0", "65536", "-1", "1x"}) {
    EXPECT_FALSE(parse({"--store", "s", "--switch-port", port}).ok()) << port;
  }
  EXPECT_THAT(parse({}).error().message, HasSubstr("--kernel"));
  EXPECT_THAT(parse({"--store"}).error().message, HasSubstr("no value"));
  EXPECT_THAT(parse({"--bind", "x"}).error().message, HasSubstr("--bind"));
}

/// Every page that the tables map: virtual page and entry.
std::vector<std::pair<std::uint64_t, std::uint64_t>> mapped_pages(ByteSpan machine) {
  const auto entry = [&](std::uint64_t table, std::uint64_t index) {
    return load_le<std::uint64_t>(machine.data() + (table & 0xFFFFF000) + index * 8);
  };
  std::vector<std::pair<std::uint64_t, std::uint64_t>> pages;
  const std::uint64_t directory = entry(entry(0, 0), 0);
  for (std::uint64_t i = 0; i < 512; ++i) {
    const std::uint64_t table = entry(directory, i);
    for (std::uint64_t j = 0; table != 0 && j < 512; ++j) {
      if (entry(table, j) != 0) {
        pages.emplace_back((i * 512 + j) * 4096, entry(table, j));
      }
    }
  }
  return pages;
}

TEST(GuestLayout, NothingIsBothWrittenAndExecutedAndTablesAreHidden) {
  for (const std::uint32_t memory : {128U << 10, 512U << 10, 2U << 20, 32U << 20, 64U << 20}) {
    for (const std::uint32_t program : {1U, 4096U, 40000U, 16U << 20}) {
      const auto layout = lay_out(memory, program);
      if (!layout) {
        continue;
      }
      std::vector<std::uint8_t> machine(memory);
      write_page_tables(machine, *layout);
      std::set<std::uint64_t> frames;
      for (const auto &[address, entry] : mapped_pages(machine)) {
        const bool writable = (entry & 2) != 0;
        const bool executable = entry >> 63 == 0;
        EXPECT_FALSE(writable && executable) << std::hex << address;
        const std::uint64_t frame = entry & 0xFFFFF000;
        EXPECT_TRUE(frames.insert(frame).second) << "mapped twice";
        EXPECT_GE(frame, layout->tables_bytes);
        EXPECT_TRUE(frame < memory || frame == kDoorbellPhysical);
        EXPECT_NE(address, kvm::kRamBase - 4096) << "the stack's guard";
      }
      EXPECT_EQ(frames.size() * 4096, layout->rom_bytes + layout->ram_bytes + 4096 +
                                          layout->rom_offset - layout->shared_offset);
    }
  }
}

TEST(GuestLayout, RefusesWhatDoesNotFit) {
  EXPECT_FALSE(lay_out(128U << 10, 64U << 10));
  EXPECT_FALSE(lay_out(32U << 20, (16U << 20) + 1));
  EXPECT_FALSE(lay_out(64U << 10, 1));
  EXPECT_FALSE(lay_out(0xFFFF'F000, 1));
  EXPECT_TRUE(lay_out(32U << 20, 16U << 20));
  EXPECT_EQ(lay_out(32U << 20, 16U << 20)->ram_bytes, kvm::kRamBytes);
}

TEST(ProgramFile, TakesWhatItIsGivenOrRefuses) {
  const std::vector<std::uint8_t> elf = test_program({0x90, 0xCC});
  const auto parsed = parse_program(elf);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->entry, kvm::kRomBase);
  EXPECT_EQ(parsed->rom, (std::vector<std::uint8_t>{0x90, 0xCC}));
  for (std::size_t size = 0; size < elf.size(); ++size) {
    EXPECT_FALSE(parse_program(ByteView(elf).first(size)).ok()) << size;
  }
}

TEST(ProgramFile, SurvivesEveryByteChanged) {
  const std::vector<std::uint8_t> good = test_program({0x90, 0xCC});
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const std::uint8_t value : Bytes{0x00, 0x01, 0x7F, 0x80, 0xFF}) {
      std::vector<std::uint8_t> elf = good;
      elf[at] = value;
      const auto parsed = parse_program(elf);
      EXPECT_TRUE(!parsed.ok() || parsed->rom.size() <= kvm::kRomBytes);
    }
  }
}

class StoreFiles : public testing::Test {
protected:
  host::TemporaryFolder folder = *host::TemporaryFolder::create("monitor-store");
  std::string path = (folder.path() / "store").string();
};

/// Random operations have the same results and leave the same bytes as on NOR flash in memory.
void compare_with_memory(StoreFile &file, std::vector<std::uint8_t> model) {
  drivers::NorMemory memory(model.data(), StoreFile::kInfo);
  std::mt19937 random(1);
  // A corner of the store, so that operations meet; and now and then beyond its end.
  const auto offset = [&] {
    const auto at = static_cast<std::uint32_t>(random() % 20000) & (random() % 2 ? ~15U : ~4095U);
    return random() % 16 == 0 ? StoreFile::kInfo.size_bytes - at : at;
  };
  for (int i = 0; i < 3000; ++i) {
    const std::uint32_t at = offset();
    std::vector<std::uint8_t> bytes(random() % 3 == 0 ? random() % 9000 : random() % 64 / 16 * 16);
    std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<std::uint8_t>(random()); });
    std::vector<std::uint8_t> same = bytes;
    if (random() % 4 == 0) {
      const auto size = static_cast<std::uint32_t>(random() % 3 * 4096);
      EXPECT_EQ(file.erase(at, size), memory.erase(at, size));
    } else if (random() % 2 == 0) {
      EXPECT_EQ(file.write(at, bytes), memory.write(at, bytes));
    } else {
      EXPECT_EQ(file.read(at, bytes), memory.read(at, same));
      EXPECT_EQ(bytes, same);
    }
  }
}

TEST_F(StoreFiles, KeepTheRulesOfNorFlash) {
  auto opened = StoreFile::open(path.c_str());
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  compare_with_memory(*opened, std::vector<std::uint8_t>(StoreFile::kInfo.size_bytes, 0xFF));
}

TEST_F(StoreFiles, MayBeInvertedWithHolesForWhatIsErased) {
  std::uint8_t mark[4];
  store_le(mark, ~image::kFactoryMagic);
  ASSERT_TRUE(host::write_file(path, mark).ok());
  std::filesystem::resize_file(path, StoreFile::kInfo.size_bytes);
  auto opened = StoreFile::open(path.c_str());
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  std::vector<std::uint8_t> model(StoreFile::kInfo.size_bytes, 0xFF);
  store_le(model.data(), image::kFactoryMagic);
  compare_with_memory(*opened, std::move(model));
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_LT(status.st_blocks * 512, 1 << 20) << "bytes on the disk";
}

TEST_F(StoreFiles, MayBeLonger) {
  constexpr std::uint32_t kBytes = 20U << 20;
  ASSERT_TRUE(host::write_file(path, std::vector<std::uint8_t>(kBytes, 0xFF)).ok());
  auto opened = StoreFile::open(path.c_str());
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  EXPECT_EQ(opened->info().size_bytes, kBytes);
  std::vector<std::uint8_t> bytes(10'000);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(i * 7);
  }
  const std::uint32_t at = kBytes - 10'000;
  ASSERT_EQ(opened->write(at, bytes), hal::Status::kOk);
  std::vector<std::uint8_t> read(bytes.size());
  ASSERT_EQ(opened->read(at, read), hal::Status::kOk);
  EXPECT_EQ(read, bytes);
  ASSERT_EQ(opened->read(at + 5000, ByteSpan(read).first(100)), hal::Status::kOk);
  EXPECT_EQ(read[3], bytes[5003]);
}

TEST_F(StoreFiles, BelongToOneMachine) {
  const auto first = StoreFile::open(path.c_str());
  ASSERT_TRUE(first.ok());
  const auto second = StoreFile::open(path.c_str());
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(second.error().message, HasSubstr("stop that one"));
}

TEST_F(StoreFiles, OfTheWrongKindAreRefused) {
  ASSERT_TRUE(host::write_file(path, std::vector<std::uint8_t>(100)).ok());
  EXPECT_THAT(StoreFile::open(path.c_str()).error().message, HasSubstr("16 MiB"));
  EXPECT_FALSE(StoreFile::open(folder.path().c_str()).ok());
  EXPECT_FALSE(StoreFile::open("/no/such/folder/store").ok());
  EXPECT_FALSE(StoreFile::open("/dev/zero").ok());
}

} // namespace
} // namespace tinyml::tender
