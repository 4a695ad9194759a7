// SPDX-License-Identifier: Apache-2.0
#include "compiler/package/c_api.hpp"

#include "compiler/codegen/text.hpp"

#include <algorithm>
#include <limits>

namespace tinyml::package {
namespace {

constexpr std::string_view kHead = R"(/* SPDX-License-Identifier: Apache-2.0 */
/* Model "@display@", made by the TinyMLaaS compiler.
 *
 *   1. write the inputs:  memcpy(@id@_input(0), values, @ID@_INPUT_0_BYTES);
 *   2. compute:           @id@_run();
 *   3. read the outputs:  @id@_output(0)
 *
 * Inputs and outputs lie in one static arena of @ID@_ARENA_BYTES bytes. A run may overwrite the
 * inputs; outputs stay until the next input is written. Nothing is allocated, nothing has to be
 * initialised. Not for two threads or an interrupt at once: there is one arena.
 *
 * real value = scale * (element - zero point)
 */
#ifndef @ID@_H
#define @ID@_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define @ID@_ARENA_BYTES @arena_array@u
#define @ID@_STATE_BYTES @state@u
#define @ID@_WEIGHT_BYTES @weights@u
#define @ID@_MACS @macs@u /* multiply-accumulates of one run */
#define @ID@_INPUT_COUNT @inputs@u
#define @ID@_OUTPUT_COUNT @outputs@u

)";

constexpr std::string_view kFunctions = R"(/* Computes the outputs from the inputs. */
void @id@_run(void);

/* Forgets what former runs left behind, where the model has operators that remember
 * (@ID@_STATE_BYTES is not 0). The first run finds everything forgotten. */
void @id@_reset(void);

/* Where input (output) `index` lies, aligned for its element type; NULL when there is none. */
void *@id@_input(unsigned index);
const void *@id@_output(unsigned index);
/* Its size in bytes; 0 when there is none. */
size_t @id@_input_bytes(unsigned index);
size_t @id@_output_bytes(unsigned index);

/* Behind the functions below; no need to use it. */
extern uint8_t @id@_arena[];

)";

/// Fewest digits that read back exactly, as C.
std::string c_float(float value) {
  std::string text = codegen::float_literal(value);
  text.back() = 'f';
  return text;
}

std::map<std::string, std::string> tensor_words(const Contents &contents, const Tensor &tensor,
                                                const std::string &kind, std::size_t index) {
  auto words = contents.words();
  words["KIND"] = kind == "input" ? "INPUT" : "OUTPUT";
  words["kind"] = kind;
  words["i"] = std::to_string(index);
  words["name"] = tensor.display;
  words["type"] = c_type(tensor.element);
  words["dims"] = dims_text(tensor.shape);
  words["count"] = std::to_string(tensor.count);
  words["bytes"] = std::to_string(tensor.bytes);
  words["offset"] = std::to_string(tensor.arena_offset);
  words["const"] = kind == "input" ? "" : "const ";
  words["scale"] = c_float(tensor.scale);
  words["zero"] = std::to_string(tensor.zero_point);
  return words;
}

constexpr std::string_view kTensor = R"(/* The @kind@ "@name@": @type@, @dims@, row-major. */
#define @ID@_@KIND@_@i@_COUNT @count@u
#define @ID@_@KIND@_@i@_BYTES @bytes@u
)";

constexpr std::string_view kTensorScale = R"(#define @ID@_@KIND@_@i@_SCALE @scale@
#define @ID@_@KIND@_@i@_ZERO_POINT (@zero@)
)";

constexpr std::string_view kTensorPointer =
    R"(static inline @const@@type@ *@id@_@kind@_@i@(void) {
  return (@const@@type@ *)(@const@void *)(@id@_arena + @offset@);
}
)";

constexpr std::string_view kQuantize =
    R"(/* A real value as an element: nearest step, saturating. */
static inline @type@ @id@_quantize_@kind@_@i@(float real) {
  float steps = real / @ID@_@KIND@_@i@_SCALE;
  if (!(steps > @low@.0f)) {
    steps = @low@.0f;
  }
  if (steps > @high@.0f) {
    steps = @high@.0f;
  }
  return (@type@)((int32_t)(steps + (steps < 0.0f ? -0.5f : 0.5f)) + @ID@_@KIND@_@i@_ZERO_POINT);
}
)";

constexpr std::string_view kDequantize = R"(/* An element as a real value. */
static inline float @id@_dequantize_@kind@_@i@(@type@ element) {
  return @ID@_@KIND@_@i@_SCALE * (float)((int32_t)element - @ID@_@KIND@_@i@_ZERO_POINT);
}
)";

struct Limits {
  std::int32_t low;
  std::int32_t high;
};

Limits limits_of(ir::ElementType element) {
  switch (element) {
  case ir::ElementType::kInt16:
    return {std::numeric_limits<std::int16_t>::min(), std::numeric_limits<std::int16_t>::max()};
  case ir::ElementType::kUint8:
    return {0, 255};
  default:
    return {-128, 127};
  }
}

bool is_small_integer(const Tensor &tensor) {
  return tensor.element == ir::ElementType::kInt8 || tensor.element == ir::ElementType::kUint8 ||
         tensor.element == ir::ElementType::kInt16;
}

std::string tensor_text(const Contents &contents, const Tensor &tensor, const std::string &kind,
                        std::size_t index) {
  auto words = tensor_words(contents, tensor, kind, index);
  std::string text = filled(kTensor, words);
  if (tensor.quantized) {
    text += filled(kTensorScale, words);
  }
  text += filled(kTensorPointer, words);
  if (tensor.quantized && is_small_integer(tensor)) {
    const Limits limits = limits_of(tensor.element);
    words["low"] = std::to_string(limits.low - tensor.zero_point);
    words["high"] = std::to_string(limits.high - tensor.zero_point);
    text += filled(kind == "input" ? kQuantize : kDequantize, words);
  }
  return text + "\n";
}

constexpr std::string_view kApi = R"(// SPDX-License-Identifier: Apache-2.0
// Inputs and outputs by their index.
#include "@id@.h"

#include "kernels/module_abi.hpp"

namespace {

using Tensor = tinyml_@id@::module::TensorInfo;

const Tensor *tensor(const Tensor *tensors, unsigned count, unsigned index) {
  return index < count ? tensors + index : nullptr;
}
const Tensor *input(unsigned index) {
  return tensor(@id@_info.inputs, @id@_info.input_count, index);
}
const Tensor *output(unsigned index) {
  return tensor(@id@_info.outputs, @id@_info.output_count, index);
}

std::uint8_t *data(const Tensor *tensor) {
  return tensor == nullptr ? nullptr : @id@_arena + tensor->arena_offset;
}
std::size_t bytes(const Tensor *tensor) { return tensor == nullptr ? 0 : tensor->size_bytes; }

} // namespace

extern "C" {

void *@id@_input(unsigned index) { return data(input(index)); }
const void *@id@_output(unsigned index) { return data(output(index)); }
std::size_t @id@_input_bytes(unsigned index) { return bytes(input(index)); }
std::size_t @id@_output_bytes(unsigned index) { return bytes(output(index)); }
}
)";

} // namespace

std::string c_header(const Contents &contents) {
  auto words = contents.words();
  words["arena_array"] = std::to_string(std::max<std::uint32_t>(contents.arena_bytes, 1));
  std::string text = filled(kHead, words) + filled(kFunctions, words);
  for (std::size_t i = 0; i < contents.inputs.size(); ++i) {
    text += tensor_text(contents, contents.inputs[i], "input", i);
  }
  for (std::size_t i = 0; i < contents.outputs.size(); ++i) {
    text += tensor_text(contents, contents.outputs[i], "output", i);
  }
  return text + filled("#ifdef __cplusplus\n}\n#endif\n\n#endif /* @ID@_H */\n", words);
}

File c_api_source(const Contents &contents) { return {"api.cpp", filled(kApi, contents.words())}; }

} // namespace tinyml::package
