// SPDX-License-Identifier: Apache-2.0
// LeNet-5 with all layers trained, as a worker's image for each board that trains: it links, and
// keeps below the figures that were promised.
#include "compiler/driver/build_image.hpp"
#include "compiler/driver/compile_training.hpp"
#include "host/files.hpp"

#include <gmock/gmock.h>
#include <iostream>

namespace tinyml::boards {
namespace {

struct WorkerImage {
  const char *board;
  std::int64_t batch;
  module::ParameterStorage storage;
  std::uint64_t most_rom_bytes;
  std::uint64_t most_ram_bytes; ///< network, model, stack and all
};

void PrintTo(const WorkerImage &image, std::ostream *out) {
  *out << image.board << ", batch " << image.batch;
}

class WorkerImages : public testing::TestWithParam<WorkerImage> {};

TEST_P(WorkerImages, FitTheirBoards) {
  const WorkerImage &wanted = GetParam();
  const auto kit = link::find_kit(TINYML_KITS_DIR, wanted.board);
  ASSERT_TRUE(kit.ok()) << kit.error().message;
  const auto bytes = host::read_file(TINYML_SOURCE_DIR "/zoo/mnist-lenet.onnx");
  ASSERT_TRUE(bytes.ok());
  const auto model = driver::load_trainable_model(*bytes);
  ASSERT_TRUE(model.ok()) << model.error().message;
  driver::TrainingCompileOptions options;
  options.model_name = "lenet";
  options.isa = kit->isa;
  options.batch = wanted.batch;
  options.storage = wanted.storage;
  const auto compiled = driver::compile_training(*model, options);
  ASSERT_TRUE(compiled.ok()) << compiled.error().message;

  const auto folder = host::TemporaryFolder::create("worker-image");
  ASSERT_TRUE(folder.ok());
  auto planned = driver::PlannedImage::create(&compiled->model, *kit, "worker", folder->path());
  ASSERT_TRUE(planned.ok()) << planned.error().message;
  std::cout << wanted.board << ", batch " << wanted.batch << ": ROM " << planned->plan().rom_bytes
            << ", RAM " << planned->plan().ram_bytes() << " of " << kit->ram.size_bytes
            << ", of it stack " << planned->plan().stack.bytes << '\n';
  EXPECT_LE(planned->plan().rom_bytes, wanted.most_rom_bytes);
  EXPECT_LE(planned->plan().ram_bytes(), wanted.most_ram_bytes);
  const auto linked = planned->link();
  ASSERT_TRUE(linked.ok()) << linked.error().message;
}

constexpr auto kFloat32 = module::ParameterStorage::kFloat32;
constexpr auto kFloat16 = module::ParameterStorage::kFloat16;
constexpr std::uint64_t kKb = 1024;

INSTANTIATE_TEST_SUITE_P(
    LeNet, WorkerImages,
    testing::Values(WorkerImage{"kvm-x86_64", 1, kFloat32, 100 * kKb, 320 * kKb},
                    WorkerImage{"kvm-x86_64", 4, kFloat32, 104 * kKb, 360 * kKb},
                    WorkerImage{"kvm-x86_64", 32, kFloat32, 300 * kKb, 1024 * kKb},
                    WorkerImage{"linux", 32, kFloat32, 300 * kKb, 1024 * kKb},
                    WorkerImage{"mps2-an386", 1, kFloat16, 100 * kKb, 160 * kKb},
                    WorkerImage{"virt-rv32", 1, kFloat32, 300 * kKb, 400 * kKb}),
    [](const auto &one) {
      std::string name = std::string(one.param.board) + "_batch" + std::to_string(one.param.batch);
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

} // namespace
} // namespace tinyml::boards
