// SPDX-License-Identifier: Apache-2.0
#include "training/run/host_step.hpp"

#include "compiler/hostrun/host_module.hpp"

#include <cstring>
#include <dlfcn.h>

namespace tinyml::coordinator {
namespace {

template <typename Pointer> void find(void *handle, const char *name, Pointer &to) {
  to = reinterpret_cast<Pointer>(dlsym(handle, name));
}

template <typename T> void put(std::uint8_t *tensor, std::size_t index, T value) {
  std::memcpy(tensor + index * sizeof(T), &value, sizeof(T));
}

float get(const std::uint8_t *tensor, std::size_t index) {
  float value = 0;
  std::memcpy(&value, tensor + index * sizeof(value), sizeof(value));
  return value;
}

} // namespace

void HostStep::Unload::operator()(void *handle) const { dlclose(handle); }

Expected<HostStep> HostStep::build(const driver::CompiledTraining &step, const std::string &isa,
                                   const std::filesystem::path &include_dir) {
  auto folder = host::TemporaryFolder::create("train-host");
  if (!folder.ok()) {
    return Failure{folder.error()};
  }
  const auto object = folder->path() / "step.so";
  if (const auto built = hostrun::build_shared_object(
          step.model.module.files,
          {.include_dir = include_dir, .isa = isa, .extra_flags = {"-std=c++20"}}, object);
      !built.ok()) {
    return Failure{built.error()};
  }
  HostStep host;
  host.folder_ = std::make_unique<host::TemporaryFolder>(*std::move(folder));
  host.handle_.reset(dlopen(object.c_str(), RTLD_NOW | RTLD_LOCAL));
  if (const auto bound = host.bind(); !bound.ok()) {
    return Failure{bound.error()};
  }
  return host;
}

Expected<void> HostStep::bind() {
  if (handle_) {
    find(handle_.get(), "tinyml_module_info", module_);
    find(handle_.get(), "tinyml_training_info", info_);
    find(handle_.get(), "tinyml_module_arena", arena_);
    find(handle_.get(), "tinyml_training_forward", forward_);
    find(handle_.get(), "tinyml_training_load", load_);
  }
  if (module_ == nullptr || info_ == nullptr || arena_ == nullptr || forward_ == nullptr ||
      load_ == nullptr) {
    return fail(ErrorCode::kInternal, "the host's training step lacks what "
                                      "kernels/training_abi.hpp promises");
  }
  sample_.resize(info_->sample_values);
  return {};
}

bool HostStep::load(std::span<const float> model) {
  if (model.size() != info_->parameter_count) {
    return false;
  }
  load_(0, model.data(), info_->parameter_count);
  return true;
}

void HostStep::put_batch(const datasets::DataSet &set, const datasets::Samples &part,
                         std::size_t first, std::size_t count) {
  std::uint8_t *x = arena_ + module_->inputs[0].arena_offset;
  std::uint8_t *labels = arena_ + module_->inputs[1].arena_offset;
  for (std::size_t n = 0; n < info_->batch; ++n) {
    if (n < count) {
      set.read(part, first + n, sample_);
    }
    put(labels, n, n < count ? static_cast<std::int32_t>(part.labels[first + n]) : -1);
    for (std::size_t i = 0; i < sample_.size(); ++i) {
      put(x, i * info_->batch + n, sample_[i]);
    }
  }
}

void HostStep::add_batch(const datasets::Samples &part, std::size_t first, std::size_t count,
                         Evaluation &sums) const {
  const std::uint8_t *losses = arena_ + module_->outputs[0].arena_offset;
  const std::uint8_t *logits = arena_ + module_->outputs[1].arena_offset;
  for (std::size_t n = 0; n < count; ++n) {
    std::uint32_t best = 0;
    for (std::uint32_t i = 1; i < info_->output_values; ++i) {
      if (get(logits, std::size_t{i} * info_->batch + n) >
          get(logits, std::size_t{best} * info_->batch + n)) {
        best = i;
      }
    }
    sums.accuracy += best == part.labels[first + n] ? 1 : 0;
    sums.loss += static_cast<double>(get(losses, n));
  }
}

Expected<Evaluation> HostStep::evaluate(const datasets::DataSet &set,
                                        const datasets::Samples &part) {
  if (set.shape.values() != info_->sample_values || part.size() == 0) {
    return fail(ErrorCode::kDoesNotFit,
                "the data set's samples are not what the model's step takes");
  }
  Evaluation sums;
  for (std::size_t first = 0; first < part.size(); first += info_->batch) {
    const std::size_t count = std::min<std::size_t>(info_->batch, part.size() - first);
    put_batch(set, part, first, count);
    forward_();
    add_batch(part, first, count, sums);
  }
  const auto samples = static_cast<double>(part.size());
  return Evaluation{100 * sums.accuracy / samples, sums.loss / samples};
}

} // namespace tinyml::coordinator
