// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/edit.hpp"

#include "tflite_schema.h"

#include <optional>
#include <vector>

namespace tinyml::tflite {

/// The format as flatc reads it. Everything in it was checked by flatbuffers' verifier: pointers
/// and lengths are inside of the file, but indices, counts and numbers are whatever the file says.
namespace schema = ::tflite_schema;

/// The tensors of a model's main graph, read when somebody asks for one and checked then.
class Tensors {
public:
  explicit Tensors(const schema::Model &model);

  [[nodiscard]] std::size_t count() const { return count_; }

  /// The index must be below count().
  [[nodiscard]] const schema::Tensor &operator[](std::size_t index) const;

  /// For messages: "tensor 7 'name'".
  [[nodiscard]] std::string label(std::size_t index) const;
  /// The tensor's name, cut where a name would only be noise.
  [[nodiscard]] std::string name(std::size_t index) const;

  /// Element type, shape and quantisation. 16-bit floats count as float32: they are widened when
  /// they are read.
  [[nodiscard]] Expected<ir::TensorType> type(std::size_t index) const;

  /// Whether the model says that the tensor's shape is only known when it runs.
  [[nodiscard]] bool is_open(std::size_t index) const;

  [[nodiscard]] bool is_constant(std::size_t index) const;

  /// A constant's type and data. All constants together may not have more than kMaxConstantBytes:
  /// several tensors can share a buffer.
  [[nodiscard]] Expected<ir::Value> constant(std::size_t index);

private:
  [[nodiscard]] const schema::Buffer *buffer(std::size_t index) const;
  [[nodiscard]] Expected<ir::Quantization> quantization(std::size_t index,
                                                        const ir::Shape &shape) const;

  const schema::Model &model_;
  const schema::SubGraph &graph_;
  std::size_t count_;
  std::size_t constant_bytes_ = 0;
};

inline constexpr std::size_t kMaxConstantBytes = std::size_t{64} << 20;

} // namespace tinyml::tflite
