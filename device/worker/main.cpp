// SPDX-License-Identifier: Apache-2.0
// A device with a compiled training step: `base`, and a worker of training runs.
#include "device/run.hpp"
#include "device/worker/linked_step.hpp"
#include "device/worker/worker_activity.hpp"
#include "os/program.hpp"

namespace tinyml::device {
namespace {

struct TrainingModule {
  static constexpr bool kPresent = false; ///< for inference
  static const module::ModuleInfo *info() { return &tinyml_module_info; }
  static std::uint8_t *arena() { return tinyml_module_arena; }
  static void run() {}
  /// Between two steps the arena is free: images are verified in it.
  static ByteSpan workspace() { return {tinyml_module_arena, module::kMinArenaBytes}; }
  static ByteSpan frame() {
    static std::uint8_t bytes[net::BoardNetworkOver::kFrameBytes];
    return bytes;
  }
  static_assert(module::kMinArenaBytes >= boot::kWorkspaceBytes);
  static_assert(module::kMinArenaBytes >= Scratch::kBytes);
};

} // namespace
} // namespace tinyml::device

int tinyml_program() {
  using namespace tinyml::device;
  return run<tinyml::net::BoardNetworkOver, TrainingModule, WorkerActivity<LinkedStep>>("worker");
}
