// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "compiler/codegen/generate.hpp"
#include "compiler/driver/patches.hpp"
#include "compiler/ir/graph.hpp"
#include "compiler/plan/plan.hpp"
#include "compiler/quantize/quantize.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

namespace tinyml::driver {

enum class Precision { kInt8, kInt16, kFloat32 }; ///< int16: activations; weights are int8

/// "int8", "int16", "float32"; kInvalidInput for anything else.
[[nodiscard]] Expected<Precision> parse_precision(const std::string &text);
[[nodiscard]] const char *name_of(Precision precision);

/// What the generator and the kit's compiler flags aim at.
enum class Optimize { kSize, kBalanced, kSpeed };

/// "size", "balanced", "speed"; kInvalidInput for anything else.
[[nodiscard]] Expected<Optimize> parse_optimize(const std::string &text);
[[nodiscard]] const char *name_of(Optimize optimize);

struct CompileOptions {
  std::string model_name;
  std::array<std::uint8_t, 16> build_id{};
  Precision precision = Precision::kInt8;
  /// Samples in the layout of the model's own inputs, one after the other; needed to quantise a
  /// float model, not looked at when the model came quantised.
  std::span<const float> calibration;
  quantize::QuantizeOptions quantization; ///< how; `precision` says to what
  std::string isa = "scalar";             ///< link::Kit::isa of the board
  Optimize optimize = Optimize::kBalanced;
  /// Layers in strips: 0 where arena_limit_bytes asks for it, 1 never, else as many strips.
  std::int64_t strips = 0;
  /// What the arena should not exceed, if strips can help it.
  std::optional<std::uint32_t> arena_limit_bytes = {};
};

struct CompiledModel {
  ir::Graph graph; ///< as generated: canonical, quantised when int8
  plan::MemoryPlan plan;
  codegen::GeneratedModule module;
  quantize::QuantizeReport quantization; ///< empty for float32
  Optimize optimize = Optimize::kBalanced;
  Patches patches; ///< how the graph was split into strips, if it was
};

/// Imports a model, whatever format its content shows (ONNX or TensorFlow Lite), and brings it to
/// the canonical form.
[[nodiscard]] Expected<ir::Graph> load_model(ByteView model);

/// The whole way from a model file to generated sources.
[[nodiscard]] Expected<CompiledModel> compile_model(ByteView model, const CompileOptions &options);

/// The same module with another kernel set (the host's, say), whatever it was compiled for: with a
/// memory plan of its own.
[[nodiscard]] Expected<codegen::GeneratedModule>
generate_for(const std::string &isa, const CompiledModel &model, CompileOptions options);

/// Plans and generates a graph that is already canonical and in the wanted precision.
[[nodiscard]] Expected<CompiledModel> compile_graph(ir::Graph graph, const CompileOptions &options);

/// The same model with so many bytes less of arena, by strips; absent when that cannot be or was
/// not wanted.
[[nodiscard]] std::optional<CompiledModel>
compile_in_strips(const CompiledModel &model, CompileOptions options, std::uint64_t excess_bytes);

/// The part of a build report (docs/backend.md) that does not depend on a board: precision, MACs,
/// weights, arena, tensors, layers.
[[nodiscard]] nlohmann::json report_of(const CompiledModel &model, Precision precision);

} // namespace tinyml::driver
