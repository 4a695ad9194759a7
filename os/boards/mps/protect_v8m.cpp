// SPDX-License-Identifier: Apache-2.0
#include "os/boards/mps/family.hpp"
#include "os/cpu/armv8m/mpu.hpp"

extern "C" std::uint8_t tinyml_stack_guard[];

/// Regions of this architecture may not overlap: the guard is a hole between two.
void tinyml::mps::protect() {
  using armv8m::Access;
  constexpr std::uint32_t kGuardBytes = 32;
  const auto guard = reinterpret_cast<std::uint32_t>(tinyml_stack_guard);
  const std::uint32_t ram_end = kRamBase + (1U << kRamLog2);
  armv8m::protect_memory(
      {{kFlashBase, kFlashBase + (1U << kFlashLog2), Access::kCode},
       {kRamBase, guard, Access::kData},
       {guard + kGuardBytes, ram_end, Access::kData},
       {kStoreBase, kStoreBase + (1U << kStoreLog2), Access::kData},
       {kPeripheralBase, kPeripheralBase + (1U << kPeripheralLog2), Access::kDevice}});
}
