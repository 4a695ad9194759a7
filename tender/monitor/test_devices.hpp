// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/drivers/nor_memory.hpp"
#include "tender/monitor/hypercalls.hpp"

#include <memory>
#include <string>
#include <vector>

namespace tinyml::tender {

/// Devices that remember what they were asked and touch every byte they are handed.
class RecordingDevices : public Devices {
public:
  static constexpr hal::StoreInfo kStore = {
      .size_bytes = 64 << 10, .sector_bytes = 4096, .program_bytes = 16};

  void console(std::string_view text) override { printed += text; }
  Received receive(std::span<kvm::FrameSlot> slots) override {
    Received received;
    while (received.frames < slots.size() && !waiting.empty()) {
      kvm::FrameSlot &slot = slots[received.frames++];
      std::copy(waiting.front().begin(), waiting.front().end(), slot.frame);
      slot.size_bytes = static_cast<std::uint16_t>(waiting.front().size());
      waiting.erase(waiting.begin());
    }
    received.all = waiting.empty();
    return received;
  }
  void send(std::span<const ByteView> frames) override {
    for (const ByteView frame : frames) {
      sent.emplace_back(frame.begin(), frame.end());
    }
  }
  bool wait_until(std::uint64_t deadline_ns) override {
    time_ns = deadline_ns;
    return may_wait;
  }
  std::uint64_t now_ns() override { return time_ns; }
  std::uint64_t wall_zero_ns() override { return 1'000; }
  hal::Status store_read(std::uint32_t offset, ByteSpan to) override {
    return flash().read(offset, to);
  }
  hal::Status store_erase(std::uint32_t offset, std::uint32_t size_bytes) override {
    return flash().erase(offset, size_bytes);
  }
  hal::Status store_write(std::uint32_t offset, ByteView from) override {
    return flash().write(offset, from);
  }
  hal::Status entropy(ByteSpan to) override {
    std::fill(to.begin(), to.end(), std::uint8_t{0x5A});
    return hal::Status::kOk;
  }
  std::uint32_t verify_slot(std::uint32_t slot) override { return 10 + slot; }

  std::string printed;
  std::vector<std::vector<std::uint8_t>> sent;
  std::vector<std::vector<std::uint8_t>> waiting;
  std::uint64_t time_ns = 0;
  bool may_wait = true;
  std::vector<std::uint8_t> store = std::vector<std::uint8_t>(kStore.size_bytes, 0xFF);

private:
  drivers::NorMemory flash() { return {store.data(), kStore}; }
};

/// A guest's memory without a machine: ROM, RAM and the shared pages apart, so that a step over the
/// edge of one is seen by the address sanitizer.
struct TestGuest {
  static constexpr std::uint32_t kRomBytes = 4096;
  static constexpr std::uint32_t kRamBytes = 16384;

  std::vector<std::uint8_t> rom = std::vector<std::uint8_t>(kRomBytes);
  std::vector<std::uint8_t> ram = std::vector<std::uint8_t>(kRamBytes);
  std::unique_ptr<kvm::Shared> shared = std::make_unique<kvm::Shared>();
  RecordingDevices devices;

  [[nodiscard]] GuestMemory memory() {
    return GuestMemory({{{kvm::kRomBase, rom, false},
                         {kvm::kRamBase, ram, true},
                         {kvm::kSharedBase,
                          {reinterpret_cast<std::uint8_t *>(shared.get()), sizeof(kvm::Shared)},
                          true}}});
  }
  /// Puts the request at the start of the RAM and rings.
  Outcome ask(kvm::Request &request) {
    std::memcpy(ram.data(), &request, sizeof(request));
    Hypercalls calls(memory(), *shared, devices);
    const Outcome outcome = calls.handle(kvm::kRamBase);
    std::memcpy(&request, ram.data(), sizeof(request));
    return outcome;
  }
  std::uint32_t result_of(kvm::Request request) {
    (void)ask(request);
    return request.result;
  }
};

} // namespace tinyml::tender
