// SPDX-License-Identifier: Apache-2.0
// Any bytes as a model, all the way to sources: import (either format), passes, quantisation, plan,
// code generation. A model is refused with a message or compiled; small ones in int8 as well.
#include "compiler/driver/compile_model.hpp"

#include <cstdio>
#include <cstdlib>
#include <numeric>

namespace {

using tinyml::driver::CompiledModel;
using tinyml::driver::CompileOptions;
using tinyml::driver::Precision;

/// Calibration runs the model, so only those are quantised whose run takes no time.
constexpr std::uint64_t kMaxCalibratedWork = 100'000;

void require(bool holds, const char *what) {
  if (!holds) {
    std::fprintf(stderr, "%s\n", what);
    std::abort();
  }
}

void check(const tinyml::Expected<CompiledModel> &compiled) {
  if (!compiled.ok()) {
    require(!compiled.error().message.empty(), "an error without a message");
    return;
  }
  require(!compiled->module.files.empty(), "a module without sources");
  require(compiled->module.arena_bytes >= compiled->plan.lower_bound_bytes,
          "an arena below the lower bound");
}

std::uint64_t elements_of(const tinyml::ir::Value &value) {
  return std::accumulate(value.type.shape.begin(), value.type.shape.end(), std::uint64_t{1},
                         [](std::uint64_t product, std::int64_t dim) {
                           return product * static_cast<std::uint64_t>(dim);
                         });
}

std::uint64_t work_of(const CompiledModel &model) {
  std::uint64_t work = model.module.macs;
  for (const tinyml::ir::Value &value : model.graph.values) {
    work += elements_of(value);
  }
  return work;
}

void compile_int8(tinyml::ByteView model, const CompiledModel &as_float) {
  std::uint64_t inputs = 0;
  for (const tinyml::ir::ValueId id : as_float.graph.inputs) {
    inputs += elements_of(as_float.graph.values[id]);
  }
  std::vector<float> samples(2 * inputs);
  std::iota(samples.begin(), samples.end(), -1.0F);
  CompileOptions options;
  options.calibration = samples;
  check(tinyml::driver::compile_model(model, options));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const tinyml::ByteView model(data, size);
  CompileOptions options;
  options.precision = Precision::kFloat32;
  const auto as_float = tinyml::driver::compile_model(model, options);
  check(as_float);
  if (as_float.ok() && work_of(*as_float) <= kMaxCalibratedWork) {
    compile_int8(model, *as_float);
  } else if (!as_float.ok()) {
    check(tinyml::driver::compile_model(model, {})); // it may have come quantised
  }
  return 0;
}
