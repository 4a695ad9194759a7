// SPDX-License-Identifier: Apache-2.0
// A device with a compiled model: `base`, and POST /infer.
#include "device/run.hpp"
#include "os/program.hpp"

namespace tinyml::device {
namespace {

struct ImageModule {
  static constexpr bool kPresent = true;
  static const module::ModuleInfo *info() { return &tinyml_module_info; }
  static std::uint8_t *arena() { return tinyml_module_arena; }
  static void run() { tinyml_module_run(); }
  /// Between two inferences the arena is free: images are verified in it, which costs no RAM.
  static ByteSpan workspace() { return {tinyml_module_arena, module::kMinArenaBytes}; }
  static ByteSpan frame() {
    static std::uint8_t bytes[net::BoardNetworkOver::kFrameBytes];
    return bytes;
  }
  static_assert(module::kMinArenaBytes >= boot::kWorkspaceBytes);
};

} // namespace
} // namespace tinyml::device

int tinyml_program() {
  return tinyml::device::run<tinyml::net::BoardNetworkOver, tinyml::device::ImageModule>(
      "inference");
}
