// SPDX-License-Identifier: Apache-2.0
#include "cli/wasm_board.hpp"

#include "host/files.hpp"
#include "host/process.hpp"

#include <fmt/format.h>

namespace tinyml::cli {
namespace {

using nlohmann::json;

constexpr std::chrono::minutes kTimeLimit{10};

/// Beside the loader: raw inputs in, raw outputs out, one inference after the other.
constexpr std::string_view kRunner = R"(// SPDX-License-Identifier: Apache-2.0
import { readFileSync, writeFileSync } from 'node:fs';
import { inputs, load, outputs } from './module.mjs';
const model = await load();
const bytes = (view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
const raw = readFileSync('inputs.raw');
const step = inputs.reduce((sum, _, i) => sum + model.input(i).byteLength, 0);
const count = Math.floor(raw.length / step);
const parts = [];
let nanoseconds = 0n;
for (let at = 0; at + step <= raw.length;) {
  for (let i = 0; i < inputs.length; ++i) {
    const input = bytes(model.input(i));
    input.set(raw.subarray(at, at + input.length));
    at += input.length;
  }
  const start = process.hrtime.bigint();
  model.run();
  nanoseconds += process.hrtime.bigint() - start;
  outputs.forEach((_, i) => parts.push(bytes(model.output(i)).slice()));
}
writeFileSync('outputs.raw', Buffer.concat(parts));
console.log(JSON.stringify({ step, count, nanoseconds: Number(nanoseconds) }));
)";

} // namespace

PackageFlags wasm_package(PackageFlags flags) {
  flags.package = "wasm";
  flags.board.clear();
  flags.name = flags.name.empty() ? "module" : flags.name;
  return flags;
}

Expected<WasmRun> run_in_wasm(const std::filesystem::path &folder, ByteView inputs) {
  for (const auto &written : {host::write_text(folder / "run.mjs", kRunner),
                              host::write_file(folder / "inputs.raw", inputs)}) {
    if (!written.ok()) {
      return Failure{written.error()};
    }
  }
  const auto outcome =
      host::run({.argv = {"node", "run.mjs"}, .working_directory = folder, .timeout = kTimeLimit});
  if (!outcome.ok()) {
    return fail(outcome.error().code, "board wasm runs in Node.js: " + outcome.error().message);
  }
  const json said = json::parse(outcome->output, nullptr, false);
  if (!outcome->succeeded() || !said.is_object()) {
    return fail(ErrorCode::kInternal, "node " + outcome->describe() + ": " + outcome->output);
  }
  WasmRun run{.count = said.value("count", std::size_t{0})};
  const std::size_t step = said.value("step", std::size_t{0});
  if (run.count == 0 || run.count * step != inputs.size()) {
    return fail(ErrorCode::kInvalidInput,
                fmt::format("the inputs have {} bytes, which is no multiple of the model's input "
                            "of {} bytes",
                            inputs.size(), step));
  }
  auto outputs = host::read_file(folder / "outputs.raw");
  if (!outputs.ok()) {
    return Failure{outputs.error()};
  }
  run.outputs = *std::move(outputs);
  run.nanoseconds_per_inference = said.value("nanoseconds", std::uint64_t{0}) / run.count;
  return run;
}

} // namespace tinyml::cli
