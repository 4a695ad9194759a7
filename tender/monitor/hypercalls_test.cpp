// SPDX-License-Identifier: Apache-2.0
#include "os/boot/services.hpp"
#include "tender/monitor/test_devices.hpp"

#include <gtest/gtest.h>

namespace tinyml::tender {
namespace {

using kvm::Call;
using kvm::kRamBase;
using kvm::kRefused;
using kvm::Request;

constexpr std::uint32_t kBuffer = kRamBase + 1024;

TEST(Hypercalls, ARequestThatIsNotTheGuestsMemoryIsAFault) {
  TestGuest guest;
  Hypercalls calls(guest.memory(), *guest.shared, guest.devices);
  const std::uint32_t end = kRamBase + TestGuest::kRamBytes;
  constexpr std::uint32_t kSize = sizeof(Request);
  for (const std::uint32_t address :
       {std::uint32_t{0}, kvm::kRomBase, kRamBase - 8, end, end - 8, end - kSize + 8, kRamBase + 4,
        kvm::kDoorbell, std::uint32_t{0xFFFF'FFF8}, std::uint32_t{0xFFFF'FFFF}}) {
    EXPECT_EQ(calls.handle(address).then, Then::kFault) << std::hex << address;
  }
  EXPECT_EQ(calls.handle(end - kSize).then, Then::kGoOn);
}

TEST(Hypercalls, WhatDoesNotExistIsRefused) {
  TestGuest guest;
  for (const std::uint32_t call : {14U, 255U, 0x8000'0000U, 0xFFFF'FFFFU}) {
    EXPECT_EQ(guest.result_of({.call = static_cast<Call>(call)}), kRefused);
  }
}

struct Range {
  std::uint32_t pointer;
  std::uint32_t length;
};
constexpr Range kForeignRanges[] = {{0, 1},
                                    {kRamBase - 1, 1},
                                    {kRamBase - 1, 2},
                                    {kRamBase, TestGuest::kRamBytes + 1},
                                    {kRamBase + TestGuest::kRamBytes, 1},
                                    {kRamBase + 1, TestGuest::kRamBytes},
                                    {kRamBase + 16, 0xFFFF'FFF0},
                                    {0xFFFF'FFFF, 0xFFFF'FFFF},
                                    {0xFFFF'F000, 0x1000},
                                    {kvm::kDoorbell, 4}};

TEST(Hypercalls, ForeignRangesAreRefusedByEveryCall) {
  TestGuest guest;
  const auto store = guest.devices.store;
  for (const Call call : {Call::kStoreRead, Call::kStoreWrite, Call::kEntropy, Call::kHashUpdate}) {
    for (const Range &range : kForeignRanges) {
      const std::uint64_t argument = call == Call::kHashUpdate ? kBuffer : 0;
      EXPECT_EQ(guest.result_of({.call = call,
                                 .argument = argument,
                                 .pointer = range.pointer,
                                 .length = range.length}),
                kRefused)
          << static_cast<std::uint32_t>(call) << std::hex << " " << range.pointer;
    }
  }
  EXPECT_EQ(guest.devices.store, store);
}

TEST(Hypercalls, RomIsReadAndNeverWritten) {
  TestGuest guest;
  EXPECT_EQ(guest.result_of({.call = Call::kStoreRead, .pointer = kvm::kRomBase, .length = 16}),
            kRefused);
  EXPECT_EQ(guest.result_of({.call = Call::kEntropy, .pointer = kvm::kRomBase, .length = 1}),
            kRefused);
  EXPECT_EQ(guest.result_of({.call = Call::kStoreWrite, .pointer = kvm::kRomBase, .length = 16}),
            0U);
  EXPECT_EQ(guest.rom, std::vector<std::uint8_t>(TestGuest::kRomBytes));
  EXPECT_EQ(guest.devices.store[0], 0);
}

TEST(Hypercalls, TheStoreObeysItsRules) {
  TestGuest guest;
  EXPECT_EQ(guest.result_of({.call = Call::kStoreErase, .argument = 4096, .length = 4096}), 0U);
  EXPECT_EQ(guest.result_of({.call = Call::kStoreErase, .argument = 100, .length = 4096}),
            kRefused);
  EXPECT_EQ(guest.result_of({.call = Call::kStoreErase, .argument = 1ULL << 32, .length = 4096}),
            kRefused);
  EXPECT_EQ(guest.result_of({.call = Call::kStoreWrite, .pointer = kBuffer, .length = 8}),
            kRefused);
  EXPECT_EQ(guest.result_of({.call = Call::kStoreRead,
                             .argument = RecordingDevices::kStore.size_bytes - 1,
                             .pointer = kBuffer,
                             .length = 2}),
            kRefused);
}

/// Puts what to read behind the request at the start of the RAM.
std::uint32_t read_all(TestGuest &guest, std::span<const kvm::StoreRead> reads,
                       std::uint32_t length) {
  std::memcpy(guest.ram.data() + 64, reads.data(), reads.size_bytes());
  return guest.result_of({.call = Call::kStoreReadAll, .pointer = kRamBase + 64, .length = length});
}
std::uint32_t read_all(TestGuest &guest, std::span<const kvm::StoreRead> reads) {
  return read_all(guest, reads, static_cast<std::uint32_t>(reads.size_bytes()));
}

TEST(Hypercalls, SeveralReadsAreOneRequest) {
  TestGuest guest;
  for (std::size_t i = 0; i < guest.devices.store.size(); ++i) {
    guest.devices.store[i] = static_cast<std::uint8_t>(i % 251);
  }
  const kvm::StoreRead reads[] = {{5000, kBuffer, 3}, {0, kBuffer + 3, 2}, {65535, kBuffer + 5, 1}};
  EXPECT_EQ(read_all(guest, reads), 0U);
  const std::uint8_t wanted[] = {5000 % 251, 5001 % 251, 5002 % 251, 0, 1, 65535 % 251};
  EXPECT_TRUE(std::equal(std::begin(wanted), std::end(wanted), guest.ram.begin() + 1024));
  EXPECT_EQ(read_all(guest, {}), 0U);
}

TEST(Hypercalls, SeveralReadsAreCheckedOneByOne) {
  TestGuest guest;
  guest.devices.store.assign(guest.devices.store.size(), 7);
  for (const Range &range : kForeignRanges) {
    const kvm::StoreRead reads[] = {
        {0, kBuffer, 1}, {0, range.pointer, range.length}, {0, kBuffer + 1, 1}};
    EXPECT_EQ(read_all(guest, reads), kRefused) << std::hex << range.pointer;
    EXPECT_EQ(guest.ram[1024], 7);
    EXPECT_EQ(guest.ram[1025], 0) << "it stops where one fails";
  }
  const kvm::StoreRead behind[] = {{65535, kBuffer, 2}};
  EXPECT_EQ(read_all(guest, behind), kRefused);
  const kvm::StoreRead rom[] = {{0, kvm::kRomBase, 16}};
  EXPECT_EQ(read_all(guest, rom), kRefused);
  const std::vector<kvm::StoreRead> many(kvm::kMostReads + 1, kvm::StoreRead{0, kBuffer, 1});
  EXPECT_EQ(read_all(guest, many), kRefused);
  EXPECT_EQ(read_all(guest, std::span(many).first(kvm::kMostReads)), 0U);
  EXPECT_EQ(read_all(guest, behind, 11), kRefused);
  for (const Range &range : kForeignRanges) {
    const Request request = {
        .call = Call::kStoreReadAll, .pointer = range.pointer, .length = range.length / 12 * 12};
    if (request.length != 0) {
      EXPECT_EQ(guest.result_of(request), kRefused) << std::hex << range.pointer;
    }
  }
}

TEST(Hypercalls, TextAndFramesAreTakenWithAnyRequest) {
  TestGuest guest;
  std::memcpy(guest.shared->machine.console, "hello", 5);
  guest.shared->machine.console_bytes = 5;
  guest.shared->send[0].size_bytes = 60;
  guest.shared->machine.to_send = 1;
  EXPECT_EQ(guest.result_of({.call = Call::kFlush}), 0U);
  EXPECT_EQ(guest.devices.printed, "hello");
  ASSERT_EQ(guest.devices.sent.size(), 1U);
  EXPECT_EQ(guest.devices.sent[0].size(), 60U);
  EXPECT_EQ(guest.shared->machine.console_bytes, 0U);
  EXPECT_EQ(guest.shared->machine.to_send, 0U);
}

TEST(Hypercalls, CountsAndLengthsOfTheSharedPagesAreBounded) {
  TestGuest guest;
  guest.shared->machine.console_bytes = 0xFFFF'FFFF;
  guest.shared->machine.to_send = 0xFFFF'FFFF;
  for (std::uint32_t i = 0; i < kvm::kSendSlots; ++i) {
    guest.shared->send[i].size_bytes = static_cast<std::uint16_t>(1510 + i);
  }
  guest.shared->send[0].size_bytes = 0;
  (void)guest.result_of({.call = Call::kFlush});
  EXPECT_EQ(guest.devices.printed.size(), kvm::kConsoleBytes);
  EXPECT_EQ(guest.devices.sent.size(), 4U); // 1511 to 1514
}

TEST(Hypercalls, AWaitBringsFramesAndTheTime) {
  TestGuest guest;
  guest.devices.waiting.assign(kvm::kReceiveSlots + 1, std::vector<std::uint8_t>(64, 7));
  EXPECT_EQ(guest.result_of({.call = Call::kWait, .argument = 5'000}), 1U);
  EXPECT_EQ(guest.shared->machine.received, kvm::kReceiveSlots);
  EXPECT_EQ(guest.shared->machine.all_received, 0U);
  EXPECT_EQ(guest.result_of({.call = Call::kReceive}), 0U);
  EXPECT_EQ(guest.shared->machine.received, 1U);
  EXPECT_EQ(guest.shared->machine.all_received, 1U);
  EXPECT_EQ(guest.result_of({.call = Call::kWait, .argument = 5'000}), 0U);
  EXPECT_EQ(guest.shared->machine.now_ns, 5'000U);
  EXPECT_EQ(guest.shared->machine.wall_zero_ns, 1'000U);
}

TEST(Hypercalls, AWaitEndsWhenTheMonitorWantsTo) {
  TestGuest guest;
  guest.devices.may_wait = false;
  Request request{.call = Call::kWait, .argument = ~0ULL};
  EXPECT_EQ(guest.ask(request).then, Then::kGoOn);
  EXPECT_EQ(request.result, 0U);
}

TEST(Hypercalls, EndsAreTold) {
  TestGuest guest;
  Request reset{.call = Call::kReset, .argument = 3};
  const Outcome again = guest.ask(reset);
  EXPECT_EQ(again.then, Then::kReset);
  EXPECT_EQ(again.code, 3U);
  Request leave{.call = Call::kExit, .argument = 0xFFFF'FF07};
  const Outcome end = guest.ask(leave);
  EXPECT_EQ(end.then, Then::kExit);
  EXPECT_EQ(end.code, 7U);
}

TEST(Hypercalls, SlotsAreVerifiedByTheMonitor) {
  TestGuest guest;
  EXPECT_EQ(guest.result_of({.call = Call::kVerifySlot, .argument = 1}), 11U);
  EXPECT_EQ(guest.result_of({.call = Call::kVerifySlot, .argument = ~0ULL}), 10U + 0xFF);
}

TEST(Hypercalls, AHashOfFips180) {
  TestGuest guest;
  constexpr std::uint32_t kDigest = kRamBase + 4096;
  std::memcpy(guest.ram.data() + 2048, "abc", 3);
  EXPECT_EQ(guest.result_of(
                {.call = Call::kHashStart, .pointer = kBuffer, .length = sizeof(image::Sha256)}),
            0U);
  EXPECT_EQ(guest.result_of({.call = Call::kHashUpdate,
                             .argument = kBuffer,
                             .pointer = kRamBase + 2048,
                             .length = 3}),
            0U);
  EXPECT_EQ(guest.result_of(
                {.call = Call::kHashFinish, .argument = kBuffer, .pointer = kDigest, .length = 32}),
            0U);
  EXPECT_EQ(load_be<std::uint64_t>(guest.ram.data() + 4096), 0xBA7816BF8F01CFEAULL);
}

TEST(Hypercalls, AMadeUpHashStateDoesNoHarm) {
  TestGuest guest;
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::memset(guest.ram.data() + 1024, static_cast<int>(i), sizeof(image::Sha256));
    EXPECT_EQ(guest.result_of({.call = Call::kHashUpdate,
                               .argument = kBuffer,
                               .pointer = kRamBase,
                               .length = TestGuest::kRamBytes}),
              0U);
    EXPECT_EQ(guest.result_of({.call = Call::kHashFinish,
                               .argument = kBuffer,
                               .pointer = kRamBase + 4096,
                               .length = 32}),
              0U);
  }
}

} // namespace
} // namespace tinyml::tender
