// SPDX-License-Identifier: Apache-2.0
// Host only.
#pragma once

#include "image/packer.hpp"
#include "os/boot/bootloader.hpp"
#include "os/boot/exec_area.hpp"
#include "os/store/flash_simulator.hpp"
#include "os/store/provision.hpp"
#include "os/store/trial.hpp"
#include "os/store/update_writer.hpp"

#include <string>

/// A device in memory, small enough that every write and erase can be tried: real bootloader, real
/// cryptography, simulated flash. For tests on the host.
namespace tinyml::boot {

inline constexpr hal::StoreInfo kSimulatedStore{16 * 512, 512, 4};
inline constexpr hal::StoreInfo kSimulatedExec{2048, 256, 8};
inline constexpr Target kSimulatedTarget{"simulated", image::Payload::kBinary, 0x8000,
                                         kSimulatedExec.size_bytes};
/// Of a store with one slot, whose images run where they lie.
inline constexpr std::uint32_t kSimulatedRecoveryBytes = 4 * 512;
inline constexpr Target kSimulatedInPlace{"simulated", image::Payload::kBinary, 0x8000,
                                          kSimulatedExec.size_bytes, true};

/// The board under the bootloader.
struct SimulatedBoard {
  using Store = store::FlashSimulator;

  Store &flash;
  store::FlashSimulator &exec_area;
  std::string console_text;

  Store &store() { return flash; }
  [[nodiscard]] const Target &target() const {
    return flash.info().recovery_bytes != 0 ? kSimulatedInPlace : kSimulatedTarget;
  }
  void console(std::string_view text) { console_text += text; }
  bool install(store::RegionReader<Store> &slot, const image::Header &header) {
    return target().in_place || ExecCopy(slot, header, exec_area).run();
  }
};

inline const image::SigningKey &simulated_key() {
  static const image::SigningKey key = [] {
    return std::move(image::SigningKey::generate()).value();
  }();
  return key;
}

/// An image whose payload is `payload_bytes` of noise that depends on the version's build number.
inline std::vector<std::uint8_t> simulated_image(std::uint32_t build, std::uint32_t payload_bytes,
                                                 const image::SigningKey &key = simulated_key(),
                                                 std::uint16_t flags = 0,
                                                 const std::string &board = "simulated",
                                                 std::uint32_t abi = hal::kAbiVersion,
                                                 std::uint64_t load_address = 0x8000) {
  std::minstd_rand noise(build);
  std::vector<std::uint8_t> payload(payload_bytes);
  for (auto &byte : payload) {
    byte = static_cast<std::uint8_t>(noise() >> 8);
  }
  image::ImageInfo info;
  info.board = board;
  info.abi_version = abi;
  info.version.build = build;
  info.flags = flags;
  info.load_address = load_address;
  return image::pack(payload, info, key).value();
}

/// What a boot came to.
struct Booted {
  Choice choice;
  std::string console;
};

class SimulatedDevice {
public:
  explicit SimulatedDevice(std::uint32_t program_bytes = kSimulatedStore.program_bytes,
                           std::uint32_t recovery_bytes = 0)
      : flash_({kSimulatedStore.size_bytes, kSimulatedStore.sector_bytes, program_bytes,
                recovery_bytes},
               power_),
        exec_(kSimulatedExec, power_), layout_(store::layout_of(flash_.info())) {}

  // The flashes hold a pointer to this device's power supply.
  SimulatedDevice(const SimulatedDevice &) = delete;
  SimulatedDevice &operator=(const SimulatedDevice &) = delete;

  void provision(ByteView image) {
    const auto key = simulated_key().public_key();
    image::FactoryPage page;
    page.endpoint = "simulated-1";
    page.server_uri = "coap://127.0.0.1:5683";
    page.signing_public_key = key;
    if (store::provision(flash_, page, image) != hal::Status::kOk) {
      throw std::runtime_error("provisioning the simulated device failed");
    }
  }

  /// Everything the flashes hold, so that a test can go back to it.
  struct Snapshot {
    store::FlashSimulator flash;
    store::FlashSimulator exec;
  };
  [[nodiscard]] Snapshot snapshot() const { return {flash_, exec_}; }
  void restore(const Snapshot &snapshot) {
    flash_ = snapshot.flash;
    exec_ = snapshot.exec;
  }

  /// One run of the bootloader; may throw store::PowerCut.
  Booted boot() {
    SimulatedBoard board{flash_, exec_, {}};
    Bootloader<SimulatedBoard> loader(board, workspace_);
    const Choice choice = loader.choose();
    return {choice, board.console_text};
  }

  /// The boot service as a running image would call it.
  image::Error verify(store::Slot slot) {
    SimulatedBoard board{flash_, exec_, {}};
    return Bootloader<SimulatedBoard>(board, workspace_).verify_for_service(slot);
  }

  /// True when a slot holds just this image.
  bool holds(store::Slot slot, ByteView image) {
    return std::equal(image.begin(), image.end(),
                      flash_.bytes().begin() + layout_.slot(slot).offset);
  }

  /// True when the execution area starts with the payload of `image`.
  bool runs(ByteView image) {
    const auto payload = image::payload_of(image).value();
    return std::equal(payload.begin(), payload.end(), exec_.bytes().begin());
  }

  void put(store::Slot slot, ByteView image) {
    if (store::fill_region(flash_, layout_.slot(slot), image) != hal::Status::kOk) {
      throw std::runtime_error("filling a slot of the simulated device failed");
    }
  }

  [[nodiscard]] store::BootState state() { return store::current_state(flash_, layout_); }
  [[nodiscard]] store::FlashSimulator &flash() { return flash_; }
  [[nodiscard]] store::FlashSimulator &exec_area() { return exec_; }
  [[nodiscard]] const store::Layout &layout() const { return layout_; }
  [[nodiscard]] store::Power &power() { return power_; }

private:
  store::Power power_;
  store::FlashSimulator flash_;
  store::FlashSimulator exec_;
  store::Layout layout_;
  alignas(8) std::uint8_t workspace_[kWorkspaceBytes]{};
};

} // namespace tinyml::boot
