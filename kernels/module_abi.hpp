// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#ifndef TINYML_MIN_ARENA_BYTES
#define TINYML_MIN_ARENA_BYTES 1
#endif

/// What a compiled module looks like from outside. Generated code defines these symbols once per
/// image; the device programs and the host's loader use nothing else of it. Version 1.
namespace tinyml::module {

inline constexpr std::uint32_t kAbiVersion = 1;
inline constexpr std::size_t kMaxRank = 6;
/// tinyml_module_arena is at least this long, whatever the model needs. A program that uses the
/// arena between two inferences asks for it (kit.json, `min_arena_bytes`); one alone does not.
inline constexpr std::size_t kMinArenaBytes = TINYML_MIN_ARENA_BYTES;
/// The length of tinyml_module_arena for a model that needs `planned_bytes`.
constexpr std::size_t arena_extent(std::size_t planned_bytes) {
  return planned_bytes < kMinArenaBytes ? kMinArenaBytes : planned_bytes;
}

/// Values are written to images and result objects: never renumber.
enum class ElementType : std::uint8_t {
  kFloat32 = 1,
  kInt8 = 2,
  kUint8 = 3,
  kInt16 = 4,
  kInt32 = 5,
  kInt64 = 6,
  kBool = 7,
};

/// One input or output. Data lies in the arena, row-major over `dims`, in the layout of the *model
/// as it was given* (an ONNX image input stays NCHW). For integer types real = scale * (value -
/// zero_point).
struct TensorInfo {
  const char *name;
  ElementType type;
  std::uint8_t rank;
  std::uint32_t dims[kMaxRank];
  std::uint32_t size_bytes;
  std::uint32_t arena_offset; ///< from the start of tinyml_module_arena
  float scale;                ///< 0 when the tensor is not quantised
  std::int32_t zero_point;
};

struct ModuleInfo {
  std::uint32_t abi_version;
  const char *name;
  std::uint8_t build_id[16]; ///< first bytes of the SHA-256 of all that determined this module
  std::uint32_t arena_bytes;
  std::uint64_t macs; ///< multiply-accumulates per inference
  std::uint8_t input_count;
  std::uint8_t output_count;
  const TensorInfo *inputs;
  const TensorInfo *outputs;
};

} // namespace tinyml::module

extern "C" {
extern const tinyml::module::ModuleInfo tinyml_module_info;
/// Aligned to 16 bytes; arena_bytes or kMinArenaBytes long, whichever is more. Between two
/// inferences its contents are free for any other use.
extern std::uint8_t tinyml_module_arena[];
/// Forgets what the operators remember of former inferences (docs/ir.md, "State"). A module without
/// such operators has nothing to forget. State lies beside the arena; before the first inference it
/// is as after a reset.
void tinyml_module_reset();
/// Reads the inputs from the arena and leaves the outputs there. Input bytes may be overwritten.
void tinyml_module_run();
}
