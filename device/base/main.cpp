// SPDX-License-Identifier: Apache-2.0
// A device without a model yet: it registers, tells what it is and takes its first image.
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
  /// An image is verified when all of it has come: the frame is free then.
  static ByteSpan frame() { return workspace().first(net::BoardNetworkOver::kFrameBytes); }
  static_assert(net::BoardNetworkOver::kFrameBytes <= boot::kWorkspaceBytes);
};

} // namespace
} // namespace tinyml::device

int tinyml_program() {
  return tinyml::device::run<tinyml::net::BoardNetworkOver, tinyml::device::NoModule>("base");
}
