// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/hostrun/host_module.hpp"
#include "kernels/training_abi.hpp"

/// A module that learns, on this machine: steps and evaluation without a board.
namespace tinyml::hostrun {

/// One object has one model and one arena, so it must not run in two threads at once.
class TrainingModule {
public:
  /// As HostModule::build, for modules with kernels/training_abi.hpp.
  [[nodiscard]] static Expected<TrainingModule> build(std::span<const codegen::SourceFile> files,
                                                      BuildOptions options);
  /// kInvalidInput for a module that does not learn.
  [[nodiscard]] static Expected<TrainingModule> load(const std::filesystem::path &shared_object);

  [[nodiscard]] const module::ModuleInfo &info() const { return module_.info(); }
  [[nodiscard]] const module::TrainingInfo &training() const { return *training_; }
  [[nodiscard]] std::uint32_t batch() const { return training_->batch; }

  /// Where the next batch goes, as kernels/training_abi.hpp says; all of it before each run.
  /// Value i of sample n is x()[i * batch() + n].
  [[nodiscard]] std::span<float> x() { return tensor<float>(info().inputs[0]); }
  [[nodiscard]] std::span<std::int32_t> labels() { return tensor<std::int32_t>(info().inputs[1]); }
  /// Instead of labels, where the loss is the squared error.
  [[nodiscard]] std::span<float> targets() { return tensor<float>(info().inputs[1]); }

  /// One training step; losses and outputs are then those before the update.
  void step(float rate);
  /// Losses and outputs alone.
  void forward() { forward_(); }
  [[nodiscard]] std::span<const float> losses() { return tensor<float>(info().outputs[0]); }
  /// Output i of sample n at [i * batch() + n].
  [[nodiscard]] std::span<const float> outputs() { return tensor<float>(info().outputs[1]); }

  /// The flat model. kInvalidInput when `values` is not as long as the model.
  [[nodiscard]] Expected<void> load_model(std::span<const float> values);
  [[nodiscard]] std::vector<float> read_model() const;
  [[nodiscard]] Expected<void> load_correction(std::span<const float> values);
  void reset_moments() { reset_moments_(); }

private:
  explicit TrainingModule(HostModule module) : module_(std::move(module)) {}
  [[nodiscard]] static Expected<TrainingModule> bind(HostModule module);
  template <typename T> std::span<T> tensor(const module::TensorInfo &info) {
    return {reinterpret_cast<T *>(module_.arena() + info.arena_offset),
            info.size_bytes / sizeof(T)};
  }

  HostModule module_;
  const module::TrainingInfo *training_ = nullptr;
  decltype(&tinyml_training_forward) forward_ = nullptr;
  decltype(&tinyml_training_load) load_ = nullptr;
  decltype(&tinyml_training_read) read_ = nullptr;
  decltype(&tinyml_training_load_correction) load_correction_ = nullptr;
  decltype(&tinyml_training_reset_moments) reset_moments_ = nullptr;
};

} // namespace tinyml::hostrun
