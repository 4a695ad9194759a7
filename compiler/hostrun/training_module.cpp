// SPDX-License-Identifier: Apache-2.0
#include "compiler/hostrun/training_module.hpp"

#include <algorithm>

namespace tinyml::hostrun {
namespace {

template <typename Function>
bool find(const HostModule &module, const char *name, Function &function) {
  function = reinterpret_cast<Function>(module.find_symbol(name));
  return function != nullptr;
}

Expected<void> check_length(std::size_t given, std::uint32_t wanted, const char *what) {
  return given == wanted ? Expected<void>{}
                         : fail(ErrorCode::kInvalidInput,
                                std::string(what) + " has " + std::to_string(wanted) + " values; " +
                                    std::to_string(given) + " were given");
}

} // namespace

Expected<TrainingModule> TrainingModule::build(std::span<const codegen::SourceFile> files,
                                               BuildOptions options) {
  options.extra_flags.insert(options.extra_flags.begin(), {"-std=c++20", "-O3"});
  auto module = HostModule::build(files, options);
  return module ? bind(*std::move(module)) : Failure{module.error()};
}

Expected<TrainingModule> TrainingModule::load(const std::filesystem::path &shared_object) {
  auto module = HostModule::load(shared_object);
  return module ? bind(*std::move(module)) : Failure{module.error()};
}

Expected<TrainingModule> TrainingModule::bind(HostModule module) {
  TrainingModule bound(std::move(module));
  const HostModule &from = bound.module_;
  bound.training_ =
      static_cast<const module::TrainingInfo *>(from.find_symbol("tinyml_training_info"));
  if (bound.training_ == nullptr || !find(from, "tinyml_training_forward", bound.forward_) ||
      !find(from, "tinyml_training_load", bound.load_) ||
      !find(from, "tinyml_training_read", bound.read_) ||
      !find(from, "tinyml_training_load_correction", bound.load_correction_) ||
      !find(from, "tinyml_training_reset_moments", bound.reset_moments_)) {
    return fail(ErrorCode::kInvalidInput, "this module does not learn: it lacks the symbols of "
                                          "kernels/training_abi.hpp");
  }
  if (bound.training_->abi_version != module::kTrainingAbiVersion) {
    return fail(ErrorCode::kUnsupported, "the module has training ABI version " +
                                             std::to_string(bound.training_->abi_version) +
                                             ", this program speaks version " +
                                             std::to_string(module::kTrainingAbiVersion));
  }
  return bound;
}

void TrainingModule::step(float rate) {
  tensor<float>(info().inputs[2])[0] = rate;
  module_.run_in_arena();
}

Expected<void> TrainingModule::load_model(std::span<const float> values) {
  auto checked = check_length(values.size(), training_->parameter_count, "the model");
  if (checked) {
    load_(0, values.data(), training_->parameter_count);
  }
  return checked;
}

std::vector<float> TrainingModule::read_model() const {
  std::vector<float> values(training_->parameter_count);
  read_(0, values.data(), training_->parameter_count);
  return values;
}

Expected<void> TrainingModule::load_correction(std::span<const float> values) {
  auto checked = check_length(values.size(), training_->learned_count, "the correction");
  if (checked) {
    load_correction_(0, values.data(), training_->learned_count);
  }
  return checked;
}

} // namespace tinyml::hostrun
