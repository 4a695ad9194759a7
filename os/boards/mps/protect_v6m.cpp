// SPDX-License-Identifier: Apache-2.0
// The processor is an ARMv7-M one that runs ARMv6-M code. What the smaller architecture has not,
// and this one would do silently, is made a fault.
#include "os/boards/mps/family.hpp"
#include "os/cpu/armv7m/mpu.hpp"

extern "C" std::uint8_t tinyml_stack_guard[];

void tinyml::mps::protect() {
  using armv7m::Access;
  armv7m::ConfigurationControl::write(armv7m::ConfigurationControl::read() |
                                      armv7m::kUnalignedAccessTrap);
  armv7m::protect_memory({{kFlashBase, kFlashLog2, Access::kCode},
                          {kRamBase, kRamLog2, Access::kData},
                          {kStoreBase, kStoreLog2, Access::kData},
                          {kPeripheralBase, kPeripheralLog2, Access::kDevice},
                          {reinterpret_cast<std::uint32_t>(tinyml_stack_guard), 5, Access::kNone}});
}
