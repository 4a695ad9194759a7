// SPDX-License-Identifier: Apache-2.0
#include "compiler/report/lanes.hpp"
#include "compiler/report/sample_report.hpp"

#include <gmock/gmock.h>
#include <regex>

namespace tinyml::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

bool is_entity(std::string_view text) {
  return text.starts_with("&lt;") || text.starts_with("&gt;") || text.starts_with("&amp;") ||
         text.starts_with("&quot;") || text.starts_with("&#39;");
}

/// Every element is closed in order, and outside of markup there is no '<' or bare '&'.
::testing::AssertionResult is_well_formed(const std::string &xml) {
  std::vector<std::string> open;
  for (std::size_t at = 0; at < xml.size(); ++at) {
    if (xml[at] == '&' && !is_entity(std::string_view(xml).substr(at))) {
      return ::testing::AssertionFailure() << "bare & at " << xml.substr(at, 20);
    }
    if (xml[at] != '<') {
      continue;
    }
    const std::size_t end = xml.find('>', at);
    if (end == std::string::npos) {
      return ::testing::AssertionFailure() << "no end of " << xml.substr(at, 20);
    }
    const std::string tag = xml.substr(at + 1, end - at - 1);
    const std::string name = tag.substr(0, tag.find_first_of(" /\n", tag[0] == '/' ? 1 : 0));
    if (tag[0] == '/') {
      if (open.empty() || "/" + open.back() != tag) {
        return ::testing::AssertionFailure() << "unexpected <" << tag << ">";
      }
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(name);
    }
    at = end;
  }
  return open.empty() ? ::testing::AssertionSuccess()
                      : ::testing::AssertionFailure() << open.back() << " stays open";
}

Report sample_report(const Sample &sample) {
  Report report = describe(sample.subject());
  report.model = kHostileName;
  report.precision = "float32";
  report.target = "a board";
  report.parts = {{"weights", sample.module.weight_bytes, 0},
                  {"arena", 0, sample.plan.arena_bytes}};
  report.rom_bytes = sample.module.weight_bytes;
  report.ram_bytes = sample.plan.arena_bytes;
  report.kernels = {{kHostileName, 12, 1}};
  return report;
}

/// The numbers behind `name="`, in the order of the document.
std::vector<double> attributes(const std::string &xml, const std::string &pattern) {
  std::vector<double> numbers;
  const std::regex wanted(pattern);
  for (std::sregex_iterator at(xml.begin(), xml.end(), wanted), end; at != end; ++at) {
    numbers.push_back(std::stod((*at)[1].str()));
  }
  return numbers;
}

TEST(Pictures, HostileNamesBreakNothing) {
  const Report report = sample_report(branched());
  for (const std::string &svg : {memory_map_svg(report), graph_svg(report), budget_svg(report)}) {
    EXPECT_TRUE(is_well_formed(svg));
    EXPECT_THAT(svg, Not(HasSubstr("<script")));
    EXPECT_THAT(svg, Not(HasSubstr("\x01")));
    EXPECT_THAT(svg, HasSubstr("prefers-color-scheme: dark"));
  }
}

TEST(Pictures, AreTheSameEveryTime) {
  const Report report = sample_report(chain(40));
  EXPECT_EQ(memory_map_svg(report), memory_map_svg(report));
  EXPECT_EQ(graph_svg(report), graph_svg(sample_report(chain(40))));
  EXPECT_EQ(budget_svg(report), budget_svg(sample_report(chain(40))));
}

TEST(MemoryMap, HasOneRectangleATensorWhereThePlanHasIt) {
  for (const Sample &sample : {branched(), chain(31), chain(1)}) {
    const Report report = sample_report(sample);
    const std::string svg = memory_map_svg(report);
    const std::string group =
        "<g class=\"tensor\" data-offset=\"[0-9]+\" data-bytes=\"[0-9]+\" "
        "data-first=\"[0-9]+\" data-last=\"[0-9]+\">\\n<title>[^<]*</title>\\n"
        "<rect x=\"([0-9.]+)\" y=\"([0-9.]+)\" width=\"([0-9.]+)\" "
        "height=\"([0-9.]+)\"";
    const std::regex wanted(group);
    std::vector<std::array<double, 4>> boxes;
    for (std::sregex_iterator at(svg.begin(), svg.end(), wanted), end; at != end; ++at) {
      boxes.push_back(
          {std::stod((*at)[1]), std::stod((*at)[2]), std::stod((*at)[3]), std::stod((*at)[4])});
    }
    ASSERT_EQ(boxes.size(), report.tensors.size());
    const double scale = boxes[0][3] / report.tensors[0].size_bytes;
    const double bottom = boxes[0][1] + boxes[0][3] + report.tensors[0].offset_bytes * scale;
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      const Tensor &tensor = report.tensors[i];
      EXPECT_NEAR(boxes[i][3], tensor.size_bytes * scale, 0.3);
      EXPECT_NEAR(boxes[i][1] + boxes[i][3], bottom - tensor.offset_bytes * scale, 0.6);
    }
    EXPECT_EQ(attributes(svg, "data-offset=\"([0-9]+)\"").size(), report.tensors.size());
  }
}

TEST(MemoryMap, DrawsAPanelForEveryMemory) {
  Report report = sample_report(chain(4));
  report.memories.push_back({.name = "slow memory", .used_bytes = 1000});
  report.tensors.push_back({.names = {"elsewhere"}, .memory = 1, .size_bytes = 1000});
  const std::string svg = memory_map_svg(report);
  EXPECT_THAT(svg, HasSubstr("slow memory: 1,000 bytes"));
  EXPECT_THAT(svg, HasSubstr("elsewhere"));
}

TEST(Budget, ShowsWhatIsTooMuch) {
  Report report = sample_report(chain(2));
  report.rom_limit_bytes = report.rom_bytes - 7;
  EXPECT_THAT(budget_svg(report), HasSubstr("7 more than"));
}

TEST(Lanes, NoLineRunsOverAnOperator) {
  for (const Sample &sample : {branched(), chain(50)}) {
    const Report report = sample_report(sample);
    const Lanes lanes = assign_lanes(report);
    ASSERT_EQ(lanes.rows.size(), report.layers.size() + 2);
    for (const LaneEdge &edge : lanes.edges) {
      for (std::size_t row = edge.from_row + 1; row < edge.to_row; ++row) {
        EXPECT_NE(lanes.rows[row].lane, edge.lane);
      }
    }
  }
  EXPECT_EQ(assign_lanes(sample_report(chain(50))).count, 1U);
  EXPECT_EQ(assign_lanes(sample_report(branched())).count, 2U);
}

} // namespace
} // namespace tinyml::report
