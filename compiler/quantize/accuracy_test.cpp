// SPDX-License-Identifier: Apache-2.0
// The zoo's models on the data they were trained for: float outputs against the given ones, int8
// accuracy on all 10,000 test images against the float accuracy in zoo.json. Needs TINYML_DATA_DIR.
#include "compiler/frontends/onnx/import.hpp"
#include "compiler/interpret/interpreter.hpp"
#include "compiler/ir/types.hpp"
#include "compiler/passes/passes.hpp"
#include "compiler/quantize/quantize.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace tinyml::quantize {
namespace {

constexpr std::size_t kPixels = 784;
constexpr std::size_t kTestImages = 10000;
constexpr std::size_t kCalibrationImages = 500;

std::vector<std::uint8_t> unpacked(const std::filesystem::path &path, std::size_t header,
                                   std::size_t count) {
  std::vector<std::uint8_t> bytes(header + count);
  gzFile file = gzopen(path.c_str(), "rb");
  const int got =
      file != nullptr ? gzread(file, bytes.data(), static_cast<unsigned>(bytes.size())) : 0;
  if (file != nullptr) {
    gzclose(file);
  }
  bytes.resize(static_cast<std::size_t>(std::max(got, 0)));
  bytes.erase(bytes.begin(), bytes.begin() + static_cast<long>(std::min(header, bytes.size())));
  return bytes;
}

std::vector<std::uint8_t> file_bytes(const std::filesystem::path &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<float> as_real(const std::vector<std::uint8_t> &pixels) {
  std::vector<float> values(pixels.size());
  std::transform(pixels.begin(), pixels.end(), values.begin(),
                 [](std::uint8_t p) { return static_cast<float>(p) / 255; });
  return values;
}

struct ZooModel {
  const char *name;
  const char *data_set;
  double allowed_loss; ///< percentage points
  double least_accuracy;
};

std::ostream &operator<<(std::ostream &out, const ZooModel &model) { return out << model.name; }

class ZooAccuracy : public ::testing::TestWithParam<ZooModel> {
protected:
  void SetUp() override {
    const char *root = std::getenv("TINYML_DATA_DIR");
    if (root == nullptr) {
      GTEST_SKIP() << "TINYML_DATA_DIR is not set; it names the folder with the data sets";
    }
    root_ = root;
    const auto folder = root_ / GetParam().data_set;
    if (!std::filesystem::exists(folder)) {
      GTEST_SKIP() << "there is no " << folder;
    }
    images_ = unpacked(folder / "t10k-images-idx3-ubyte.gz", 16, kTestImages * kPixels);
    labels_ = unpacked(folder / "t10k-labels-idx1-ubyte.gz", 8, kTestImages);
    ASSERT_EQ(images_.size(), kTestImages * kPixels);
    ASSERT_EQ(labels_.size(), kTestImages);
    auto graph = onnx::import_onnx(
        file_bytes(std::filesystem::path(TINYML_SOURCE_DIR) / "zoo" / (name() + ".onnx")));
    ASSERT_TRUE(graph.ok()) << graph.error().message;
    const auto done = passes::run_default_passes(*graph);
    ASSERT_TRUE(done.ok()) << done.error().message;
    graph_ = *graph;
    const auto training =
        unpacked(folder / "train-images-idx3-ubyte.gz", 16, kCalibrationImages * kPixels);
    calibration_ = {{as_real(training)}, kCalibrationImages};
  }

  [[nodiscard]] std::string name() const { return GetParam().name; }

  /// What zoo.json says of the float model, in percent.
  [[nodiscard]] double float_accuracy() const {
    std::ifstream file(TINYML_SOURCE_DIR "/zoo/zoo.json");
    const auto zoo = nlohmann::json::parse(file);
    for (const auto &model : zoo.at("models")) {
      if (model.at("name") == name()) {
        return 100 * model.at("accuracy_fp32").get<double>();
      }
    }
    ADD_FAILURE() << "zoo.json does not know " << name();
    return 100;
  }

  /// Percentage of right answers of an int8 graph. At scale 1/255 a pixel is its own code.
  [[nodiscard]] double accuracy(const ir::Graph &graph) const {
    auto interpreter = interpret::Interpreter::prepare(graph);
    EXPECT_TRUE(interpreter.ok());
    std::vector<std::uint8_t> codes(images_.size());
    std::transform(images_.begin(), images_.end(), codes.begin(),
                   [](std::uint8_t pixel) { return static_cast<std::uint8_t>(pixel - 128); });
    std::size_t right = 0;
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      const ByteView view = ByteView(codes).subspan(i * kPixels, kPixels);
      EXPECT_TRUE(interpreter->run({&view, 1}));
      const auto *scores = reinterpret_cast<const std::int8_t *>(interpreter->output(0).data());
      right += std::max_element(scores, scores + 10) - scores == labels_[i] ? 1 : 0;
    }
    return 100.0 * static_cast<double>(right) / static_cast<double>(labels_.size());
  }

  std::filesystem::path root_;
  std::vector<std::uint8_t> images_, labels_;
  ir::Graph graph_;
  CalibrationSamples calibration_;
};

TEST_P(ZooAccuracy, FloatOutputsAreTheGivenOnes) {
  const auto expected = file_bytes(root_ / ".." / "models" / "mnist" / (name() + ".first64.f32"));
  if (expected.empty()) {
    GTEST_SKIP() << "the outputs to compare with are not beside the data sets";
  }
  auto interpreter = interpret::Interpreter::prepare(graph_);
  ASSERT_TRUE(interpreter.ok());
  const std::vector<float> inputs = as_real(images_);
  for (std::size_t i = 0; i < 64; ++i) {
    const ByteView view(reinterpret_cast<const std::uint8_t *>(inputs.data() + i * kPixels),
                        kPixels * sizeof(float));
    ASSERT_TRUE(interpreter->run({&view, 1}));
    float actual[10];
    float given[10];
    std::memcpy(actual, interpreter->output(0).data(), sizeof actual);
    std::memcpy(given, expected.data() + i * sizeof given, sizeof given);
    for (std::size_t k = 0; k < 10; ++k) {
      EXPECT_NEAR(actual[k], given[k], 1e-4) << "image " << i << ", class " << k;
    }
  }
}

TEST_P(ZooAccuracy, Int8LosesLittle) {
  QuantizeReport report;
  const auto graph = quantize(graph_, calibration_, {}, report);
  ASSERT_TRUE(graph.ok()) << graph.error().message;
  const auto &input = *graph->values[graph->inputs[0]].type.quantization;
  EXPECT_FLOAT_EQ(input.scales[0], 1.0F / 255);
  EXPECT_EQ(input.zero_points[0], -128);
  const double real = float_accuracy();
  const double int8 = accuracy(*graph);
  RecordProperty("accuracy_fp32", std::to_string(real));
  RecordProperty("accuracy_int8", std::to_string(int8));
  std::cout << name() << ": float " << real << " %, int8 " << int8 << " %\n";
  EXPECT_GE(int8, real - GetParam().allowed_loss);
  EXPECT_GE(int8, GetParam().least_accuracy);
}

INSTANTIATE_TEST_SUITE_P(Zoo, ZooAccuracy,
                         ::testing::Values(ZooModel{"mnist-lenet", "mnist", 0.3, 99.1},
                                           ZooModel{"mnist-mlp", "mnist", 0.3, 97.5},
                                           ZooModel{"mnist-dscnn", "mnist", 1.0, 97.6},
                                           ZooModel{"fashion-lenet", "fashion-mnist", 0.3, 89.4},
                                           ZooModel{"fashion-mlp", "fashion-mnist", 0.3, 88.3},
                                           ZooModel{"fashion-dscnn", "fashion-mnist", 1.0, 87.6}));

} // namespace
} // namespace tinyml::quantize
