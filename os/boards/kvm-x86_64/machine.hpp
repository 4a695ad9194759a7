// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/boards/kvm-x86_64/hypercall.hpp"

/// The guest's side of hypercall.hpp.
namespace tinyml::kvm {

inline Shared &shared() { return *reinterpret_cast<Shared *>(kSharedBase); }
inline Machine &machine() { return shared().machine; }

inline std::uint32_t address_of(const void *pointer) {
  return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(pointer));
}

/// Asks the monitor and returns the result.
std::uint32_t ask(Call call, std::uint64_t argument = 0, const void *pointer = nullptr,
                  std::size_t length = 0);

/// How many of the frames that the monitor brought last the program has taken.
extern std::uint32_t taken_frames;

/// Goes on from the time that the monitor has just told; the clock never steps back.
void take_time();

} // namespace tinyml::kvm
