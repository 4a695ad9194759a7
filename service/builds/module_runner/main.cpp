// SPDX-License-Identifier: Apache-2.0
#include "compiler/hostrun/host_module.hpp"
#include "host/files.hpp"

#include <cstdio>

namespace {

using namespace tinyml;

Expected<void> run(const char *module_file, const char *input_file, const char *output_file) {
  auto module = hostrun::HostModule::load(module_file);
  if (!module) {
    return Failure{module.error()};
  }
  const auto inputs = host::read_file(input_file);
  if (!inputs) {
    return Failure{inputs.error()};
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
