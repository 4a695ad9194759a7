// SPDX-License-Identifier: Apache-2.0
#include "training/models/export_onnx.hpp"

#include "compiler/driver/compile_training.hpp"
#include "compiler/frontends/tflite/import.hpp"
#include "training/models/trainable_model.hpp"

#include <algorithm>
#include <bit>
#include <fmt/format.h>
#include <onnx.pb.h>

namespace tinyml::training {
namespace {

/// A float counts exactly up to here.
constexpr std::size_t kMostWeights = std::size_t{1} << 24;

/// The tensors of a model that may be weights: all float ones but scalars, which bound clamps and
/// the like.
std::vector<onnx::TensorProto *> weight_tensors(onnx::ModelProto &model) {
  std::vector<onnx::TensorProto *> tensors;
  const auto add = [&](onnx::TensorProto *tensor) {
    if (tensor->data_type() == onnx::TensorProto::FLOAT && tensor->dims_size() > 0) {
      tensors.push_back(tensor);
    }
  };
  for (onnx::TensorProto &tensor : *model.mutable_graph()->mutable_initializer()) {
    add(&tensor);
  }
  for (onnx::NodeProto &node : *model.mutable_graph()->mutable_node()) {
    for (onnx::AttributeProto &attribute : *node.mutable_attribute()) {
      if (node.op_type() == "Constant" && attribute.name() == "value" && attribute.has_t()) {
        add(attribute.mutable_t());
      }
    }
  }
  return tensors;
}

std::vector<float> values_of(const onnx::TensorProto &tensor) {
  if (!tensor.has_raw_data()) {
    return {tensor.float_data().begin(), tensor.float_data().end()};
  }
  std::vector<float> values(tensor.raw_data().size() / sizeof(float));
  const ByteView raw = as_bytes(tensor.raw_data());
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = std::bit_cast<float>(load_le<std::uint32_t>(raw.data() + i * sizeof(float)));
  }
  return values;
}

void store_values(onnx::TensorProto &tensor, std::span<const float> values) {
  std::string raw(values.size() * sizeof(float), '\0');
  for (std::size_t i = 0; i < values.size(); ++i) {
    store_le(reinterpret_cast<std::uint8_t *>(raw.data()) + i * sizeof(float),
             std::bit_cast<std::uint32_t>(values[i]));
  }
  tensor.clear_float_data();
  tensor.set_raw_data(std::move(raw));
}

/// The file's weights one after the other, and back.
class Weights {
public:
  explicit Weights(onnx::ModelProto &model) : tensors_(weight_tensors(model)) {
    for (const onnx::TensorProto *tensor : tensors_) {
      const auto values = values_of(*tensor);
      counts_.push_back(values.size());
      all_.insert(all_.end(), values.begin(), values.end());
    }
  }

  [[nodiscard]] std::size_t size() const { return all_.size(); }
  [[nodiscard]] float &operator[](std::size_t index) { return all_[index]; }

  void write(std::span<const float> all) const {
    std::size_t at = 0;
    for (std::size_t i = 0; i < tensors_.size(); ++i) {
      store_values(*tensors_[i], all.subspan(at, counts_[i]));
      at += counts_[i];
    }
  }
  void write() const { write(all_); }

private:
  std::vector<onnx::TensorProto *> tensors_;
  std::vector<std::size_t> counts_;
  std::vector<float> all_;
};

std::vector<std::uint8_t> bytes_of(const onnx::ModelProto &model) {
  const std::string text = model.SerializeAsString();
  return {text.begin(), text.end()};
}

Expected<std::vector<float>> flat_of(ByteView model) {
  const auto graph = driver::load_trainable_model(model);
  return graph ? flat_model(*graph) : Failure{graph.error()};
}

/// Which of the file's weights each flat value is: the model is imported with numbers for weights,
/// and the passes of the compiler, which only move them, show where each one goes.
Expected<std::vector<std::size_t>> find_places(onnx::ModelProto numbered, std::size_t count) {
  const Weights weights(numbered);
  std::vector<float> numbers(weights.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = static_cast<float>(i + 1);
  }
  weights.write(numbers);
  const auto flat = flat_of(bytes_of(numbered));
  if (!flat) {
    return Failure{flat.error()};
  }
  if (flat->size() != count) {
    return fail(ErrorCode::kInvalidInput,
                fmt::format("the trained model has {} values, this one {}", count, flat->size()));
  }
  std::vector<std::size_t> places;
  for (const float number : *flat) {
    const auto place = static_cast<std::size_t>(std::max(number, 0.0F));
    if (place == 0 || place > numbers.size() || static_cast<float>(place) != number) {
      return fail(ErrorCode::kUnsupported,
                  "the compiler computes this model's weights out of several of the file's: what "
                  "was learned cannot be written back into it");
    }
    places.push_back(place - 1);
  }
  return places;
}

} // namespace

Expected<std::vector<std::uint8_t>> export_onnx(ByteView model, std::span<const float> flat) {
  onnx::ModelProto file;
  if (tflite::is_tflite(model) ||
      !file.ParseFromArray(model.data(), static_cast<int>(model.size()))) {
    return fail(ErrorCode::kUnsupported, "only a model that came as an ONNX file can be exported");
  }
  Weights weights(file);
  if (weights.size() >= kMostWeights) {
    return fail(ErrorCode::kUnsupported, "models of 16 million weights or more are not exported");
  }
  const auto places = find_places(file, flat.size());
  if (!places) {
    return Failure{places.error()};
  }
  for (std::size_t i = 0; i < flat.size(); ++i) {
    weights[(*places)[i]] = flat[i];
  }
  weights.write();
  auto bytes = bytes_of(file);
  // What is exported must be what was trained, bit by bit.
  const auto read_back = flat_of(bytes);
  const auto same_bits = [](float a, float b) {
    return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
  };
  if (!read_back ||
      !std::equal(flat.begin(), flat.end(), read_back->begin(), read_back->end(), same_bits)) {
    return fail(ErrorCode::kUnsupported, "the exported model would not be the trained one");
  }
  return bytes;
}

} // namespace tinyml::training
