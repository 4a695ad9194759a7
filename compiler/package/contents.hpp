// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/driver/compile_model.hpp"
#include "compiler/package/names.hpp"
#include "compiler/package/targets.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

/// What a package is made of, before it is laid out for one build system.
namespace tinyml::package {

/// A file of the package; `path` is relative and made of our own words and Names::id only.
struct File {
  std::string path;
  std::string content;
};

/// An input or output as the C interface and the README show it.
struct Tensor {
  std::string display; ///< the model's name for it, see display_text
  ir::ElementType element;
  ir::Shape shape;
  std::size_t count; ///< elements
  std::size_t bytes;
  std::uint32_t arena_offset;
  bool quantized;
  float scale;
  std::int32_t zero_point;
};

/// One inference, computed by the interpreter; raw elements of every input and output.
struct TestVector {
  std::vector<std::vector<std::uint8_t>> inputs;
  std::vector<std::vector<std::uint8_t>> outputs;
  bool from_data = false; ///< a sample of the calibration data instead of drawn numbers
};

/// Bytes of the package's object files, as compiled by `compiler`.
struct Sizes {
  std::string compiler;
  std::vector<std::string> flags;
  std::uint64_t code = 0;      ///< executable sections
  std::uint64_t constants = 0; ///< read-only data: weights, tables, parameters
  std::uint64_t data = 0;      ///< initialised, writable: in ROM and in RAM
  std::uint64_t zero = 0;      ///< zero-initialised, the arena included

  [[nodiscard]] std::uint64_t rom() const { return code + constants + data; }
  [[nodiscard]] std::uint64_t ram() const { return data + zero; }
};

struct Contents {
  Names names;
  Target target;
  std::vector<Tensor> inputs;
  std::vector<Tensor> outputs;
  std::uint32_t arena_bytes = 0;
  std::uint64_t state_bytes = 0; ///< what operators remember from run to run, beside the arena
  std::uint64_t weight_bytes = 0;
  std::uint64_t macs = 0;
  std::vector<codegen::LayerReport> layers;
  std::string level = "-O2"; ///< compiler's optimisation for what the model was made for
  std::vector<File> sources; ///< paths below the source folder
  TestVector vector;
  std::optional<Sizes> sizes; ///< absent when `size_note` says why
  std::string size_note;
  std::optional<std::uint64_t> wasm_bytes;

  /// The words that every template may use: id, ID, display, arena, macs, weights.
  [[nodiscard]] std::map<std::string, std::string> words() const;
};

[[nodiscard]] std::vector<Tensor> tensors_of(const driver::CompiledModel &model,
                                             const std::vector<ir::ValueId> &values);

/// "1x28x28", "scalar"
[[nodiscard]] std::string dims_text(const ir::Shape &shape);

/// "int8_t", "float"
[[nodiscard]] std::string c_type(ir::ElementType element);

/// "12,345"
[[nodiscard]] std::string grouped(std::uint64_t number);

} // namespace tinyml::package
