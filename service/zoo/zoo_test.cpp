// SPDX-License-Identifier: Apache-2.0
#include "host/files.hpp"
#include "service/zoo/zoo.hpp"

#include <gtest/gtest.h>

namespace tinyml::service {
namespace {

class ZooTest : public testing::Test {
protected:
  Expected<void> load(const std::string &list) {
    EXPECT_TRUE(host::write_text(folder_.path() / "zoo.json", list));
    EXPECT_TRUE(host::write_text(folder_.path() / "a.onnx", "bytes of a"));
    return zoo_.load(folder_.path(), 1);
  }

  host::TemporaryFolder folder_ = std::move(*host::TemporaryFolder::create("zoo-test"));
  Store store_ = std::move(*Store::open(folder_.path() / "state"));
  Zoo zoo_{store_};
};

TEST_F(ZooTest, loads_its_list_and_keeps_the_entry_as_metadata) {
  const auto loaded = load(R"({"models": [{"name": "a", "file": "a.onnx", "dataset": "mnist",
                                          "labels": ["0", "1"]}]})");
  ASSERT_TRUE(loaded) << loaded.error().message;
  const auto model = store_.model("a");
  ASSERT_TRUE(model && *model);
  EXPECT_EQ((*model)->dataset, "mnist");
  EXPECT_EQ((*model)->metadata["labels"][1], "1");
  EXPECT_EQ(as_text(*store_.blobs().get((*model)->sha256)), "bytes of a");
}

TEST_F(ZooTest, a_broken_list_is_told) {
  for (const char *list : {"", "[]", "{\"models\": 3}", "{\"models\": [3]}",
                           "{\"models\": [{\"name\": \"../evil\"}]}"}) {
    EXPECT_EQ(load(list).error().code, ErrorCode::kInvalidInput) << list;
  }
  EXPECT_EQ(load(R"({"models": [{"name": "missing"}]})").error().code, ErrorCode::kNotFound);
}

TEST_F(ZooTest, uploads_may_replace_uploads_but_not_the_zoos_own) {
  ASSERT_TRUE(load(R"({"models": [{"name": "a"}]})"));
  EXPECT_EQ(zoo_.upload({.name = "a", .bytes = as_bytes("x")}, 2).error().code,
            ErrorCode::kConflict);
  ASSERT_TRUE(zoo_.upload({.name = "b", .bytes = as_bytes("x")}, 2));
  const auto again = zoo_.upload({.name = "b", .bytes = as_bytes("y")}, 3);
  ASSERT_TRUE(again);
  EXPECT_EQ(as_text(*store_.blobs().get(again->sha256)), "y");
  EXPECT_EQ(zoo_.upload({.name = "B", .bytes = as_bytes("x")}, 2).error().code,
            ErrorCode::kInvalidInput);
  EXPECT_EQ(zoo_.upload({.name = "c", .bytes = {}}, 2).error().code, ErrorCode::kInvalidInput);
}

TEST_F(ZooTest, takes_in_what_was_trained_when_the_list_changes) {
  const auto trained = folder_.path() / "trained";
  ASSERT_TRUE(zoo_.refresh(trained, 1)); // not there yet
  std::filesystem::create_directories(trained);
  const auto publish = [&](const std::string &bytes, const std::string &run) {
    EXPECT_TRUE(host::write_text(trained / "t.onnx", bytes));
    EXPECT_TRUE(host::write_text(trained / "t.f32", "12345678"));
    EXPECT_TRUE(host::write_text(trained / "zoo.json",
                                 R"({"models": [{"name": "t", "calibration": "t.f32",
                                                 "training": {"run": ")" +
                                     run + "\"}}]}"));
    return zoo_.refresh(trained, 2);
  };
  ASSERT_TRUE(publish("one", "1"));
  const auto model = store_.model("t");
  ASSERT_TRUE(model && *model);
  const std::string data = (*model)->dataset.value_or("");
  ASSERT_TRUE(data.starts_with(kSamplesPrefix));
  EXPECT_EQ(as_text(*store_.blobs().get(data.substr(kSamplesPrefix.size()))), "12345678");
  ASSERT_TRUE(publish("two", "2"));
  EXPECT_EQ(as_text(*store_.blobs().get((**store_.model("t")).sha256)), "two");
}

TEST_F(ZooTest, trained_models_leave_other_models_of_their_name_alone) {
  ASSERT_TRUE(load(R"({"models": [{"name": "a"}]})"));
  ASSERT_TRUE(zoo_.upload({.name = "b", .bytes = as_bytes("mine")}, 1));
  const auto trained = folder_.path() / "trained";
  std::filesystem::create_directories(trained);
  for (const char *file : {"a.onnx", "b.onnx"}) {
    ASSERT_TRUE(host::write_text(trained / file, "trained"));
  }
  ASSERT_TRUE(host::write_text(trained / "zoo.json",
                               R"({"models": [{"name": "a", "training": {}},
                                              {"name": "b", "training": {}}]})"));
  ASSERT_TRUE(zoo_.refresh(trained, 2));
  EXPECT_EQ(as_text(*store_.blobs().get((**store_.model("a")).sha256)), "bytes of a");
  EXPECT_EQ(as_text(*store_.blobs().get((**store_.model("b")).sha256)), "mine");
  ASSERT_TRUE(host::write_text(trained / "zoo.json", "{"));
  EXPECT_FALSE(zoo_.refresh(trained, 3).ok());
}

} // namespace
} // namespace tinyml::service
