// SPDX-License-Identifier: Apache-2.0
#include "compiler/hostrun/training_module.hpp"
#include "host/files.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace {

using namespace tinyml;

/// Sample by sample through a module that learns (device/adaptive): the output before a softmax.
Expected<void> ask_learner(const char *module_file, ByteView inputs, const char *output_file) {
  auto module = hostrun::TrainingModule::load(module_file);
  if (!module) {
    return Failure{module.error()};
  }
  const std::size_t sample_bytes = module->x().size_bytes();
  if (inputs.size() % sample_bytes != 0) {
    return fail(ErrorCode::kInvalidInput,
                "the inputs are no multiple of " + std::to_string(sample_bytes) + " bytes");
  }
  std::vector<std::uint8_t> outputs;
  for (std::size_t at = 0; at < inputs.size(); at += sample_bytes) {
    std::memcpy(module->x().data(), inputs.data() + at, sample_bytes);
    std::ranges::fill(module->labels(), -1);
    module->forward();
    const auto *bytes = reinterpret_cast<const std::uint8_t *>(module->outputs().data());
    outputs.insert(outputs.end(), bytes, bytes + module->outputs().size_bytes());
  }
  return host::write_file(output_file, outputs);
}

Expected<void> run(const char *module_file, const char *input_file, const char *output_file) {
  auto module = hostrun::HostModule::load(module_file);
  if (!module) {
    return Failure{module.error()};
  }
  const auto inputs = host::read_file(input_file);
  if (!inputs) {
    return Failure{inputs.error()};
  }
  if (module->find_symbol("tinyml_training_forward") != nullptr) {
    return ask_learner(module_file, *inputs, output_file);
  }
  if (module->input_bytes() == 0 || inputs->size() % module->input_bytes() != 0) {
    return fail(ErrorCode::kInvalidInput, "the inputs are no multiple of " +
                                              std::to_string(module->input_bytes()) + " bytes");
  }
  std::vector<std::uint8_t> outputs(inputs->size() / module->input_bytes() *
                                    module->output_bytes());
  if (auto done = module->run(*inputs, outputs); !done) {
    return done;
  }
  return host::write_file(output_file, outputs);
}

} // namespace

int main(int argc, char **argv) {
  if (argc != 4) {
    std::fputs("usage: tinyml-module-run MODULE.so INPUTS OUTPUTS\n", stderr);
    return 2;
  }
  if (const auto done = run(argv[1], argv[2], argv[3]); !done) {
    std::fprintf(stderr, "%s\n", done.error().message.c_str());
    return 1;
  }
  return 0;
}
