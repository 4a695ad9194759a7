// SPDX-License-Identifier: Apache-2.0
#include "training/data/data_set.hpp"

#include "host/files.hpp"

#include <array>
#include <gtest/gtest.h>

namespace tinyml::datasets {
namespace {

class DataSetTest : public testing::Test {
protected:
  void put(const std::string &name, const std::string &text) {
    const auto path = folder_.path() / name;
    std::filesystem::create_directories(path.parent_path());
    ASSERT_TRUE(host::write_text(path, text).ok());
  }
  /// A grey picture of 2 × 2 whose upper left value says who it is.
  void put_picture(const std::string &name, char mark) {
    put(name, std::string("P5 2 2 255 ") + mark + "bcd");
  }
  DataWish wish(const std::string &inside = "") const {
    return {.source = (folder_.path() / inside).string(), .model_input = {2, 2, 1}};
  }
  std::string error_of(const DataWish &asked) const {
    const auto set = load_data_set(asked);
    return set ? "none" : set.error().message;
  }

  host::TemporaryFolder folder_ = std::move(*host::TemporaryFolder::create("data-set"));
};

TEST_F(DataSetTest, AFolderOfPicturesIsDividedBySeed) {
  for (char mark = 'a'; mark < 'k'; ++mark) {
    put_picture(std::string("cat/") + mark + ".pgm", mark);
    put_picture(std::string("dog/") + mark + ".pgm", mark);
  }
  put("cat/notes.txt", "not a picture");
  const auto set = load_data_set(wish());
  ASSERT_TRUE(set) << set.error().message;
  EXPECT_EQ(set->classes, (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(set->train.size(), 16U);
  EXPECT_EQ(set->test.size(), 4U);
  EXPECT_EQ(set->sample(set->train, 3).size(), 4U);
  EXPECT_EQ(load_data_set(wish())->train.bytes, set->train.bytes);
  auto other = wish();
  other.seed = 2;
  EXPECT_NE(load_data_set(other)->train.bytes, set->train.bytes);
}

TEST_F(DataSetTest, AFolderThatSaysWhatItsTestsAre) {
  for (const char *name : {"train/a/1.pgm", "train/b/1.pgm", "test/a/1.pgm", "test/b/1.pgm"}) {
    put_picture(name, 'x');
  }
  const auto set = load_data_set(wish());
  ASSERT_TRUE(set) << set.error().message;
  EXPECT_EQ(set->train.size(), 2U);
  std::array<float, 4> values{};
  set->read(set->test, 1, values);
  EXPECT_FLOAT_EQ(values[0], static_cast<float>('x') / 255);
}

TEST_F(DataSetTest, SaysWhatIsWrongWithAFolder) {
  EXPECT_NE(error_of(wish("nothing")).find("no data set"), std::string::npos);
  put_picture("a/1.pgm", 'x');
  EXPECT_NE(error_of(wish()).find("one for each class"), std::string::npos);
  std::filesystem::create_directories(folder_.path() / "b");
  put_picture("a/2.pgm", 'x');
  EXPECT_NE(error_of(wish()).find("has no pictures"), std::string::npos);
  put_picture("b/1.pgm", 'x');
  EXPECT_NE(error_of(wish()).find("has one picture"), std::string::npos);
  put("b/2.png", "not a picture");
  EXPECT_NE(error_of(wish()).find("2.png"), std::string::npos);
  auto sound = wish();
  sound.model_input.channels = 2;
  EXPECT_NE(error_of(sound).find("1 or 3 channels"), std::string::npos);
}

TEST_F(DataSetTest, TestSamplesOfASeriesOverlapNoneForTraining) {
  std::string text = "x,label\n";
  for (int i = 0; i < 100; ++i) {
    text += std::to_string(i) + (i < 50 ? ",9\n" : ",10\n");
  }
  put("series.csv", text);
  auto asked = wish("series.csv");
  asked.series = {.window = 4, .stride = 2};
  const auto set = load_data_set(asked);
  ASSERT_TRUE(set) << set.error().message;
  EXPECT_EQ(set->classes, (std::vector<std::string>{"9", "10"}));
  EXPECT_EQ(set->shape, (SampleShape{4, 1, 1}));
  std::array<float, 4> values{};
  float last_learned = 0;
  for (std::size_t i = 0; i < set->train.size() && set->train.labels[i] == 0; ++i) {
    set->read(set->train, i, values);
    last_learned = values[3];
  }
  set->read(set->test, 0, values);
  EXPECT_GT(values[0], last_learned);
}

TEST_F(DataSetTest, ALabelOnlyTheTestsHaveIsRefused) {
  put("train.csv", "1,a\n2,b\n");
  put("test.csv", "1,a\n2,c\n");
  EXPECT_NE(error_of(wish()).find("none of its 2 classes"), std::string::npos);
  put("test.csv", "1,2,a\n");
  EXPECT_NE(error_of(wish()).find("same columns"), std::string::npos);
}

TEST(DataWish, SaysHowToReadASeries) {
  const auto wish = parse_data_wish("a/b.csv,window=50,stride=25,label=kind,test=0.1");
  ASSERT_TRUE(wish) << wish.error().message;
  EXPECT_EQ(wish->source, "a/b.csv");
  EXPECT_EQ(wish->series.window, 50U);
  EXPECT_EQ(wish->series.stride, 25U);
  EXPECT_EQ(wish->series.label_column, "kind");
  EXPECT_DOUBLE_EQ(wish->test_share, 0.1);
  EXPECT_EQ(parse_data_wish("mnist")->source, "mnist");
  for (const char *text : {"", ",window=1", "x,window", "x,window=", "x,window=-1", "x,window=0",
                           "x,windows=3", "x,test=2", "x,test=nan", "x,label="}) {
    EXPECT_FALSE(parse_data_wish(text).ok()) << text;
  }
}

TEST_F(DataSetTest, FitsAModelOrSaysWhyNot) {
  const DataSet set{.name = "x", .shape = {28, 28, 1}, .classes = {"a", "b"}};
  EXPECT_TRUE(check_fits(set, {28, 28, 1}, 10).ok());
  EXPECT_EQ(check_fits(set, {32, 32, 1}, 10).error().code, ErrorCode::kDoesNotFit);
  EXPECT_EQ(check_fits(set, {28, 28, 1}, 1).error().code, ErrorCode::kDoesNotFit);
}

TEST(PublishedDataSet, FashionHasItsTwoPartsAndLimits) {
  if (std::getenv("TINYML_DATA_DIR") == nullptr) {
    GTEST_SKIP() << "TINYML_DATA_DIR is not set";
  }
  const auto set = load_data_set({.source = "fashion",
                                  .most_train = 1000,
                                  .most_test = 500,
                                  .published = {.download = false}});
  ASSERT_TRUE(set) << set.error().message;
  EXPECT_EQ(set->train.size(), 1000U);
  EXPECT_EQ(set->test.size(), 500U);
  EXPECT_EQ(set->classes[9], "boot");
  EXPECT_TRUE(check_fits(*set, {28, 28, 1}, 10).ok());
}

} // namespace
} // namespace tinyml::datasets
