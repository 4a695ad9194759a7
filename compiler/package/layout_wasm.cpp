// SPDX-License-Identifier: Apache-2.0
#include "compiler/package/layouts.hpp"
#include "compiler/package/test_vector.hpp"
#include "compiler/package/wasm_build.hpp"

#include "compiler/codegen/text.hpp"
#include "compiler/ir/types.hpp"

namespace tinyml::package {
namespace {

constexpr std::string_view kLoader = R"(// SPDX-License-Identifier: Apache-2.0
// Loads the model "@display@" in Node.js and in browsers.
//
//   import { load } from './@id@.mjs';
//   const model = await load();
//   const [scores] = model.run(values); // one typed array an input, one an output

/** Inputs and outputs in order; real = scale * (element - zeroPoint) where there is a scale. */
export const inputs = Object.freeze([@input_table@]);
export const outputs = Object.freeze([@output_table@]);

const ARRAYS = {
  float32: Float32Array, int8: Int8Array, uint8: Uint8Array, int16: Int16Array,
  int32: Int32Array, int64: BigInt64Array, bool: Uint8Array,
};

async function compiled(source) {
  if (source instanceof WebAssembly.Module) {
    return source;
  }
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) {
    return WebAssembly.compile(source);
  }
  const url = new URL(source, import.meta.url);
  if (url.protocol === 'file:') {
    const { readFile } = await import('node:fs/promises');
    return WebAssembly.compile(await readFile(url));
  }
  const response = await fetch(url);
  if (!response.ok) {
    throw new Error(`cannot load ${url}: ${response.status} ${response.statusText}`);
  }
  return WebAssembly.compile(await response.arrayBuffer());
}

class Model {
  #exports;

  constructor(exports) {
    this.#exports = exports;
  }

  #view(address, tensor) {
    const count = tensor.shape.reduce((product, length) => product * length, 1);
    return new ARRAYS[tensor.type](this.#exports.memory.buffer, address, count);
  }

  #tensor(list, index) {
    if (list[index] === undefined) {
      throw new RangeError(`there is no tensor ${index}`);
    }
    return list[index];
  }

  /** The input's elements in the module's memory: write here, then call run() without arguments. */
  input(index = 0) {
    return this.#view(this.#exports.@id@_input(index), this.#tensor(inputs, index));
  }

  /** The output's elements in the module's memory, valid until the next run. */
  output(index = 0) {
    return this.#view(this.#exports.@id@_output(index), this.#tensor(outputs, index));
  }

  /** One inference. Values are copied in, outputs are copied out. */
  run(...values) {
    if (values.length !== 0 && values.length !== inputs.length) {
      throw new TypeError(`the model has ${inputs.length} inputs, not ${values.length}`);
    }
    values.forEach((value, index) => {
      const input = this.input(index);
      if (value.length !== input.length) {
        throw new RangeError(`input ${index} has ${input.length} elements, not ${value.length}`);
      }
      input.set(value);
    });
    this.#exports.@id@_run();
    return outputs.map((_, index) => this.output(index).slice());
  }

  /** Forgets what former runs left behind, where the model remembers anything. */
  reset() {
    this.#exports.@id@_reset();
  }

  /** Real values as elements of an input. */
  quantize(reals, index = 0) {
    const { type, scale, zeroPoint } = this.#tensor(inputs, index);
    if (scale === undefined) {
      return ARRAYS[type].from(reals);
    }
    const bits = 8 * ARRAYS[type].BYTES_PER_ELEMENT;
    const [low, high] = type === 'uint8' ? [0, 255] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
    return ARRAYS[type].from(reals, (real) => {
      const steps = Math.fround(real / scale);
      const nearest = Math.sign(steps) * Math.floor(Math.abs(steps) + 0.5) + zeroPoint;
      return Math.min(high, Math.max(low, nearest));
    });
  }

  /** Elements of an output as real values. */
  dequantize(elements, index = 0) {
    const { scale, zeroPoint } = this.#tensor(outputs, index);
    return Float32Array.from(elements, (element) =>
      scale === undefined ? Number(element) : scale * (element - zeroPoint));
  }
}

/** `source`: a URL, the module's bytes or a WebAssembly.Module; default: @id@.wasm beside this file. */
export async function load(source = './@id@.wasm') {
  const instance = await WebAssembly.instantiate(await compiled(source), { math: Math });
  return new Model(instance.exports);
}
)";

constexpr std::string_view kTypes = R"(// SPDX-License-Identifier: Apache-2.0
export type Elements = Float32Array | Int8Array | Uint8Array | Int16Array | Int32Array | BigInt64Array;

export interface Tensor {
  readonly name: string;
  readonly type: 'float32' | 'int8' | 'uint8' | 'int16' | 'int32' | 'int64' | 'bool';
  readonly shape: readonly number[];
  /** real = scale * (element - zeroPoint); absent where elements are the values. */
  readonly scale?: number;
  readonly zeroPoint?: number;
}

export const inputs: readonly Tensor[];
export const outputs: readonly Tensor[];

export interface Model {
  input(index?: number): Elements;
  output(index?: number): Elements;
  run(...values: ArrayLike<number>[]): Elements[];
  reset(): void;
  quantize(reals: ArrayLike<number>, index?: number): Elements;
  dequantize(elements: ArrayLike<number>, index?: number): Float32Array;
}

export function load(source?: string | URL | BufferSource | WebAssembly.Module): Promise<Model>;
)";

constexpr std::string_view kPackageJson = R"({
  "name": "@id@",
  "version": "1.0.0",
  "description": "The machine-learning model @display@ as WebAssembly",
  "type": "module",
  "exports": { ".": { "types": "./@id@.d.ts", "default": "./@id@.mjs" } },
  "types": "./@id@.d.ts",
  "files": ["@id@.mjs", "@id@.d.ts", "@id@.wasm"],
  "scripts": { "test": "node example.mjs" },
  "license": "Apache-2.0"
}
)";

constexpr std::string_view kExample = R"(// SPDX-License-Identifier: Apache-2.0
// Runs the test vector in Node.js: node example.mjs
import { readFile } from 'node:fs/promises';
import { inputs, load, outputs } from './@id@.mjs';

const bytes = (name) => readFile(new URL(`./test_vector/${name}.bin`, import.meta.url));
const model = await load();
for (let i = 0; i < inputs.length; ++i) {
  const input = model.input(i);
  new Uint8Array(input.buffer, input.byteOffset, input.byteLength).set(await bytes(`input_${i}`));
}
const results = model.run();

let wrong = 0;
for (let i = 0; i < outputs.length; ++i) {
  const raw = await bytes(`output_${i}`);
  const wanted = new results[i].constructor(new Uint8Array(raw).buffer);
  results[i].forEach((is, at) => {
    const close = outputs[i].type === 'float32' &&
      Math.abs(is - wanted[at]) <= 1e-4 * Math.max(1, Math.abs(wanted[at]));
    wrong += close || Object.is(is, wanted[at]) || is === wanted[at] ? 0 : 1;
  });
  console.log(`${outputs[i].name}: ${Array.from(results[i].slice(0, 16)).join(' ')}`);
}
console.log(`${wrong === 0 ? 'ok' : 'FAILED'}: ${wrong} wrong output elements`);
process.exitCode = wrong === 0 ? 0 : 1;
)";

constexpr std::string_view kPage = R"(<!doctype html>
<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- The test vector in a browser; serve this folder: python3 -m http.server -->
<html lang="en">
<meta charset="utf-8">
<title>@display@</title>
<pre id="log">running …</pre>
<script type="module">
import { inputs, load, outputs } from './@id@.mjs';
const bytes = async (name) => new Uint8Array(await (await fetch(`test_vector/${name}.bin`)).arrayBuffer());
const model = await load();
for (let i = 0; i < inputs.length; ++i) {
  const input = model.input(i);
  new Uint8Array(input.buffer, input.byteOffset, input.byteLength).set(await bytes(`input_${i}`));
}
const start = performance.now();
const results = model.run();
const milliseconds = performance.now() - start;
document.getElementById('log').textContent = outputs
  .map((output, i) => `${output.name}: ${Array.from(results[i].slice(0, 16)).join(' ')}`)
  .concat(`${milliseconds.toFixed(2)} ms`).join('\n');
</script>
</html>
)";

std::string element_word(ir::ElementType element) {
  const std::string type = c_type(element);
  return element == ir::ElementType::kFloat32 ? "float32"
         : element == ir::ElementType::kBool  ? "bool"
                                              : type.substr(0, type.size() - 2);
}

std::string table(const std::vector<Tensor> &tensors) {
  std::string text;
  for (const Tensor &tensor : tensors) {
    std::string dims;
    for (const std::int64_t dim : tensor.shape) {
      dims += (dims.empty() ? "" : ", ") + std::to_string(dim);
    }
    text += "\n  { name: '" + tensor.display + "', type: '" + element_word(tensor.element) +
            "', shape: [" + dims + "]";
    if (tensor.quantized) {
      std::string scale = codegen::float_literal(tensor.scale);
      scale.pop_back();
      text += ", scale: " + scale + ", zeroPoint: " + std::to_string(tensor.zero_point);
    }
    text += " },";
  }
  return text + (text.empty() ? "" : "\n");
}

} // namespace

Files wasm_layout(const Contents &contents) {
  auto words = contents.words();
  words["input_table"] = table(contents.inputs);
  words["output_table"] = table(contents.outputs);
  const std::string &id = contents.names.id;
  Files files = common_files(contents);
  files.push_back({id + ".mjs", filled(kLoader, words)});
  files.push_back({id + ".d.ts", std::string(kTypes)});
  files.push_back({"package.json", filled(kPackageJson, words)});
  files.push_back({"example.mjs", filled(kExample, words)});
  files.push_back({"example.html", filled(kPage, words)});
  for (File &file : wasm_library()) {
    files.push_back(std::move(file));
  }
  return files;
}

} // namespace tinyml::package
