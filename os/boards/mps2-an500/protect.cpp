// SPDX-License-Identifier: Apache-2.0
#include "os/boards/mps/family.hpp"
#include "os/cpu/armv7m/mpu.hpp"

extern "C" std::uint8_t tinyml_stack_guard[];

/// As on the family's other ARMv7-M boards, but the Ethernet controller lies apart.
void tinyml::mps::protect() {
  using armv7m::Access;
  armv7m::protect_memory({{kFlashBase, kFlashLog2, Access::kCode},
                          {kRamBase, kRamLog2, Access::kData},
                          {kStoreBase, kStoreLog2, Access::kData},
                          {kPeripheralBase, kPeripheralLog2, Access::kDevice},
                          {kEthernetBase, kEthernetLog2, Access::kDevice},
                          {reinterpret_cast<std::uint32_t>(tinyml_stack_guard), 5, Access::kNone}});
}
