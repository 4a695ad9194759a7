// SPDX-License-Identifier: Apache-2.0
#include "bench/train/figures.hpp"

#include <gmock/gmock.h>

namespace tinyml::bench_train {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

json host_figures(const char *model, const char *set, double speed, double bytes) {
  return {{"model", model},
          {"kernel_set", set},
          {"samples_per_cpu_second", speed},
          {"peak_anonymous_bytes", bytes}};
}

TEST(Ratios, TakeTheFastestKernelSetOfTheSameModel) {
  json theirs = host_figures("a", "", 10, 600);
  theirs["version"] = "1";
  theirs["blas"] = "openblas";
  json figures = {{"hosts",
                   {host_figures("a", "slow", 20, 3), host_figures("a", "fast", 45, 6),
                    host_figures("b", "fast", 900, 1)}},
                  {"pytorch", {theirs}},
                  {"boards", json::array()},
                  {"workers", json::array()}};
  figures["ratios"] = ratios(figures);
  ASSERT_EQ(figures["ratios"].size(), 1U);
  EXPECT_DOUBLE_EQ(figures["ratios"][0]["speed"], 4.5);
  EXPECT_DOUBLE_EQ(figures["ratios"][0]["memory"], 100);
  EXPECT_THAT(to_markdown(figures), HasSubstr("a: 4.5 times PyTorch's samples, 100 times less"));
}

TEST(Ratios, AreNoneWithoutPyTorch) {
  const json figures = {{"hosts", {host_figures("a", "fast", 45, 6)}}, {"pytorch", json::array()}};
  EXPECT_TRUE(ratios(figures).empty());
}

} // namespace
} // namespace tinyml::bench_train
