// SPDX-License-Identifier: Apache-2.0
#include "training/data/series.hpp"

#include <gtest/gtest.h>

namespace tinyml::datasets {
namespace {

TEST(Series, ARowIsASample) {
  const auto series =
      parse_series("a1,a2,b1,b2,label\n1,2,3,4,walk\n5,6,7,8,\"run\"\n", {.channels = 2});
  ASSERT_TRUE(series) << series.error().message;
  EXPECT_EQ(series->steps, 2U);
  EXPECT_EQ(series->values, (std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(series->labels, (std::vector<std::string>{"walk", "run"}));
}

TEST(Series, WindowsKeepToOneLabel) {
  const auto series = parse_series("x;label;y\n1;a;10\n2;a;20\n3;a;30\n4;b;40\n5;b;50\n",
                                   {.window = 2, .stride = 1});
  ASSERT_TRUE(series) << series.error().message;
  EXPECT_EQ(series->channels, 2U);
  EXPECT_EQ(series->labels, (std::vector<std::string>{"a", "a", "b"}));
  EXPECT_EQ(series->values, (std::vector<float>{1, 10, 2, 20, 2, 20, 3, 30, 4, 40, 5, 50}));
  EXPECT_EQ(series->first_rows, (std::vector<std::uint64_t>{0, 1, 3}));
}

TEST(Series, TheLabelsColumnByNumberAndWithoutAHeader) {
  const auto first = parse_series("7\t0.5\t1e2\r\n8\t1\t2\r\n", {.label_column = "0"});
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->labels, (std::vector<std::string>{"7", "8"}));
  const auto last = parse_series("0.5,1,3\n", {});
  ASSERT_TRUE(last);
  EXPECT_EQ(last->labels[0], "3");
}

TEST(Series, SaysWhichLineIsWrong) {
  const auto message = [](const char *text, const SeriesOptions &options) {
    const auto series = parse_series(text, options);
    return series ? std::string("fine") : series.error().message;
  };
  EXPECT_NE(message("1,2,a\n1,a\n", {}).find("line 2"), std::string::npos);
  EXPECT_NE(message("1,2,a\n1,x,a\n", {}).find("'x'"), std::string::npos);
  EXPECT_NE(message("1,nan,a\n", {}).find("'nan'"), std::string::npos);
  EXPECT_NE(message("1,2,\n", {}).find("no label"), std::string::npos);
  EXPECT_NE(message("5\n", {}).find("line 1"), std::string::npos);
  EXPECT_NE(message("1,2,3,a\n", {.channels = 2}).find("channels"), std::string::npos);
  EXPECT_NE(message("1,a\n2,b\n", {.window = 2}).find("window"), std::string::npos);
  EXPECT_NE(message("1,a\n", {.label_column = "kind"}).find("'kind'"), std::string::npos);
  EXPECT_NE(message("x,label\n", {}).find("no row"), std::string::npos);
  EXPECT_NE(message("", {}).find("no row"), std::string::npos);
}

} // namespace
} // namespace tinyml::datasets
