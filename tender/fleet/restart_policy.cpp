// SPDX-License-Identifier: Apache-2.0
#include "tender/fleet/restart_policy.hpp"

#include <algorithm>

namespace tinyml::tender {

RestartPolicy::Time RestartPolicy::ended(Time started, Time now) {
  const bool was_well = now - started >= kWellAfter;
  pause_ = was_well || pause_.count() == 0 ? kFirstPause : std::min(pause_ * 2, kLongestPause);
  return now + pause_;
}

} // namespace tinyml::tender
