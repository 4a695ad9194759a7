// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tinyml::tender {

/// What the monitor itself ends with; everything else comes from the guest.
enum MonitorExit : int {
  kWrongUse = 2,       ///< arguments, files
  kNothingToStart = 3, ///< no slot holds a good image
  kNoKvm = 69,         ///< /dev/kvm is missing, not permitted, or this processor is too old
  kGuestFault = 70,    ///< a program that runs alone died of a fault
  kTimeIsUp = 124,     ///< --max-seconds or --max-cpu-seconds
};

} // namespace tinyml::tender
