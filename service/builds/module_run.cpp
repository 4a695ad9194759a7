// SPDX-License-Identifier: Apache-2.0
#include "service/builds/module_run.hpp"

#include "host/files.hpp"
#include "host/process.hpp"

namespace tinyml::service {

Expected<std::string> run_module(const std::filesystem::path &runner,
                                 const std::filesystem::path &module, ByteView inputs,
                                 std::stop_token stop) {
  constexpr std::uint64_t kMaxOutputBytes = 256ULL << 20;
  const auto folder = host::TemporaryFolder::create("run");
  if (!folder) {
    return Failure{folder.error()};
  }
  const auto input = folder->path() / "inputs";
  const auto output = folder->path() / "outputs";
  if (auto written = host::write_file(input, inputs); !written) {
    return Failure{written.error()};
  }
  const auto outcome = host::run(
      {.argv = {std::filesystem::absolute(runner).string(),
                std::filesystem::absolute(module).string(), input.string(), output.string()},
       .environment = {{"LC_ALL=C"}},
       .working_directory = folder->path(),
       .timeout = std::chrono::minutes(5),
       .cpu_limit_s = 300,
       .memory_limit_bytes = 1ULL << 30,
       .file_limit_bytes = kMaxOutputBytes},
      std::move(stop));
  if (!outcome) {
    return Failure{outcome.error()};
  }
  if (!outcome->succeeded()) {
    return fail(ErrorCode::kUnavailable,
                "running the build's module on this machine failed: it " + outcome->describe() +
                    (outcome->output.empty() ? "" : ": " + outcome->output));
  }
  return host::read_text(output, kMaxOutputBytes);
}

} // namespace tinyml::service
