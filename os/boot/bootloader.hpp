// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/factory.hpp"
#include "image/verify.hpp"
#include "os/boot/lent_heap.hpp"
#include "os/boot/services.hpp"
#include "os/store/boot_state.hpp"
#include "os/store/region_reader.hpp"

#include <initializer_list>

/// The bootloader: which slot to start. A board gives it a Platform and jumps where it says.
namespace tinyml::boot {

/// What this board can start.
struct Target {
  std::string_view board;
  image::Payload payload;
  std::uint64_t load_address;      ///< of binary payloads
  std::uint32_t max_payload_bytes; ///< of the execution area
  /// Images run in the store itself: load_address is where the processor sees its first byte.
  bool in_place = false;

  /// Where the payload of an image in that part of the store is seen.
  [[nodiscard]] constexpr std::uint64_t load_address_in(const store::Region &slot) const {
    return in_place ? load_address + slot.offset + image::kHeaderBytes : load_address;
  }
};

/// Boot services and store layout are of this version; images built for another are refused.
inline constexpr std::uint32_t kOldestAbi = hal::kAbiVersion;
inline constexpr std::uint32_t kNewestAbi = hal::kAbiVersion;

/// The board below the bootloader.
template <typename P>
concept Platform = requires(P &board, typename P::Store &flash,
                            store::RegionReader<typename P::Store> &slot,
                            const image::Header &header, std::string_view text) {
  requires store::Flash<typename P::Store>;
  { board.store() } -> std::same_as<typename P::Store &>;
  { board.target() } -> std::same_as<const Target &>;
  {board.console(text)};
  /// Puts a verified image where it can be started (os/boot/exec_area.hpp); false when that failed.
  { board.install(slot, header) } -> std::same_as<bool>;
};

/// The result of choose().
struct Choice {
  store::Slot slot = store::Slot::kNone; ///< kNone: no slot holds an image that may be started
  image::Header header;
  bool on_trial = false;
};

[[nodiscard]] constexpr std::string_view name_of(store::Slot slot) {
  return slot == store::Slot::kA ? "A" : "B";
}

template <Platform P> class Bootloader {
public:
  using Store = typename P::Store;

  /// `workspace` is kWorkspaceBytes or more, aligned to 8 bytes; free again afterwards.
  Bootloader(P &board, ByteSpan workspace)
      : board_(board), workspace_(workspace), layout_(store::layout_of(board.store().info())),
        log_(board.store(), layout_) {}

  /// Chooses, verifies and installs an image and notes in the boot state that it is about to start.
  /// Order matters: the state is written last, so a power cut before costs no trial and one after
  /// it a whole one.
  [[nodiscard]] Choice choose() {
    log_usable_ = log_.load(state_) == hal::Status::kOk;
    if (!log_usable_) {
      say({"boot: cannot read the boot state; starting any good image"});
      state_ = {};
    }
    if (state_.trial != store::Slot::kNone) {
      if (const Choice trial = try_trial(); trial.slot != store::Slot::kNone) {
        return trial;
      }
    }
    return boot_confirmed();
  }

  /// Checks all of a slot's image with the key of the factory page, as the boot service does.
  [[nodiscard]] image::Error verify(store::Slot slot, image::Header &header) {
    if (slot != store::Slot::kA && slot != store::Slot::kB) {
      return image::Error::kNotAnImage;
    }
    // Sizes are checked rather than trusted: the workspace comes from a running image.
    if (workspace_.size() < kWorkspaceBytes ||
        reinterpret_cast<std::uintptr_t>(workspace_.data()) % 8 != 0) {
      return image::Error::kNoMemory;
    }
    const ByteSpan page = workspace_.first(image::kFactoryPageBytes);
    if (board_.store().read(layout_.factory.offset, page) != hal::Status::kOk) {
      return image::Error::kIo;
    }
    const auto factory = image::parse_factory_page(page);
    if (!factory) {
      return image::Error::kNoKey;
    }
    const LentHeap heap(workspace_.subspan(image::kFactoryPageBytes));
    store::RegionReader<Store> reader(board_.store(), layout_.slot(slot));
    return image::verify(reader, requirements(slot), factory->signing_public_key, header);
  }

  /// verify() of the boot services: reads the state only for its floor.
  [[nodiscard]] image::Error verify_for_service(store::Slot slot) {
    if (log_.load(state_) != hal::Status::kOk) {
      return image::Error::kIo;
    }
    image::Header header;
    return verify(slot, header);
  }

private:
  [[nodiscard]] image::Requirements requirements(store::Slot slot) const {
    const Target &target = board_.target();
    return {.board = target.board,
            .oldest_abi = kOldestAbi,
            .newest_abi = kNewestAbi,
            .kind = image::Kind::kImage,
            .payload = target.payload,
            .load_address = target.load_address_in(layout_.slot(slot)),
            .max_payload_bytes = target.max_payload_bytes,
            .max_total_bytes = layout_.slot(slot).size_bytes,
            .floor = state_.floor};
  }

  Choice try_trial() {
    const store::Slot slot = state_.trial;
    if (state_.trials_left == 0) {
      say({"boot: slot ", name_of(slot), " was never confirmed; rolling back"});
      note(store::with_failed_trial(state_, store::Outcome::kRolledBack, image::Error::kNone));
      return {};
    }
    image::Header header;
    image::Error error = verify(slot, header);
    if (error == image::Error::kNone) {
      if (start(slot, header)) {
        return {slot, header, true};
      }
      error = image::Error::kIo;
    }
    say({"boot: slot ", name_of(slot), " on trial is ", image::describe(error), "; refused"});
    note(store::with_failed_trial(state_, store::Outcome::kRefused, error));
    return {};
  }

  /// Both slots are looked at twice: bits of old flash may be read wrong now and then.
  Choice boot_confirmed() {
    const store::Slot first = state_.confirmed == store::Slot::kB && !state_.recovery_wanted
                                  ? store::Slot::kB
                                  : store::Slot::kA;
    for (const store::Slot slot : {first, store::other(first), first, store::other(first)}) {
      image::Header header;
      const image::Error error = verify(slot, header);
      if (error == image::Error::kNone && start(slot, header)) {
        return {slot, header, false};
      }
      if (error != image::Error::kNone) {
        say({"boot: slot ", name_of(slot), " is ", image::describe(error)});
      }
    }
    say({"boot: nothing to start; write a good image to slot A"});
    return {};
  }

  /// Installs and notes. A trial that cannot be counted is not started: it could never be rolled
  /// back.
  bool start(store::Slot slot, const image::Header &header) {
    store::RegionReader<Store> reader(board_.store(), layout_.slot(slot));
    if (!board_.install(reader, header)) {
      say({"boot: slot ", name_of(slot), " is good but could not be installed"});
      return false;
    }
    const bool on_trial = slot == state_.trial;
    const store::BootState next = store::with_boot(state_, slot);
    if (next != state_ && !note(next) && on_trial) {
      return false;
    }
    const char left[] = {static_cast<char>('0' + std::min<unsigned>(next.trials_left, 9)), '\0'};
    on_trial ? say({"boot: starting slot ", name_of(slot), " on trial, trials left: ", left})
             : say({"boot: starting slot ", name_of(slot)});
    return true;
  }

  bool note(const store::BootState &next) {
    state_ = next;
    if (log_usable_ && log_.append(next) == hal::Status::kOk) {
      return true;
    }
    say({"boot: cannot write the boot state"});
    return false;
  }

  void say(std::initializer_list<std::string_view> parts) {
    for (const std::string_view part : parts) {
      board_.console(part);
    }
    board_.console("\r\n");
  }

  P &board_;
  ByteSpan workspace_;
  store::Layout layout_;
  store::BootLog<Store> log_;
  store::BootState state_;
  bool log_usable_ = false;
};

/// The services of a bootloader on platform P, which must be default constructible and without
/// state of its own.
template <Platform P> struct Services {
  static std::uint32_t verify_slot(std::uint32_t slot, std::uint8_t *workspace,
                                   std::uint32_t workspace_bytes) {
    P board;
    Bootloader<P> loader(board, ByteSpan(workspace, workspace_bytes));
    const auto which = slot <= 1 ? static_cast<store::Slot>(slot) : store::Slot::kNone;
    return static_cast<std::uint32_t>(loader.verify_for_service(which));
  }
  static void sha256_start(image::Sha256 *hash) { image::sha256_start(*hash); }
  static void sha256_update(image::Sha256 *hash, const std::uint8_t *bytes,
                            std::uint32_t size_bytes) {
    image::sha256_update(*hash, ByteView(bytes, size_bytes));
  }
  static void sha256_finish(image::Sha256 *hash, std::uint8_t *digest) {
    image::sha256_finish(*hash,
                         std::span<std::uint8_t, image::kHashBytes>(digest, image::kHashBytes));
  }

  static constexpr ServiceTable kTable{kServiceMagic, kServiceVersion, sizeof(ServiceTable),
                                       verify_slot,   sha256_start,    sha256_update,
                                       sha256_finish};
};

} // namespace tinyml::boot
