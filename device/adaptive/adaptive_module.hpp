// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/worker/linked_step.hpp"
#include "device/worker/scratch.hpp"
#include "os/boot/services.hpp"
#include "os/net/network.hpp"

#include <cstring>

namespace tinyml::device {

/// The linked training module as a model to be asked (Program's Module): the sample in, the output
/// before a softmax out.
struct AdaptiveModule {
  static constexpr bool kPresent = true;
  static const module::ModuleInfo *info() {
    static const module::ModuleInfo info = asked_info();
    return &info;
  }
  static std::uint8_t *arena() { return tinyml_module_arena; }
  /// Without labels: their losses are nobody's business.
  static void run() {
    const module::TensorInfo &labels = tinyml_module_info.inputs[kLabelInput];
    std::memset(arena() + labels.arena_offset, kNoClass, labels.size_bytes);
    tinyml_training_forward();
  }
  /// Between two steps the arena is free: images are verified in it.
  static ByteSpan workspace() { return {tinyml_module_arena, module::kMinArenaBytes}; }
  static ByteSpan frame() {
    static std::uint8_t bytes[net::BoardNetworkOver::kFrameBytes];
    return bytes;
  }
  static_assert(module::kMinArenaBytes >= boot::kWorkspaceBytes);
  static_assert(module::kMinArenaBytes >= Scratch::kBytes);

private:
  static constexpr int kNoClass = 0xFF; ///< in all four bytes: -1

  static module::ModuleInfo asked_info() {
    module::ModuleInfo info = tinyml_module_info;
    info.inputs = tinyml_module_info.inputs + kSampleInput;
    info.input_count = 1;
    info.outputs = tinyml_module_info.outputs + kPredictionOutput;
    info.output_count = 1;
    return info;
  }
};

} // namespace tinyml::device
