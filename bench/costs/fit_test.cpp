// SPDX-License-Identifier: Apache-2.0
#include "bench/costs/fit.hpp"

#include "bench/costs/kernel_cases.hpp"

#include <gtest/gtest.h>
#include <set>

namespace tinyml::bench {
namespace {

/// Measurements of convolutions whose kernel costs exactly this.
std::vector<Measurement> measured(const report::Bundles &bundles, const report::Work &cost) {
  std::vector<Measurement> all;
  for (KernelCase &one : kernel_cases(ir::ElementType::kInt8)) {
    const ir::Node &node = one.graph.nodes.front();
    if (report::kernel_name(one.graph, node) != "conv2d.i8") {
      continue;
    }
    const report::Work work = report::work_of(one.graph, node, bundles);
    double sum = 0;
    for (std::size_t i = 0; i < report::kQuantities; ++i) {
      sum += work[i] * cost[i];
    }
    all.push_back({.kernel = "conv2d.i8",
                   .graph = std::move(one.graph),
                   .instructions = static_cast<std::uint64_t>(sum),
                   .code_bytes = static_cast<std::uint32_t>(all.size())});
  }
  return all;
}

TEST(Fit, FindsCostsAndBundlesThatExplainTheCounts) {
  const auto all = measured({4, 2}, {50, 30, 20, 5, 2});
  const report::KernelCost cost = fit_kernel(all);
  EXPECT_EQ(cost.bundles, (report::Bundles{4, 2}));
  EXPECT_LT(cost.largest_error, 0.01);
  EXPECT_NEAR(cost.instructions[static_cast<std::size_t>(report::Quantity::kProducts)], 2, 0.1);
  EXPECT_EQ(cost.code_bytes, all.size() - 1) << "the largest";
  EXPECT_EQ(cost.cases, all.size());
}

TEST(Fit, CostsAreNeverNegative) {
  const report::KernelCost cost = fit_kernel(measured({1, 1}, {0, 0, 100, 0, 0}));
  for (const double one : cost.instructions) {
    EXPECT_GE(one, 0);
  }
}

TEST(Cases, CoverEveryKernelSeveralTimes) {
  std::multiset<std::string> kernels;
  for (const auto element : {ir::ElementType::kInt8, ir::ElementType::kFloat32}) {
    for (const KernelCase &one : kernel_cases(element)) {
      kernels.insert(report::kernel_name(one.graph, one.graph.nodes.front()));
    }
  }
  for (const char *kernel :
       {"conv2d.i8", "conv2d.1x1.i8", "conv2d.grouped.i8", "depthwise_conv2d.3x3.i8",
        "fully_connected.i8", "add.i8", "softmax.i8", "conv2d.f32", "matmul.f32", "quantize.f32"}) {
    EXPECT_GE(kernels.count(kernel), 3U) << kernel;
  }
}

} // namespace
} // namespace tinyml::bench
