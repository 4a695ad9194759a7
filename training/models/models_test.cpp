// SPDX-License-Identifier: Apache-2.0
#include "compiler/autodiff/training_step.hpp"
#include "compiler/driver/compile_training.hpp"
#include "compiler/frontends/onnx/import.hpp"
#include "compiler/frontends/onnx/model_builder.hpp"
#include "compiler/interpret/interpreter.hpp"
#include "compiler/ir/types.hpp"
#include "compiler/passes/passes.hpp"
#include "host/files.hpp"
#include "training/models/export_onnx.hpp"
#include "training/models/publish.hpp"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <numeric>

namespace tinyml::training {
namespace {

std::filesystem::path zoo() { return std::filesystem::path(TINYML_SOURCE_DIR) / "zoo"; }

TrainableModel model_of(const std::string &name) {
  auto model = load_trainable(name, {zoo()});
  EXPECT_TRUE(model) << model.error().message;
  return *std::move(model);
}

std::vector<float> ramp(std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = std::sin(static_cast<float>(i)) * 0.1F;
  }
  return values;
}

template <typename T> ByteView raw(const std::vector<T> &values) {
  return {reinterpret_cast<const std::uint8_t *>(values.data()), values.size() * sizeof(T)};
}

/// The forward pass of the training step with `flat` in its variables; the rate is 0.
std::vector<float> logits_of_step(const ir::Graph &model, const std::vector<float> &flat,
                                  const std::vector<float> &x) {
  auto step = autodiff::make_training_step(model, {});
  EXPECT_TRUE(step) << step.error().message;
  std::size_t at = 0;
  for (const autodiff::Parameter &parameter : step->parameters) {
    auto &content = *step->graph.values[parameter.value].constant;
    std::memcpy(content.data(), flat.data() + at, content.size());
    at += content.size() / sizeof(float);
  }
  EXPECT_EQ(at, flat.size());
  auto interpreter = interpret::Interpreter::prepare(step->graph);
  EXPECT_TRUE(interpreter) << interpreter.error().message;
  const std::vector<std::int32_t> label{0};
  const std::vector<float> rate{0};
  const ByteView inputs[] = {raw(x), raw(label), raw(rate)};
  EXPECT_TRUE(interpreter->run(inputs).ok());
  const ByteView output = interpreter->output(1);
  std::vector<float> logits(output.size() / sizeof(float));
  std::memcpy(logits.data(), output.data(), output.size());
  return logits;
}

/// What the exported file computes, imported as any model is.
std::vector<float> outputs_of_file(ByteView file, const std::vector<float> &x) {
  auto graph = onnx::import_onnx(file);
  EXPECT_TRUE(graph) << graph.error().message;
  EXPECT_TRUE(passes::run_default_passes(*graph).ok());
  const auto outputs = interpret::run_float(*graph, {x});
  EXPECT_TRUE(outputs) << outputs.error().message;
  return (*outputs)[0];
}

/// A step's logits are those before a softmax that the model ends with.
std::vector<float> softmax(std::vector<float> logits) {
  float sum = 0;
  for (float &value : logits) {
    value = std::exp(value);
    sum += value;
  }
  for (float &value : logits) {
    value /= sum;
  }
  return logits;
}

bool ends_with_softmax(const ir::Graph &graph) { return graph.nodes.back().op == ir::Op::kSoftmax; }

class ZooModel : public testing::TestWithParam<const char *> {};

TEST_P(ZooModel, ExportedItComputesWhatWasTrained) {
  TrainableModel model = model_of(GetParam());
  initialise(model.graph, 7);
  const auto flat = flat_model(model.graph);
  ASSERT_TRUE(flat) << flat.error().message;
  const auto file = export_onnx(model.bytes, *flat);
  ASSERT_TRUE(file) << file.error().message;
  std::vector<float> x = ramp(model.input.values());
  const auto logits = logits_of_step(model.graph, *flat, x);
  const auto trained = ends_with_softmax(model.graph) ? softmax(logits) : logits;
  const auto exported = outputs_of_file(*file, x);
  ASSERT_EQ(trained.size(), exported.size());
  for (std::size_t i = 0; i < trained.size(); ++i) {
    EXPECT_NEAR(trained[i], exported[i], 1e-4F * (1 + std::abs(trained[i]))) << i;
  }
  EXPECT_NE(trained, outputs_of_file(model.bytes, x));
}

INSTANTIATE_TEST_SUITE_P(Zoo, ZooModel,
                         testing::Values("mnist-lenet", "mnist-mlp", "mnist-dscnn", "fashion-lenet",
                                         "fashion-mlp", "fashion-dscnn"));

TEST(TrainableModel, KnowsItsInputOutputsAndDataSet) {
  const TrainableModel lenet = model_of("mnist-lenet");
  EXPECT_EQ(lenet.input, (datasets::SampleShape{28, 28, 1}));
  EXPECT_EQ(lenet.outputs, 10U);
  EXPECT_EQ(lenet.data_set(), "mnist");
  EXPECT_EQ(flat_model(lenet.graph)->size(), 61'706U);
  EXPECT_TRUE(ends_with_class_biases(lenet.graph, 10));
  EXPECT_FALSE(ends_with_class_biases(lenet.graph, 84));
}

TEST(TrainableModel, SaysWhatThereIs) {
  const auto missing = load_trainable("mnist-lenex", {zoo()});
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("mnist-lenet"), std::string::npos);
  EXPECT_FALSE(load_trainable((zoo() / "zoo.json").string(), {}).ok());
}

TEST(Initialise, TheSeedDecides) {
  ir::Graph one = model_of("mnist-lenet").graph;
  ir::Graph two = one;
  initialise(one, 1);
  initialise(two, 1);
  EXPECT_EQ(*flat_model(one), *flat_model(two));
  initialise(two, 2);
  EXPECT_NE(*flat_model(one), *flat_model(two));
}

TEST(Initialise, WeightsHaveTheVarianceOfTheirFanInAndBiasesAreZero) {
  ir::Graph graph = model_of("mnist-lenet").graph;
  initialise(graph, 3);
  const auto flat = *flat_model(graph);
  const auto variance = [&](std::size_t begin, std::size_t count) {
    double sum = 0;
    for (std::size_t i = begin; i < begin + count; ++i) {
      sum += static_cast<double>(flat[i]) * static_cast<double>(flat[i]);
    }
    return sum / static_cast<double>(count);
  };
  EXPECT_NEAR(variance(2572, 48'000), 2.0 / 400, 0.0002); // the first fully connected layer
  EXPECT_EQ(variance(2556, 16), 0);                       // biases of the second convolution
  EXPECT_EQ(variance(50'572, 120), 0);
}

/// Convolution, batch normalisation, activation and a product whose weights lie the other way.
std::vector<std::uint8_t> model_with_batch_norm() {
  onnx::ModelBuilder model;
  model.input("x", {1, 2, 4, 4}).output("y");
  model.floats("w", {3, 2, 3, 3}, ramp(54)).floats("s", {3}, {1, 2, 3}).floats("b", {3}, {1, 1, 1});
  model.floats("m", {3}, {0, 1, 2}).floats("v", {3}, {1, 2, 4});
  model.floats("k", {12, 2}, ramp(24)).floats("c", {2}, {0.5F, -0.5F});
  model.node("Conv", {"x", "w"}, "conv");
  model.node("BatchNormalization", {"conv", "s", "b", "m", "v"}, "norm");
  model.node("Relu", {"norm"}, "relu").node("Flatten", {"relu"}, "flat");
  model.node("Gemm", {"flat", "k", "c"}, "y");
  return model.build();
}

TEST(ExportOnnx, StatisticsOfBatchNormalisationGoAlong) {
  const auto file = model_with_batch_norm();
  auto graph = driver::load_trainable_model(file);
  ASSERT_TRUE(graph) << graph.error().message;
  auto flat = *flat_model(*graph);
  ASSERT_EQ(flat.size(), 54U + 6 + 24 + 2 + 6);
  for (float &value : flat) {
    value += 0.25F;
  }
  const auto exported = export_onnx(file, flat);
  ASSERT_TRUE(exported) << exported.error().message;
  EXPECT_EQ(*flat_model(*driver::load_trainable_model(*exported)), flat);
  EXPECT_NE(outputs_of_file(*exported, ramp(32)), outputs_of_file(file, ramp(32)));
}

TEST(ExportOnnx, RefusesWhatCannotBeWrittenBack) {
  const auto file = model_with_batch_norm();
  EXPECT_EQ(export_onnx(file, ramp(3)).error().code, ErrorCode::kInvalidInput);
  EXPECT_FALSE(export_onnx(as_bytes("no model"), ramp(3)).ok());
}

class PublishTest : public testing::Test {
protected:
  static datasets::DataSet picture_set() {
    datasets::DataSet set{.name = "pets", .shape = {4, 4, 2}, .classes = {"cat", "dog"}};
    set.train.bytes.resize(64);
    std::iota(set.train.bytes.begin(), set.train.bytes.end(), std::uint8_t{0});
    set.train.labels = {0, 1};
    return set;
  }
  TrainableModel model() {
    const auto path = folder_.path() / "net.onnx";
    EXPECT_TRUE(host::write_file(path, model_with_batch_norm()).ok());
    auto loaded = load_trainable(path.string(), {});
    EXPECT_TRUE(loaded) << loaded.error().message;
    return *std::move(loaded);
  }

  host::TemporaryFolder folder_ = std::move(*host::TemporaryFolder::create("publish"));
};

TEST_F(PublishTest, LeavesARecordThatCanBeTrainedOn) {
  const TrainableModel net = model();
  Publication publication{.name = "pets-1", .title = "Pets", .flat = *flat_model(net.graph)};
  publication.accuracy = 0.5;
  publication.training = {{"workers", 3}};
  const auto out = folder_.path() / "zoo";
  ASSERT_TRUE(publish(publication, net, picture_set(), out));
  publication.accuracy = 0.75;
  const auto file = publish(publication, net, picture_set(), out);
  ASSERT_TRUE(file) << file.error().message;
  const auto again = load_trainable("pets-1", {out});
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->record["accuracy_fp32"], 0.75);
  EXPECT_EQ(again->record["labels"][1], "dog");
  EXPECT_EQ(again->record["training"]["workers"], 3);
  EXPECT_EQ(*flat_model(again->graph), publication.flat);
  const auto samples = host::read_file(out / again->record["calibration"].get<std::string>());
  ASSERT_TRUE(samples);
  EXPECT_EQ(samples->size(), std::size_t{2} * 32 * sizeof(float));
}

TEST_F(PublishTest, WhatCannotBePublishedIsToldBeforeTraining) {
  const TrainableModel net = model();
  const auto flat = *flat_model(net.graph);
  EXPECT_TRUE(check_publication("pets-1", net, flat).ok());
  EXPECT_EQ(check_publication("Pets", net, flat).error().code, ErrorCode::kInvalidInput);
  TrainableModel other = net;
  other.bytes = {0x1C, 0, 0, 0, 'T', 'F', 'L', '3'};
  EXPECT_EQ(check_publication("pets-1", other, flat).error().code, ErrorCode::kUnsupported);
}

TEST_F(PublishTest, AZooKnowsItsNames) {
  const TrainableModel net = model();
  const auto out = folder_.path() / "zoo";
  EXPECT_FALSE(holds_model(out, "pets-1"));
  ASSERT_TRUE(publish({.name = "pets-1", .flat = *flat_model(net.graph)}, net, picture_set(), out));
  EXPECT_TRUE(holds_model(out, "pets-1"));
  EXPECT_FALSE(holds_model(out, "pets"));
}

TEST_F(PublishTest, CalibrationSamplesLieAsTheFileTakesThem) {
  const TrainableModel net = model();
  ASSERT_TRUE(net.channels_first);
  const auto samples = calibration_of(net, picture_set(), 2);
  EXPECT_FLOAT_EQ(samples[1], 2.0F / 255);  // the second place of the first channel
  EXPECT_FLOAT_EQ(samples[16], 1.0F / 255); // the first place of the second
}

TEST_F(PublishTest, RefusesBadNamesAndBrokenLists) {
  const TrainableModel net = model();
  Publication publication{.name = "../evil", .flat = *flat_model(net.graph)};
  EXPECT_FALSE(publish(publication, net, picture_set(), folder_.path()).ok());
  publication.name = "fine";
  ASSERT_TRUE(host::write_text(folder_.path() / "zoo.json", "[").ok());
  EXPECT_EQ(publish(publication, net, picture_set(), folder_.path()).error().code,
            ErrorCode::kInvalidInput);
}

} // namespace
} // namespace tinyml::training
