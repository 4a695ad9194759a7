// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

#include "tflite_schema.h"

#include <cstring>
#include <string>
#include <vector>

/// Writes small TensorFlow Lite models for tests and for the fuzzers' seeds.
namespace tinyml::tflite {

namespace schema = ::tflite_schema;

/// Scales and zero points of a tensor; no scales: not quantised.
struct Scales {
  std::vector<float> scales;
  std::vector<std::int64_t> zeros;
  int axis = 0;
};

class ModelBuilder {
public:
  using Shape = std::vector<std::int32_t>;

  ModelBuilder();

  /// All of these return the new tensor's index.
  int tensor(schema::TensorType type, Shape shape, Scales scales = {});
  int input(schema::TensorType type, Shape shape, Scales scales = {});
  template <typename T>
  int constant(schema::TensorType type, Shape shape, const std::vector<T> &elements,
               Scales scales = {}) {
    std::vector<std::uint8_t> bytes(elements.size() * sizeof(T));
    if (!bytes.empty()) {
      std::memcpy(bytes.data(), elements.data(), bytes.size());
    }
    return constant_bytes(type, std::move(shape), std::move(bytes), std::move(scales));
  }
  int floats(Shape shape, const std::vector<float> &elements) {
    return constant(schema::TensorType_FLOAT32, std::move(shape), elements);
  }
  int ints(const std::vector<std::int32_t> &elements) {
    return constant(schema::TensorType_INT32, {static_cast<std::int32_t>(elements.size())},
                    elements);
  }
  int output(int tensor);

  /// An operator; its options are added with `with`.
  ModelBuilder &node(schema::BuiltinOperator code, std::vector<int> inputs,
                     std::vector<int> outputs);
  /// Options of the operator added last.
  template <typename Options> ModelBuilder &with(const Options &options) {
    main().operators.back()->options.Set(Options(options));
    return *this;
  }

  [[nodiscard]] schema::ModelT &model() { return model_; }
  [[nodiscard]] schema::SubGraphT &main() { return *model_.subgraphs[0]; }
  [[nodiscard]] schema::TensorT &at(int tensor) {
    return *main().tensors[static_cast<std::size_t>(tensor)];
  }
  [[nodiscard]] std::vector<std::uint8_t> build() const;

private:
  int constant_bytes(schema::TensorType type, Shape shape, std::vector<std::uint8_t> bytes,
                     Scales scales);

  schema::ModelT model_;
};

} // namespace tinyml::tflite
