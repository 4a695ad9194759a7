// SPDX-License-Identifier: Apache-2.0
#include "compiler/hostrun/host_module.hpp"

#include "compiler/hostrun/kernel_sets.hpp"
#include "host/process.hpp"

#include <algorithm>
#include <cstdlib>
#include <dlfcn.h>

namespace tinyml::hostrun {
namespace {

namespace fs = std::filesystem;

/// The module is generated code with plain arithmetic: no contraction of multiply and add, so that
/// float results are those of the boards, and one optimisation level that is quick to compile.
std::vector<std::string> compile_command(const BuildOptions &options, const fs::path &output) {
  std::vector<std::string> command = {options.compiler,
                                      "-std=c++17",
                                      "-O2",
                                      "-ffp-contract=off",
                                      "-fno-exceptions",
                                      "-fno-rtti",
                                      "-fPIC",
                                      "-shared",
                                      "-Wl,-Bsymbolic",
                                      "-DTINYML_ISA=" + options.isa,
                                      "-I" + options.include_dir.string(),
                                      "-o",
                                      output.string()};
  const auto flags = kernel_set_flags(options.isa);
  command.insert(command.end(), flags.begin(), flags.end());
  command.insert(command.end(), options.extra_flags.begin(), options.extra_flags.end());
  return command;
}

/// Only what a compiler needs; locale C keeps its messages in English.
std::vector<std::string> clean_environment(const fs::path &temporary) {
  const char *path = std::getenv("PATH");
  return {std::string("PATH=") + (path != nullptr ? path : "/usr/bin:/bin"), "LC_ALL=C",
          "TMPDIR=" + temporary.string()};
}

Expected<void> write_sources(std::span<const codegen::SourceFile> files, const fs::path &folder) {
  for (const codegen::SourceFile &file : files) {
    if (file.name.empty() || file.name.find('/') != std::string::npos) {
      return fail(ErrorCode::kInternal, "'" + file.name + "' is not a plain file name");
    }
    if (auto written = host::write_text(folder / file.name, file.text); !written) {
      return written;
    }
  }
  return {};
}

/// What tells a loaded module's kernel set, so that a machine without its instructions refuses it.
constexpr const char *kSetSymbol = "tinyml_module_kernel_set";

codegen::SourceFile kernel_set_source(const std::string &isa) {
  return {"kernel_set.cpp", std::string("extern const char ") + kSetSymbol + "[];\nconst char " +
                                kSetSymbol + "[] = \"" + isa + "\";\n"};
}

/// A module without the symbol needs nothing special.
Expected<void> check_kernel_set(void *handle, const fs::path &path) {
  const auto *set = static_cast<const char *>(dlsym(handle, kSetSymbol));
  const auto runnable = runnable_kernel_sets();
  if (set == nullptr || std::find(runnable.begin(), runnable.end(), set) != runnable.end()) {
    return {};
  }
  return fail(ErrorCode::kUnsupported, "'" + path.string() + "' was built for processors with " +
                                           set + ", which this machine's is not: build it again");
}

Expected<void> compile(const host::Command &command) {
  const auto outcome = host::run(command);
  if (!outcome) {
    return fail(outcome.error().code, "no host compiler: " + outcome.error().message +
                                          ". Install g++, or name another compiler");
  }
  if (!outcome->succeeded()) {
    return fail(outcome->timed_out ? ErrorCode::kUnavailable : ErrorCode::kInternal,
                "the host compiler '" + command.argv[0] + "' " + outcome->describe() + ":\n" +
                    outcome->output);
  }
  return {};
}

std::size_t total_bytes(const module::TensorInfo *tensors, std::size_t count) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < count; ++i) {
    bytes += tensors[i].size_bytes;
  }
  return bytes;
}

} // namespace

Expected<void> build_shared_object(std::span<const codegen::SourceFile> files,
                                   const BuildOptions &options, const fs::path &output) {
  auto folder = host::TemporaryFolder::create("host-module");
  if (!folder) {
    return Failure{folder.error()};
  }
  std::vector<codegen::SourceFile> all(files.begin(), files.end());
  all.push_back(kernel_set_source(options.isa));
  if (auto written = write_sources(all, folder->path()); !written) {
    return written;
  }
  host::Command command;
  command.argv = compile_command(options, fs::absolute(output));
  for (const codegen::SourceFile &file : all) {
    if (file.name.ends_with(".cpp")) {
      command.argv.push_back((folder->path() / file.name).string());
    }
  }
  command.environment = clean_environment(folder->path());
  command.timeout = options.timeout;
  return compile(command);
}

void HostModule::Unload::operator()(void *handle) const { dlclose(handle); }

Expected<HostModule> HostModule::build(std::span<const codegen::SourceFile> files,
                                       const BuildOptions &options) {
  auto folder = host::TemporaryFolder::create("host-module");
  if (!folder) {
    return Failure{folder.error()};
  }
  const fs::path output = folder->path() / "module.so";
  if (const auto built = build_shared_object(files, options, output); !built) {
    return Failure{built.error()};
  }
  auto module = load(output);
  if (module) {
    module->folder_ = std::move(*folder);
  }
  return module;
}

Expected<HostModule> HostModule::load(const fs::path &shared_object) {
  HostModule module;
  if (const auto bound = module.bind(fs::absolute(shared_object)); !bound) {
    return Failure{bound.error()};
  }
  return module;
}

Expected<void> HostModule::bind(const fs::path &path) {
  handle_.reset(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL));
  if (!handle_) {
    return fail(ErrorCode::kInvalidInput,
                "'" + path.string() + "' cannot be loaded as a module: " + dlerror());
  }
  info_ = static_cast<const module::ModuleInfo *>(dlsym(handle_.get(), "tinyml_module_info"));
  arena_ = static_cast<std::uint8_t *>(dlsym(handle_.get(), "tinyml_module_arena"));
  run_ = reinterpret_cast<void (*)()>(dlsym(handle_.get(), "tinyml_module_run"));
  reset_ = reinterpret_cast<void (*)()>(dlsym(handle_.get(), "tinyml_module_reset"));
  if (info_ == nullptr || arena_ == nullptr || run_ == nullptr || reset_ == nullptr) {
    return fail(ErrorCode::kInvalidInput,
                "'" + path.string() +
                    "' is a shared object, but not a module: it lacks the "
                    "symbols of kernels/module_abi.hpp");
  }
  if (info_->abi_version != module::kAbiVersion) {
    return fail(ErrorCode::kUnsupported, "'" + path.string() + "' has module ABI version " +
                                             std::to_string(info_->abi_version) +
                                             ", this program speaks version " +
                                             std::to_string(module::kAbiVersion));
  }
  if (auto runs = check_kernel_set(handle_.get(), path); !runs) {
    return runs;
  }
  input_bytes_ = total_bytes(info_->inputs, info_->input_count);
  output_bytes_ = total_bytes(info_->outputs, info_->output_count);
  return {};
}

void *HostModule::find_symbol(const char *name) const { return dlsym(handle_.get(), name); }

Expected<void> HostModule::run(ByteView inputs, ByteSpan outputs) {
  const std::size_t count = output_bytes_ == 0 ? 0 : outputs.size() / output_bytes_;
  if (inputs.size() != count * input_bytes_ || outputs.size() != count * output_bytes_) {
    return fail(ErrorCode::kInvalidInput,
                "an inference of '" + std::string(info_->name) + "' takes " +
                    std::to_string(input_bytes_) + " bytes and gives " +
                    std::to_string(output_bytes_) + "; " + std::to_string(inputs.size()) +
                    " and room for " + std::to_string(outputs.size()) + " were passed");
  }
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t *from = inputs.data() + i * input_bytes_;
    for (std::size_t t = 0; t < info_->input_count; ++t) {
      std::copy_n(from, info_->inputs[t].size_bytes, arena_ + info_->inputs[t].arena_offset);
      from += info_->inputs[t].size_bytes;
    }
    run_();
    std::uint8_t *to = outputs.data() + i * output_bytes_;
    for (std::size_t t = 0; t < info_->output_count; ++t) {
      std::copy_n(arena_ + info_->outputs[t].arena_offset, info_->outputs[t].size_bytes, to);
      to += info_->outputs[t].size_bytes;
    }
  }
  return {};
}

} // namespace tinyml::hostrun
