// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/lwm2m/object_ids.hpp"

#include <cstdint>
#include <span>
#include <string_view>

/// What a device is: object 42769 and its JSON form, one description for both sides. The
/// specification is docs/device-profile.md.
namespace tinyml::lwm2m {

/// Where an image may be stored. Addresses are offsets in the device's store.
struct ProfileSlot {
  std::uint32_t address = 0;
  std::uint32_t size_bytes = 0;
};

/// `Text` and `List` are views into read-only memory on a device, owning types on the host.
template <typename Text, template <typename> class List> struct BasicProfile {
  Text board{};                     ///< kit name, e.g. "mps2-an385"
  Text isa{};                       ///< e.g. "armv7-m", "x86_64"
  List<Text> extensions{};          ///< e.g. "thumb2", "dsp", "mve"
  std::uint32_t clock_hz = 0;       ///< 0 when unknown
  std::uint32_t ram_bytes = 0;      ///< all the RAM an image may use
  std::uint32_t ram_free_bytes = 0; ///< of it, for a module's arena, data and added stack
  std::uint32_t rom_bytes = 0;      ///< all the ROM an image may use
  std::uint32_t rom_free_bytes = 0; ///< of it, for a module's code and weights
  std::uint32_t image_address = 0;  ///< where an image runs; 0 when position does not matter
  List<ProfileSlot> slots{};
  Text os_name{};
  Text os_version{};
  std::uint32_t abi_version = 0;        ///< hal::kAbiVersion
  std::uint32_t module_abi_version = 0; ///< module::kAbiVersion
  List<Text> element_types{};           ///< "int8", "float32"
  List<Text> accelerators{};
  List<Text> image_formats{};        ///< "tinyml-image-1"
  List<Text> signature_algorithms{}; ///< "ecdsa-p256-sha256"
  List<Text> sensors{};
  List<Text> outputs{}; ///< "text-display"
};

template <typename T> using ConstList = std::span<const T>;

/// The device's form: constants in ROM.
using Profile = BasicProfile<std::string_view, ConstList>;

/// Calls `visit(resource, json_key, member)` for every field in order of its resource id; the
/// slots, which are two resources, come as `visit(capability::kSlotAddress, "slots", slots)`. Every
/// codec of the profile is written on this one table.
template <typename AnyProfile, typename Visitor>
constexpr void visit_profile(AnyProfile &profile, Visitor &&visit) {
  visit(capability::kBoard, "board", profile.board);
  visit(capability::kIsa, "isa", profile.isa);
  visit(capability::kExtensions, "extensions", profile.extensions);
  visit(capability::kClock, "clock_hz", profile.clock_hz);
  visit(capability::kRam, "ram_bytes", profile.ram_bytes);
  visit(capability::kRamFree, "ram_free_bytes", profile.ram_free_bytes);
  visit(capability::kRom, "rom_bytes", profile.rom_bytes);
  visit(capability::kRomFree, "rom_free_bytes", profile.rom_free_bytes);
  visit(capability::kImageAddress, "image_address", profile.image_address);
  visit(capability::kSlotAddress, "slots", profile.slots);
  visit(capability::kOsName, "os_name", profile.os_name);
  visit(capability::kOsVersion, "os_version", profile.os_version);
  visit(capability::kAbiVersion, "abi_version", profile.abi_version);
  visit(capability::kModuleAbiVersion, "module_abi_version", profile.module_abi_version);
  visit(capability::kElementTypes, "element_types", profile.element_types);
  visit(capability::kAccelerators, "accelerators", profile.accelerators);
  visit(capability::kImageFormats, "image_formats", profile.image_formats);
  visit(capability::kSignatureAlgorithms, "signature_algorithms", profile.signature_algorithms);
  visit(capability::kSensors, "sensors", profile.sensors);
  visit(capability::kOutputs, "outputs", profile.outputs);
}

} // namespace tinyml::lwm2m
