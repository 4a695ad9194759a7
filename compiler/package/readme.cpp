// SPDX-License-Identifier: Apache-2.0
#include "compiler/package/readme.hpp"

#include "compiler/ir/types.hpp"
#include "compiler/package/measure.hpp"
#include "compiler/package/wasm_build.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

namespace tinyml::package {
namespace {

std::string joined(const std::vector<std::string> &words) {
  std::string text;
  for (const std::string &word : words) {
    text += (text.empty() ? "" : " ") + word;
  }
  return text;
}

constexpr std::string_view kUseC = R"(```c
#include "@id@.h"

memcpy(@id@_input(0), values, @ID@_INPUT_0_BYTES);
@id@_run();
const void *result = @id@_output(0);
```
)";

constexpr std::string_view kUseCMake = R"(As a part of a CMake project:
```cmake
add_subdirectory(@id@)                      # or, installed: find_package(@id@ REQUIRED)
target_link_libraries(app PRIVATE @id@::@id@)
```
Alone, with the test vector as its test:
```
cmake -S . -B build && cmake --build build && ctest --test-dir build
```
For another processor give CMake the toolchain file of your project. Without CMake: put `include/` on
the include path and compile `src/*.cpp`.
)";

constexpr std::string_view kUseArduino =
    R"(Copy this folder into the `libraries` folder of your sketchbook (or zip it and take
*Sketch → Include Library → Add .ZIP Library*). *File → Examples → @id@* has a sketch that runs the test
vector and prints its time. The board's core must compile C++17 and have the C++ library's headers (the
Arm, ESP32 and RP2040 cores do; AVR does not).
)";

constexpr std::string_view kUseZephyr =
    R"(The folder is a Zephyr module. Add it to `ZEPHYR_EXTRA_MODULES` (or to the west manifest) and
switch it on:
```
CONFIG_CPP=y
CONFIG_STD_CPP17=y
CONFIG_REQUIRES_FULL_LIBCPP=y
CONFIG_@ID@=y
```
The test vector: `west build -b <board> samples/@id@_test`.
)";

constexpr std::string_view kUseEspIdf =
    R"(The folder is an ESP-IDF component (5.0 or newer): copy it into `components/`, or name it in a
manifest with `override_path`. The test vector: `idf.py -C examples/@id@_test set-target esp32c3 build flash monitor`.
)";

constexpr std::string_view kUseWasm = R"(```js
import { load } from './@id@.mjs';

const model = await load();
const [result] = model.run(values);          // a typed array an input, a typed array an output
```
`node example.mjs` runs the test vector, `example.html` the same in a browser. `@id@.wasm` takes no
imports but functions of JavaScript's `Math`, and only where the model needs them. Without the loader its
exports are the functions of `include/@id@.h`.

Made again from the sources with:
```
@command@
```
)";

std::string use_text(const Contents &contents, Kind kind) {
  auto words = contents.words();
  switch (kind) {
  case Kind::kCMake:
    return filled(kUseC, words) + "\n" + filled(kUseCMake, words);
  case Kind::kArduino:
    return filled(kUseC, words) + "\n" + filled(kUseArduino, words);
  case Kind::kZephyr:
    return filled(kUseC, words) + "\n" + filled(kUseZephyr, words);
  case Kind::kEspIdf:
    return filled(kUseC, words) + "\n" + filled(kUseEspIdf, words);
  case Kind::kWasm:
    break;
  }
  words["command"] = joined(wasm_command(contents));
  return filled(kUseWasm, words);
}

std::string real_value(const Tensor &tensor) {
  return fmt::format("{} * (element {} {})", tensor.scale, tensor.zero_point < 0 ? '+' : '-',
                     std::abs(tensor.zero_point));
}

std::string tensor_rows(const std::vector<Tensor> &tensors, const char *kind) {
  std::string text;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const Tensor &t = tensors[i];
    text += fmt::format("| {} {} | `{}` | {} | {} | {} | {} |\n", kind, i, t.display,
                        c_type(t.element), dims_text(t.shape), grouped(t.bytes),
                        t.quantized ? real_value(t) : "the element");
  }
  return text;
}

std::string size_text(const Contents &contents) {
  std::string text =
      fmt::format("| what | bytes |\n|---|---:|\n| arena (RAM) | {} |\n| weights (ROM) | {} |\n",
                  grouped(contents.arena_bytes), grouped(contents.weight_bytes));
  if (contents.state_bytes > 0) {
    text +=
        fmt::format("| state, kept from run to run (RAM) | {} |\n", grouped(contents.state_bytes));
  }
  if (contents.wasm_bytes) {
    return text +
           fmt::format("| `{}.wasm` | {} |\n", contents.names.id, grouped(*contents.wasm_bytes));
  }
  if (!contents.sizes) {
    return text + fmt::format("\nThe objects were not measured: {}.\n", contents.size_note);
  }
  const Sizes &sizes = *contents.sizes;
  text += fmt::format(
      "| code | {} |\n| constants, the weights among them | {} |\n"
      "| **ROM**, all of the objects | **{}** |\n| **RAM**, the arena and all else | **{}** |\n",
      grouped(sizes.code), grouped(sizes.constants), grouped(sizes.rom()), grouped(sizes.ram()));
  return text +
         fmt::format("\nMeasured: the sections of the package's object files as `{} {}` makes "
                     "them. A program that "
                     "does not call a function does not link it; the C library's own functions "
                     "(`memcpy`{}) and the stack are not in these figures.\n",
                     sizes.compiler, joined(sizes.flags),
                     contents.outputs[0].element == ir::ElementType::kFloat32 ? ", `expf`" : "");
}

std::string target_text(const Contents &contents) {
  const Target &target = contents.target;
  std::string text = fmt::format("Made for {} (`{}`), with the `{}` kernels.", target.title,
                                 target.name, target.kernel_set);
  if (target.kernel_set == "scalar") {
    text += " They are plain C++17 and run on any processor with a C++17 compiler.";
  }
  if (!target.flags.empty()) {
    text += " Compiler flags: `" + joined(target.flags) + "`.";
  }
  if (!target.required_flags.empty()) {
    text += " The sources do not compile without `" + joined(target.required_flags) + "`.";
  }
  return text + " Little-endian.\n";
}

template <typename T> std::string first_elements(const std::vector<std::uint8_t> &bytes) {
  constexpr std::size_t kMost = 16;
  std::string text;
  const std::size_t count = bytes.size() / sizeof(T);
  for (std::size_t i = 0; i < std::min(count, kMost); ++i) {
    T element{};
    std::memcpy(&element, bytes.data() + i * sizeof(T), sizeof(T));
    text += fmt::format("{}{}", i == 0 ? "" : " ", +element);
  }
  return text;
}

std::string elements_text(ir::ElementType element, const std::vector<std::uint8_t> &bytes) {
  switch (element) {
  case ir::ElementType::kFloat32:
    return first_elements<float>(bytes);
  case ir::ElementType::kInt8:
    return first_elements<std::int8_t>(bytes);
  case ir::ElementType::kInt16:
    return first_elements<std::int16_t>(bytes);
  case ir::ElementType::kInt32:
    return first_elements<std::int32_t>(bytes);
  case ir::ElementType::kInt64:
    return first_elements<std::int64_t>(bytes);
  default:
    return first_elements<std::uint8_t>(bytes);
  }
}

std::string vector_text(const Contents &contents) {
  std::string text = contents.vector.from_data
                         ? "The input is the first sample of the calibration data."
                         : "The input is drawn from a fixed seed.";
  text += " All elements lie in `test_vector/` (raw, little-endian)";
  text += " and in the example, which must print (the first 16 elements of each output):\n```\n";
  for (std::size_t i = 0; i < contents.outputs.size(); ++i) {
    text += contents.outputs[i].display + ": " +
            elements_text(contents.outputs[i].element, contents.vector.outputs[i]) + "\n";
  }
  text += "ok: 0 wrong output elements\n```\n";
  const bool has_float =
      std::any_of(contents.outputs.begin(), contents.outputs.end(),
                  [](const Tensor &t) { return t.element == ir::ElementType::kFloat32; });
  return text +
         (has_float
              ? "Float outputs may differ in their last digits, with the C library's functions; "
                "the example allows 0.01 %.\n"
              : "Integer outputs are the same on every processor, bit for bit.\n");
}

std::string layer_text(const Contents &contents) {
  std::string text =
      "| # | layer | operator | shape | MACs | weights |\n|---:|---|---|---|---:|---:|\n";
  for (std::size_t i = 0; i < contents.layers.size(); ++i) {
    const codegen::LayerReport &layer = contents.layers[i];
    text += fmt::format("| {} | `{}` | {} | {} | {} | {} |\n", i, display_text(layer.name),
                        layer.op, layer.shape, grouped(layer.macs), grouped(layer.weight_bytes));
  }
  return text;
}

} // namespace

std::string readme(const Contents &contents, Kind kind) {
  const auto words = contents.words();
  std::string text =
      filled("# @id@\n\nThe machine-learning model `@display@` as C++17 with a C interface: no "
             "interpreter, no allocation, nothing to initialise.\n",
             words);
  text += target_text(contents) + "\n## Use\n\n" + use_text(contents, kind);
  text += "\n## Inputs and outputs\n\n| tensor | name | element | shape | bytes | real value |\n"
          "|---|---|---|---|---:|---|\n" +
          tensor_rows(contents.inputs, "input") + tensor_rows(contents.outputs, "output");
  if (kind != Kind::kWasm) {
    text += filled("\n`@id@.h` has these as constants (`@ID@_INPUT_0_SCALE`), typed pointers "
                   "(`@id@_input_0()`) and "
                   "functions that quantise one value (`@id@_quantize_input_0(real)`). All tensors "
                   "lie in one static arena; "
                   "`-D@ID@_ARENA_ATTRIBUTES='__attribute__((section(\".fast\")))'` places it. One "
                   "inference at a "
                   "time: the functions are for one thread.\n",
                   words);
  }
  text += "\n## Sizes\n\n" + size_text(contents);
  text += "\n## Test vector\n\n" + vector_text(contents);
  text += "\n## Layers\n\n" + grouped(contents.macs) + " multiply-accumulates an inference.\n\n" +
          layer_text(contents);
  return text + "\n## Licence\n\nThe operators and everything around them: Apache License 2.0 "
                "(`LICENSE`). The weights "
                "are the model's and have its licence.\n";
}

} // namespace tinyml::package
