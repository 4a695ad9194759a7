// SPDX-License-Identifier: Apache-2.0
// A device with a compiled model that can learn where it is: `inference` by a training module, and
// a worker of training runs.
#include "device/adaptive/adaptive_activity.hpp"
#include "device/adaptive/adaptive_module.hpp"
#include "device/run.hpp"
#include "os/program.hpp"

int tinyml_program() {
  using namespace tinyml::device;
  return run<tinyml::net::BoardNetworkOver, AdaptiveModule, AdaptiveActivity<LinkedStep>>(
      "adaptive");
}
