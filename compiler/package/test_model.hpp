// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/text.hpp"
#include "compiler/package/package.hpp"
#include "host/files.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

/// Small models for the tests of packages.
namespace tinyml::package {

inline constexpr std::string_view kInt8Model = R"(graph "g" {
  input %image : i8[1,4,4,2] q(scale=0.5, zero=3)
  const %w : i8[3,2,2,2] q(scale=[0.5,0.25,0.125], zero=[0,0,0], axis=0) = hex "07f905fd10c0a5118800ff017f3311220a0b0c0d0e0f1011"
  const %b : i32[3] q(scale=[0.25,0.125,0.0625], zero=[0,0,0], axis=0) = [100,-200,30]
  %y : i8[1,3,3,3] q(scale=4, zero=-1) = conv2d(%image, %w, %b) {activation="relu"} name="/c1/Conv"
  %r : i8[1,27] q(scale=4, zero=-1) = reshape(%y)
  %scores : i8[1,27] q(scale=0.00390625, zero=-128) = softmax(%r) {axis=1} name="softmax"
  output %scores
}
)";

/// Two inputs, two outputs, float, with functions of the C library.
inline constexpr std::string_view kFloatModel = R"(graph "g" {
  input %a : f32[1,5]
  input %b : f32[1,5]
  %sum : f32[1,5] = add(%a, %b)
  %s : f32[1,5] = sigmoid(%sum)
  %p : f32[1,5] = softmax(%sum) {axis=1}
  output %s
  output %p
}
)";

/// 16-bit activations.
inline constexpr std::string_view kInt16Model = R"(graph "g" {
  input %a : i16[1,6] q(scale=0.001, zero=0)
  input %b : i16[1,6] q(scale=0.002, zero=0)
  %sum : i16[1,6] q(scale=0.004, zero=0) = add(%a, %b)
  %y : i16[1,6] q(scale=0.000030517578125, zero=0) = tanh(%sum)
  output %sum
  output %y
}
)";

/// Remembers its last inputs.
inline constexpr std::string_view kRecurrentModel = R"(graph "g" {
  input %x : f32[1,4]
  const %f : f32[2,4] = [0.5,-0.25,1,0.125,-1,0.75,0.25,0.5]
  const %t : f32[2,3] = [0.5,1,-0.5,0.25,-1,0.75]
  const %b : f32[2] = [0.5,-0.5]
  %y : f32[1,2] = svdf(%x, %f, %t, %b) {rank=1}
  output %y
}
)";

[[nodiscard]] inline driver::CompiledModel compiled(std::string_view text, const std::string &name,
                                                    const std::string &kernel_set = "scalar") {
  driver::CompiledModel model;
  auto graph = ir::parse(text);
  EXPECT_TRUE(graph.ok()) << graph.error().message;
  model.graph = *std::move(graph);
  auto plan = plan::make_plan(model.graph, {.isa = kernel_set});
  EXPECT_TRUE(plan.ok()) << plan.error().message;
  model.plan = *std::move(plan);
  auto module = codegen::generate(model.graph, model.plan, {.model_name = name, .isa = kernel_set});
  EXPECT_TRUE(module.ok()) << module.error().message;
  model.module = *std::move(module);
  return model;
}

[[nodiscard]] inline PackageOptions options_for(Kind kind, const std::string &name) {
  PackageOptions options;
  options.kind = kind;
  options.target = *target_named(kind == Kind::kWasm ? "wasm32" : "scalar");
  options.model_name = name;
  options.include_folder = TINYML_SOURCE_DIR;
  return options;
}

} // namespace tinyml::package
