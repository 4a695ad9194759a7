// SPDX-License-Identifier: Apache-2.0
// Host only: a training module written by hand, softmax regression, for tests of what trains.
#pragma once

#include "device/worker/step.hpp"

#include <cmath>
#include <vector>

namespace tinyml::device {

/// scores = W x + b, cross entropy, plain SGD with an optional correction. The flat model is W
/// [classes][values], then b [classes].
class SoftmaxStep {
public:
  SoftmaxStep(std::uint32_t values, std::uint32_t classes, std::uint32_t batch,
              module::TrainingCorrection correction = module::TrainingCorrection::kNone,
              float strength = 0);

  /// A module as `other` was when it was made: the descriptions point into the object they are of.
  SoftmaxStep(const SoftmaxStep &other)
      : SoftmaxStep(other.values_, other.classes_, other.batch_, other.training_.correction,
                    other.strength_) {}
  SoftmaxStep &operator=(const SoftmaxStep &) = delete;

  [[nodiscard]] const module::ModuleInfo &module() const { return module_; }
  [[nodiscard]] const module::TrainingInfo &training() const { return training_; }
  [[nodiscard]] std::uint8_t *arena() { return arena_.data(); }
  void run() {
    forward();
    backward();
  }
  void forward();
  void load(std::uint32_t first, const float *values, std::uint32_t count);
  void read(std::uint32_t first, float *values, std::uint32_t count);
  void load_correction(std::uint32_t first, const float *values, std::uint32_t count);
  void reset_moments() {}
  /// Every look at the clock takes half a millisecond, so that slices of work come to an end.
  [[nodiscard]] std::uint64_t now_ns() { return now_ns_ += 500'000; }
  [[nodiscard]] std::uint64_t cycles() const { return now_ns_; }

  std::vector<float> parameters;
  std::vector<float> correction;
  std::uint64_t runs = 0;

private:
  void backward();
  template <typename T> T *at(std::uint32_t offset) {
    return reinterpret_cast<T *>(arena_.data() + offset);
  }

  std::uint32_t values_;
  std::uint32_t classes_;
  std::uint32_t batch_;
  float strength_;
  std::uint64_t now_ns_ = 0;
  module::TensorInfo inputs_[3]{};
  module::TensorInfo outputs_[2]{};
  module::ModuleInfo module_{};
  module::TrainingInfo training_{};
  std::vector<std::uint8_t> arena_;
  std::vector<float> chances_; ///< [classes][batch]
};

inline SoftmaxStep::SoftmaxStep(std::uint32_t values, std::uint32_t classes, std::uint32_t batch,
                                module::TrainingCorrection correction_kind, float strength)
    : values_(values), classes_(classes), batch_(batch), strength_(strength) {
  std::uint32_t at = 0;
  const auto place = [&at](module::TensorInfo &tensor, std::uint32_t count) {
    tensor.arena_offset = at;
    tensor.size_bytes = count * 4;
    at += tensor.size_bytes;
  };
  place(inputs_[kSampleInput], values * batch);
  place(inputs_[kLabelInput], batch);
  place(inputs_[kRateInput], 1);
  place(outputs_[kLossOutput], batch);
  place(outputs_[kPredictionOutput], classes * batch);
  module_.inputs = inputs_;
  module_.outputs = outputs_;
  module_.input_count = 3;
  module_.output_count = 2;
  constexpr std::uint32_t kLeast = 4 * 4096; // the worker's scratch
  module_.arena_bytes = std::max(at + 4096, kLeast);
  training_.abi_version = module::kTrainingAbiVersion;
  training_.batch = batch;
  training_.parameter_count = training_.learned_count = classes * values + classes;
  training_.sample_values = values;
  training_.output_values = classes;
  training_.storage = module::ParameterStorage::kFloat32;
  training_.loss = module::TrainingLoss::kCrossEntropy;
  training_.optimizer = module::TrainingOptimizer::kSgd;
  training_.correction = correction_kind;
  training_.model_fingerprint[0] = static_cast<std::uint8_t>(values);
  training_.model_fingerprint[1] = static_cast<std::uint8_t>(classes);
  arena_.resize(module_.arena_bytes);
  parameters.resize(training_.parameter_count);
  correction.resize(training_.parameter_count);
  chances_.resize(std::size_t{classes} * batch);
}

inline void SoftmaxStep::load(std::uint32_t first, const float *values, std::uint32_t count) {
  std::copy_n(values, count, parameters.begin() + first);
}
inline void SoftmaxStep::read(std::uint32_t first, float *values, std::uint32_t count) {
  std::copy_n(parameters.begin() + first, count, values);
}
inline void SoftmaxStep::load_correction(std::uint32_t first, const float *values,
                                         std::uint32_t count) {
  std::copy_n(values, count, correction.begin() + first);
}

inline void SoftmaxStep::forward() {
  const auto *x = at<float>(inputs_[kSampleInput].arena_offset);
  const auto *labels = at<std::int32_t>(inputs_[kLabelInput].arena_offset);
  auto *losses = at<float>(outputs_[kLossOutput].arena_offset);
  auto *scores = at<float>(outputs_[kPredictionOutput].arena_offset);
  for (std::uint32_t n = 0; n < batch_; ++n) {
    float sum = 0;
    for (std::uint32_t k = 0; k < classes_; ++k) {
      float score = parameters[classes_ * values_ + k];
      for (std::uint32_t i = 0; i < values_; ++i) {
        score += parameters[k * values_ + i] * x[i * batch_ + n];
      }
      scores[k * batch_ + n] = score;
      sum += std::exp(score);
    }
    for (std::uint32_t k = 0; k < classes_; ++k) {
      chances_[k * batch_ + n] = std::exp(scores[k * batch_ + n]) / sum;
    }
    const bool on = labels[n] >= 0 && labels[n] < static_cast<std::int32_t>(classes_);
    losses[n] = on ? -std::log(chances_[static_cast<std::uint32_t>(labels[n]) * batch_ + n]) : 0.0F;
  }
}

inline void SoftmaxStep::backward() {
  ++runs;
  const auto *x = at<float>(inputs_[kSampleInput].arena_offset);
  const auto *labels = at<std::int32_t>(inputs_[kLabelInput].arena_offset);
  const float rate = *at<float>(inputs_[kRateInput].arena_offset);
  std::vector<float> gradient(parameters.size());
  for (std::uint32_t n = 0; n < batch_; ++n) {
    if (labels[n] < 0) {
      continue;
    }
    for (std::uint32_t k = 0; k < classes_; ++k) {
      const bool is = labels[n] == static_cast<std::int32_t>(k);
      const float d = (chances_[k * batch_ + n] - (is ? 1.0F : 0.0F)) / static_cast<float>(batch_);
      for (std::uint32_t i = 0; i < values_; ++i) {
        gradient[k * values_ + i] += d * x[i * batch_ + n];
      }
      gradient[classes_ * values_ + k] += d;
    }
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (training_.correction == module::TrainingCorrection::kAnchor) {
      gradient[i] += strength_ * (parameters[i] - correction[i]);
    } else if (training_.correction == module::TrainingCorrection::kControl) {
      gradient[i] += correction[i];
    }
    parameters[i] -= rate * gradient[i];
  }
}

static_assert(TrainingStepModule<SoftmaxStep>);

} // namespace tinyml::device
