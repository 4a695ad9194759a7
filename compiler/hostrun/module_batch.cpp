// SPDX-License-Identifier: Apache-2.0
#include "compiler/hostrun/module_batch.hpp"

#include <algorithm>
#include <cstring>
#include <dlfcn.h>
#include <sstream>

namespace tinyml::hostrun {
namespace {

using Describe = void (*)(std::uint8_t **, const module::ModuleInfo **);
using Run = void (*)();

/// The text without its includes, which are collected: inside of a namespace they would be wrong.
std::string without_includes(const std::string &text, std::vector<std::string> &includes) {
  std::istringstream lines(text);
  std::string body;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("#include", 0) == 0) {
      if (line.find("weights.hpp") == std::string::npos &&
          std::find(includes.begin(), includes.end(), line) == includes.end()) {
        includes.push_back(line);
      }
    } else if (line.rfind("#pragma once", 0) != 0) {
      body += line + "\n";
    }
  }
  return body;
}

std::string symbol(const char *name, std::size_t index) {
  return std::string(name) + std::to_string(index);
}

} // namespace

void ModuleBatch::Unload::operator()(void *handle) const { dlclose(handle); }

void ModuleBatch::add(const codegen::GeneratedModule &module) {
  // Declared here, so that the module's code does not find the one of module_abi.hpp.
  bodies_ +=
      "namespace " + symbol("module", count_) + " {\nextern std::uint8_t tinyml_module_arena[];\n";
  for (const char *name : {"weights.hpp", "weights.cpp", "model.cpp"}) {
    for (const codegen::SourceFile &file : module.files) {
      bodies_ += file.name == name ? without_includes(file.text, includes_) : "";
    }
  }
  bodies_ += "extern \"C\" void " + symbol("describe", count_) +
             "(std::uint8_t **arena, const tinyml::module::ModuleInfo **info) {\n"
             "  *arena = tinyml_module_arena;\n  *info = &tinyml_module_info;\n}\n"
             "extern \"C\" void " +
             symbol("run", count_) + "() { tinyml_module_run(); }\n}\n\n";
  ++count_;
}

Expected<void> ModuleBatch::build(const BuildOptions &options) {
  std::string source;
  for (const std::string &include : includes_) {
    source += include + "\n";
  }
  auto folder = host::TemporaryFolder::create("tinyml-batch");
  if (!folder) {
    return Failure{folder.error()};
  }
  folder_ = std::move(*folder);
  const codegen::SourceFile file{"batch.cpp", source + bodies_};
  const auto path = folder_->path() / "batch.so";
  if (auto built = build_shared_object({&file, 1}, options, path); !built) {
    return built;
  }
  handle_.reset(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL));
  return handle_ ? Expected<void>{} : fail(ErrorCode::kInternal, dlerror());
}

std::vector<std::vector<std::uint8_t>> ModuleBatch::run(std::size_t index,
                                                        std::span<const ByteView> inputs) const {
  const auto describe =
      reinterpret_cast<Describe>(dlsym(handle_.get(), symbol("describe", index).c_str()));
  const auto run = reinterpret_cast<Run>(dlsym(handle_.get(), symbol("run", index).c_str()));
  std::uint8_t *arena = nullptr;
  const module::ModuleInfo *info = nullptr;
  describe(&arena, &info);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    std::memcpy(arena + info->inputs[i].arena_offset, inputs[i].data(), inputs[i].size());
  }
  run();
  std::vector<std::vector<std::uint8_t>> outputs;
  for (std::size_t i = 0; i < info->output_count; ++i) {
    const std::uint8_t *from = arena + info->outputs[i].arena_offset;
    outputs.emplace_back(from, from + info->outputs[i].size_bytes);
  }
  return outputs;
}

} // namespace tinyml::hostrun
