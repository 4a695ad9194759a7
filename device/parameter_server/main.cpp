// SPDX-License-Identifier: Apache-2.0
// A training run's server; the same image for every model.
#include "device/parameter_server/activity.hpp"
#include "device/run.hpp"
#include "os/program.hpp"

namespace tinyml::device {
namespace {

struct NoModule {
  static constexpr bool kPresent = false;
  static const module::ModuleInfo *info() { return nullptr; }
  static std::uint8_t *arena() { return nullptr; }
  static void run() {}
  static ByteSpan workspace() {
    alignas(8) static std::uint8_t bytes[boot::kWorkspaceBytes];
    return bytes;
  }
  static ByteSpan frame() { return workspace().first(net::BoardNetworkOver::kFrameBytes); }
};

} // namespace
} // namespace tinyml::device

int tinyml_program() {
  return tinyml::device::run<tinyml::net::BoardNetworkOver, tinyml::device::NoModule,
                             tinyml::device::ParameterServerActivity>("parameter_server");
}
