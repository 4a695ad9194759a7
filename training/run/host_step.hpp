// SPDX-License-Identifier: Apache-2.0
// Host only.
#pragma once

#include "compiler/driver/compile_training.hpp"
#include "host/files.hpp"
#include "training/data/data_set.hpp"

#include <memory>
#include <span>

namespace tinyml::coordinator {

struct Evaluation {
  double accuracy = 0; ///< percent
  double loss = 0;     ///< mean
};

/// The workers' training step on this machine, to look at the global model with.
class HostStep {
public:
  /// Compiled with the host's compiler; `include_dir` has base/ and kernels/.
  [[nodiscard]] static Expected<HostStep> build(const driver::CompiledTraining &step,
                                                const std::string &isa,
                                                const std::filesystem::path &include_dir);

  [[nodiscard]] const module::TrainingInfo &info() const { return *info_; }
  /// Takes a flat model; false when it has another length.
  [[nodiscard]] bool load(std::span<const float> model);
  /// On a data set's part. kDoesNotFit when its samples are not the model's.
  [[nodiscard]] Expected<Evaluation> evaluate(const datasets::DataSet &set,
                                              const datasets::Samples &part);

private:
  struct Unload {
    void operator()(void *handle) const;
  };
  HostStep() = default;
  [[nodiscard]] Expected<void> bind();
  void put_batch(const datasets::DataSet &set, const datasets::Samples &part, std::size_t first,
                 std::size_t count);
  void add_batch(const datasets::Samples &part, std::size_t first, std::size_t count,
                 Evaluation &sums) const;

  std::unique_ptr<host::TemporaryFolder> folder_; ///< before the handle: it is unloaded first
  std::unique_ptr<void, Unload> handle_;
  const module::ModuleInfo *module_ = nullptr;
  const module::TrainingInfo *info_ = nullptr;
  std::uint8_t *arena_ = nullptr;
  void (*forward_)() = nullptr;
  void (*load_)(std::uint32_t, const float *, std::uint32_t) = nullptr;
  std::vector<float> sample_;
};

} // namespace tinyml::coordinator
