// SPDX-License-Identifier: Apache-2.0
// A device learns what its model never saw, keeps it over a restart, and gives it up again.
#include "tests/e2e/stage.hpp"
#include "training/data/image_set.hpp"

#include <fmt/format.h>

namespace tinyml::e2e {
namespace {

using nlohmann::json;

/// Digits white on black become black on white: a folder of pictures for each class.
void write_inverted_digits(const std::filesystem::path &folder, std::size_t count,
                           std::uint64_t seed) {
  const auto digits = datasets::draw_digits(count, seed);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const auto place = folder / std::to_string(digits.labels[i]);
    std::filesystem::create_directories(place);
    std::string picture = fmt::format("P5\n{} {}\n255\n", digits.columns, digits.rows);
    for (const std::uint8_t pixel : digits.image(i)) {
      picture += static_cast<char>(255 - pixel);
    }
    ASSERT_TRUE(host::write_text(place / fmt::format("{:04}.pgm", i), picture).ok());
  }
}

json parsed(const host::Outcome &outcome) { return json::parse(outcome.output, nullptr, false); }

TEST(Adapt, LearnsInvertedDigitsKeepsThemAndGivesThemUp) {
  Stage stage;
  stage.start_service();
  stage.start_device("linux", "dev");
  const auto data = stage.folder() / "inverted";
  write_inverted_digits(data / "train", 200, 5);
  write_inverted_digits(data / "test", 200, 6);
  const host::Outcome ordered =
      stage.tinyml({"order", "mnist-mlp", "--device", "dev", "--adapt", "all"});
  ASSERT_EQ(ordered.exit_code, 0) << ordered.output << stage.log("service.log");
  const std::vector<std::string> verify = {"verify",  "dev", "--data", "drawn",
                                           "--count", "100", "--json"};
  const host::Outcome before = stage.tinyml(verify);
  ASSERT_EQ(before.exit_code, 0) << before.output;
  EXPECT_EQ(parsed(before).value("equal", 0), 100);
  EXPECT_FALSE(parsed(before).value("adapted", true));

  const host::Outcome adapted = stage.tinyml({"adapt", "dev", "--data", data.string(), "--samples",
                                              "200", "--epochs", "10", "--rate", "0.01", "--json"});
  ASSERT_EQ(adapted.exit_code, 0) << adapted.output << stage.log("dev.log");
  const json status = parsed(adapted);
  EXPECT_EQ(status.value("samples", 0), 200);
  EXPECT_GT(status.value("accuracy_after", 0.0), status.value("accuracy_before", 1.0) + 0.3)
      << status.dump();
  EXPECT_TRUE(status.value("adapted", false));

  const host::Outcome changed = stage.tinyml(verify);
  EXPECT_TRUE(parsed(changed).value("adapted", false)) << changed.output;
  stage.restart_device("linux", "dev");
  const auto kept = [&] { return stage.client().get("/v1/devices/dev/train/fit"); };
  ASSERT_TRUE(Stage::eventually([&] {
    return kept().ok() && kept()->value("state", "") == "idle";
  })) << stage.log("dev.log");
  EXPECT_TRUE(kept()->value("adapted", false));
  EXPECT_EQ(parsed(stage.tinyml(verify)).at("confusion"), parsed(changed).at("confusion"));

  EXPECT_EQ(stage.tinyml({"adapt", "dev", "--reset"}).exit_code, 0);
  const host::Outcome after = stage.tinyml(verify);
  EXPECT_EQ(after.exit_code, 0) << after.output;
  EXPECT_EQ(parsed(after).value("equal", 0), 100);
  EXPECT_FALSE(parsed(after).value("adapted", true));
}

TEST(Adapt, SaysWhereModelsDoNotAdapt) {
  Stage stage;
  stage.start_service();
  stage.start_device("linux", "dev");
  const host::Outcome none = stage.tinyml({"adapt", "dev", "--data", "mnist"});
  EXPECT_EQ(none.exit_code, 4) << none.output; // runs no model
  const host::Outcome wrong =
      stage.tinyml({"order", "mnist-mlp", "--device", "dev", "--adapt", "some"});
  EXPECT_EQ(wrong.exit_code, 2) << wrong.output;
  const host::Outcome tight = stage.tinyml(
      {"order", "mnist-mlp", "--device", "dev", "--adapt", "all", "--max-ram", "200K"});
  EXPECT_EQ(tight.exit_code, 6) << tight.output;
  EXPECT_NE(tight.output.find("--adapt last"), std::string::npos) << tight.output;
}

} // namespace
} // namespace tinyml::e2e
