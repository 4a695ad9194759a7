// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

#include "onnx.pb.h"

#include <string>
#include <vector>

/// Writes small ONNX models for tests and for the fuzzer's seeds.
namespace tinyml::onnx {

class ModelBuilder {
public:
  explicit ModelBuilder(std::int64_t opset = 13);

  ModelBuilder &input(const std::string &name, const std::vector<std::int64_t> &dims);
  ModelBuilder &output(const std::string &name);
  ModelBuilder &floats(const std::string &name, const std::vector<std::int64_t> &dims,
                       const std::vector<float> &elements);
  ModelBuilder &ints(const std::string &name, const std::vector<std::int64_t> &elements);
  ModelBuilder &bytes(const std::string &name, const std::vector<std::int64_t> &dims,
                      const std::vector<std::int8_t> &elements);

  /// A node with one output.
  ModelBuilder &node(const std::string &op, const std::vector<std::string> &inputs,
                     const std::string &output_name);
  /// Attributes of the node added last.
  ModelBuilder &with(const std::string &name, std::int64_t value);
  ModelBuilder &with_float(const std::string &name, float value);
  ModelBuilder &with_text(const std::string &name, const std::string &value);
  ModelBuilder &with_list(const std::string &name, const std::vector<std::int64_t> &values);

  [[nodiscard]] ::onnx::ModelProto &proto() { return model_; }
  [[nodiscard]] std::vector<std::uint8_t> build() const;

private:
  ::onnx::AttributeProto &attribute(const std::string &name);

  ::onnx::ModelProto model_;
};

} // namespace tinyml::onnx
