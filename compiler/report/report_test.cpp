// SPDX-License-Identifier: Apache-2.0
#include "compiler/report/sample_report.hpp"

#include "compiler/report/svg.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace tinyml::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

KernelCost cost(double call, double output, double product) {
  KernelCost cost;
  cost.instructions = {call, 0, output, 0, product};
  cost.code_bytes = 100;
  cost.constant_bytes = 20;
  cost.library_bytes = 30;
  cost.stack_bytes = 64;
  return cost;
}

IsaCosts sample_costs() {
  return {.isa = "armv7-m",
          .kernels = "scalar",
          .optimize = "balanced",
          .board = "somewhere",
          .toolchain = "a compiler",
          .compile_flags = "-Os",
          .by_kernel = {{"conv2d.f32", cost(100, 10, 2)}, {"add.f32", cost(5, 3, 0)}}};
}

TEST(Describe, EveryPlacedValueIsInExactlyOneTensorAtItsAddressAndLife) {
  for (const Sample &sample : {branched(), chain(12)}) {
    const Report report = describe(sample.subject());
    std::size_t placed = 0;
    for (std::size_t id = 0; id < sample.graph.values.size(); ++id) {
      const auto &place = sample.plan.placements[id];
      placed += place ? 1 : 0;
      const auto count =
          std::count_if(report.tensors.begin(), report.tensors.end(), [&](const Tensor &tensor) {
            return place && tensor.offset_bytes == place->offset_bytes &&
                   tensor.size_bytes == place->size_bytes &&
                   tensor.first_step == place->first_step && tensor.last_step == place->last_step &&
                   std::count(tensor.names.begin(), tensor.names.end(),
                              sample.graph.values[id].name) == 1;
          });
      EXPECT_EQ(count, place ? 1 : 0) << sample.graph.values[id].name;
    }
    EXPECT_EQ(report.values.size(), placed);
  }
}

TEST(Describe, NoStepUsesMoreThanTheArenaAndOneUsesAllOfIt) {
  const Sample sample = chain(9);
  const Report report = describe(sample.subject());
  std::uint64_t most = 0;
  for (const Layer &layer : report.layers) {
    most = std::max(most, layer.used_bytes);
  }
  EXPECT_LE(most, sample.plan.arena_bytes);
  EXPECT_GE(most, sample.plan.lower_bound_bytes);
}

TEST(Describe, AddsUpWhatTheModuleSays) {
  const Sample sample = branched();
  const Report report = describe(sample.subject());
  EXPECT_EQ(report.macs, sample.module.macs);
  std::uint64_t weights = 0;
  for (const Layer &layer : report.layers) {
    weights += layer.weight_bytes;
  }
  EXPECT_EQ(weights, sample.module.weight_bytes);
  EXPECT_FALSE(report.instructions);
}

TEST(Describe, EstimatesInstructionsFromWorkAndCost) {
  const Sample sample = branched();
  const IsaCosts costs = sample_costs();
  const Report report = describe(sample.subject(&costs));
  // 6x6 positions; 3x3 taps, of which each border loses some: (6 * 3 - 2)^2 taps in all.
  const double first = 100 + 36 * 4 * 10 + 16 * 16 * 2 * 4 * 2;
  ASSERT_TRUE(report.layers[0].instructions);
  EXPECT_DOUBLE_EQ(*report.layers[0].instructions, first);
  double sum = 0;
  for (const Layer &layer : report.layers) {
    sum += layer.instructions.value_or(-1e9);
  }
  EXPECT_DOUBLE_EQ(report.instructions.value_or(0), sum);
}

TEST(Describe, SaysWhichKernelWasNeverMeasured) {
  const Sample sample = branched();
  IsaCosts costs = sample_costs();
  costs.by_kernel.erase("add.f32");
  const Report report = describe(sample.subject(&costs));
  EXPECT_FALSE(report.instructions);
  ASSERT_EQ(report.notes.size(), 1U);
  EXPECT_THAT(report.notes[0], HasSubstr("add.f32"));
}

TEST(Sizes, EstimatedPartsAddUpAndKernelsCountOnce) {
  const Sample sample = chain(5);
  const IsaCosts costs = sample_costs();
  Report report = describe(sample.subject(&costs));
  estimate_sizes(sample.subject(&costs), report);
  std::uint64_t rom = 0;
  std::uint64_t ram = 0;
  for (const Part &part : report.parts) {
    rom += part.rom_bytes;
    ram += part.ram_bytes;
  }
  EXPECT_EQ(report.rom_bytes, rom);
  EXPECT_EQ(report.ram_bytes, ram);
  EXPECT_EQ(rom, 100 + 30 + sample.module.weight_bytes + 5 * 20);
  EXPECT_EQ(ram, sample.plan.arena_bytes + 64);
  ASSERT_EQ(report.kernels.size(), 1U);
  EXPECT_EQ(report.kernels[0].layers, 5U);
}

TEST(Sizes, SectionsBelongToTheLayerOrKernelTheirSymbolNames) {
  const Sample sample = chain(3);
  Report report = describe(sample.subject());
  const std::uint64_t weights = report.layers[1].weight_bytes;
  take_sections({{".rodata._ZN12tinyml_model7weights17layer1_layer2_xyzE", weights, false},
                 {".rodata._ZN12_GLOBAL__N_1L7kLayer1E", 44, false},
                 {".rodata._ZN12_GLOBAL__N_1L7kInputsE", 40, false},
                 {".text._ZN6tinyml7kernels7generic6conv2dIfEEvRKT_", 500, true},
                 {".text.tinyml_module_run", 30, true}},
                report);
  EXPECT_EQ(report.layers[1].constant_bytes, 44U);
  EXPECT_EQ(report.layers[2].constant_bytes, 0U);
  ASSERT_EQ(report.kernels.size(), 2U);
  EXPECT_EQ(report.kernels[0].name, "conv2d");
  EXPECT_EQ(report.kernels[0].bytes, 500U);
  EXPECT_EQ(report.kernels[1].name, "tinyml_module_run");
}

TEST(Costs, TableReadsBackAsWritten) {
  const CostTable table{{sample_costs()}};
  const auto again = parse_costs(to_json(table).dump());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(to_json(*again), to_json(table));
  EXPECT_FALSE(parse_costs("{}").ok());
  EXPECT_FALSE(parse_costs("no json").ok());
}

TEST(Costs, TheGoalDecidesWhereItWasMeasured) {
  CostTable table{{sample_costs(), sample_costs()}};
  table.isas[1].optimize = "speed";
  EXPECT_EQ(table.find("armv7-m", "speed"), &table.isas[1]);
  EXPECT_EQ(table.find("armv7-m", "balanced"), &table.isas[0]);
  EXPECT_EQ(table.find("armv7-m", "size"), &table.isas[0]);
}

TEST(Costs, TheBuiltInTableKnowsItsProcessorsHoweverTheyAreWritten) {
  EXPECT_NE(built_in_costs().find("armv7-m"), nullptr);
  EXPECT_EQ(built_in_costs().find("armv7-m"), built_in_costs().find("ARMv7M"));
  EXPECT_EQ(built_in_costs().find("z80"), nullptr);
}

TEST(Work, RoundsUpToWholeBundles) {
  const Sample sample = chain(1); // 6x6x2, 3x3 filters, 2 channels
  const ir::Node &node = sample.graph.nodes[0];
  const Work plain = work_of(sample.graph, node, {1, 1});
  const Work bundled = work_of(sample.graph, node, {4, 4});
  EXPECT_EQ(plain, (Work{1, 36, 72, 16 * 6 * 2, 16 * 16 * 2 * 2}));
  EXPECT_EQ(bundled, (Work{1, 36, 144, 16 * 6 * 4, 16 * (4 * 8 + 2 * 4) * 4}));
}

TEST(Text, MarksWhatIsTooMuchAndKeepsNamesFromTheTerminal) {
  const Sample sample = branched();
  const IsaCosts costs = sample_costs();
  Report report = describe(sample.subject(&costs));
  estimate_sizes(sample.subject(&costs), report);
  report.model = kHostileName;
  report.ram_limit_bytes = 10;
  report.variants.push_back({.name = "smaller", .costs = "detail", .rom_bytes = 1, .fits = true});
  const std::string text = to_text(report);
  EXPECT_FALSE(report.fits());
  EXPECT_THAT(text, HasSubstr("TOO MANY"));
  EXPECT_THAT(text, HasSubstr("smaller"));
  EXPECT_THAT(text, HasSubstr("estimated"));
  EXPECT_THAT(text, Not(HasSubstr("\x01")));
  EXPECT_THAT(text, Not(HasSubstr("\xff")));
}

TEST(Json, IsCompleteAndValidUtf8) {
  const Sample sample = branched();
  Report report = describe(sample.subject());
  report.model = kHostileName;
  const nlohmann::json json = to_json(report);
  EXPECT_NO_THROW((void)json.dump()); // strict about UTF-8
  EXPECT_EQ(json.at("layers").size(), 4U);
  EXPECT_EQ(json.at("tensors").size(), report.tensors.size());
  EXPECT_EQ(json.at("fits"), true);
}

TEST(Printable, ReplacesWhatIsNoTextAndCutsBetweenCharacters) {
  EXPECT_EQ(printable("a\x1b[2J\xc3\xa9"), "a\xEF\xBF\xBD[2J\xc3\xa9");
  EXPECT_EQ(printable("\xe2\x80\xae"), "\xEF\xBF\xBD");                 // right-to-left override
  EXPECT_EQ(printable("\xed\xa0\x80").find("\xed"), std::string::npos); // a surrogate
  EXPECT_EQ(shortened("\xc3\xa9\xc3\xa9\xc3\xa9", 2), "\xc3\xa9\xE2\x80\xA6");
  EXPECT_EQ(xml_text("<a b=\"c\">&'"), "&lt;a b=&quot;c&quot;&gt;&amp;&#39;");
}

} // namespace
} // namespace tinyml::report
