// SPDX-License-Identifier: Apache-2.0
#include "compiler/package/package.hpp"

#include "compiler/ir/types.hpp"
#include "compiler/package/c_api.hpp"
#include "compiler/package/layouts.hpp"
#include "compiler/package/measure.hpp"
#include "compiler/package/readme.hpp"
#include "compiler/package/sources.hpp"
#include "compiler/package/test_vector.hpp"
#include "compiler/package/wasm_build.hpp"
#include "compiler/package/write_tree.hpp"
#include "host/files.hpp"

#include <array>
#include <nlohmann/json.hpp>

namespace tinyml::package {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::array<std::pair<Kind, const char *>, 5> kKinds = {{{Kind::kCMake, "cmake"},
                                                                  {Kind::kArduino, "arduino"},
                                                                  {Kind::kZephyr, "zephyr"},
                                                                  {Kind::kEspIdf, "esp-idf"},
                                                                  {Kind::kWasm, "wasm"}}};

bool is_wasm(const Target &target) { return target.name.starts_with("wasm"); }

Expected<void> check_target(const driver::CompiledModel &model, const PackageOptions &options) {
  if (model.plan.isa != options.target.kernel_set) {
    return fail(ErrorCode::kInternal, "the model was compiled for the kernel set '" +
                                          model.plan.isa + "', the package is for '" +
                                          options.target.kernel_set + "'");
  }
  if ((options.kind == Kind::kWasm) == is_wasm(options.target)) {
    return {};
  }
  return fail(ErrorCode::kInvalidInput, "a " + std::string(name_of(options.kind)) +
                                            " package cannot be for '" + options.target.name +
                                            "'; wasm and wasm32 go with --package wasm alone");
}

Files layout(const Contents &contents, Kind kind) {
  switch (kind) {
  case Kind::kCMake:
    return cmake_layout(contents);
  case Kind::kArduino:
    return arduino_layout(contents);
  case Kind::kZephyr:
    return zephyr_layout(contents);
  case Kind::kEspIdf:
    return esp_idf_layout(contents);
  case Kind::kWasm:
    break;
  }
  return wasm_layout(contents);
}

Expected<Contents> contents_of(const driver::CompiledModel &model, const PackageOptions &options) {
  auto names = names_of(options.model_name, options.id);
  if (!names.ok()) {
    return Failure{names.error()};
  }
  auto sources =
      own_sources(model.module, *names, options.target.kernel_set, options.include_folder);
  if (!sources.ok()) {
    return Failure{sources.error()};
  }
  auto vector = make_test_vector(model.graph, options.samples);
  if (!vector.ok()) {
    return Failure{vector.error()};
  }
  Contents contents{.names = *std::move(names),
                    .target = options.target,
                    .inputs = tensors_of(model, model.graph.inputs),
                    .outputs = tensors_of(model, model.graph.outputs),
                    .arena_bytes = model.module.arena_bytes,
                    .state_bytes = model.module.state_bytes,
                    .weight_bytes = model.module.weight_bytes,
                    .macs = model.module.macs,
                    .layers = model.module.layers,
                    .level = model.optimize == driver::Optimize::kSize ? "-Os" : "-O2",
                    .sources = *std::move(sources),
                    .vector = *std::move(vector)};
  contents.sources.push_back(c_api_source(contents));
  return contents;
}

/// Sizes of the objects, in a folder of their own: layouts differ.
Expected<void> add_sizes(Contents &contents) {
  const auto folder = host::TemporaryFolder::create("package-sources");
  if (!folder.ok()) {
    return Failure{folder.error()};
  }
  if (auto written = write_files(folder->path(), common_files(contents)); !written.ok()) {
    return written;
  }
  auto sizes = measure(folder->path(), contents);
  if (sizes.ok()) {
    contents.sizes = *std::move(sizes);
    return {};
  }
  if (sizes.error().code != ErrorCode::kUnavailable) {
    return Failure{sizes.error()};
  }
  contents.size_note = sizes.error().message;
  return {};
}

json tensors_json(const std::vector<Tensor> &tensors) {
  json list = json::array();
  for (const Tensor &tensor : tensors) {
    json one = {{"name", tensor.display},
                {"type", c_type(tensor.element)},
                {"shape", tensor.shape},
                {"size_bytes", tensor.bytes}};
    if (tensor.quantized) {
      one["scale"] = tensor.scale;
      one["zero_point"] = tensor.zero_point;
    }
    list.push_back(std::move(one));
  }
  return list;
}

json report_of(const Contents &contents, Kind kind, const Files &files) {
  json report = {{"package_version", 1},
                 {"package", name_of(kind)},
                 {"name", contents.names.id},
                 {"model", contents.names.display},
                 {"target", contents.target.name},
                 {"kernel_set", contents.target.kernel_set},
                 {"arena_bytes", contents.arena_bytes},
                 {"state_bytes", contents.state_bytes},
                 {"weight_bytes", contents.weight_bytes},
                 {"macs", contents.macs},
                 {"inputs", tensors_json(contents.inputs)},
                 {"outputs", tensors_json(contents.outputs)},
                 {"sizes", nullptr},
                 {"wasm_bytes", nullptr}};
  if (contents.sizes) {
    report["sizes"] = {
        {"compiler", contents.sizes->compiler}, {"flags", contents.sizes->flags},
        {"code_bytes", contents.sizes->code},   {"constant_bytes", contents.sizes->constants},
        {"rom_bytes", contents.sizes->rom()},   {"ram_bytes", contents.sizes->ram()}};
  } else if (!contents.size_note.empty()) {
    report["size_note"] = contents.size_note;
  }
  if (contents.wasm_bytes) {
    report["wasm_bytes"] = *contents.wasm_bytes;
  }
  json &names = report["files"] = json::array();
  for (const File &file : files) {
    names.push_back(file.path);
  }
  return report;
}

} // namespace

Expected<Kind> parse_kind(const std::string &word) {
  std::string known;
  for (const auto &[kind, name] : kKinds) {
    if (word == name) {
      return kind;
    }
    known += (known.empty() ? "" : ", ") + std::string(name);
  }
  return fail(ErrorCode::kInvalidInput, "no package '" + word + "'; there are: " + known);
}

const char *name_of(Kind kind) { return kKinds[static_cast<std::size_t>(kind)].second; }

Expected<json> write_package(const driver::CompiledModel &model, const PackageOptions &options,
                             const fs::path &destination) {
  if (const auto fits = check_target(model, options); !fits.ok()) {
    return Failure{fits.error()};
  }
  auto staged = StagedFolder::create(destination, options.replace);
  if (!staged.ok()) {
    return Failure{staged.error()};
  }
  auto contents = contents_of(model, options);
  if (!contents.ok()) {
    return Failure{contents.error()};
  }
  Files files = layout(*contents, options.kind);
  if (const auto written = staged->write(files); !written.ok()) {
    return Failure{written.error()};
  }
  if (options.kind == Kind::kWasm) {
    const auto built = build_wasm(staged->path(), *contents);
    if (!built.ok()) {
      return Failure{built.error()};
    }
    contents->wasm_bytes = *built;
  } else if (const auto sized = add_sizes(*contents); !sized.ok()) {
    return Failure{sized.error()};
  }
  const Files last = {{"LICENSE", std::string(license_text())},
                      {"README.md", readme(*contents, options.kind)}};
  files.insert(files.end(), last.begin(), last.end());
  const json report = report_of(*contents, options.kind, files);
  for (const auto &written :
       {staged->write(last), staged->write({{kMarker, report.dump(2) + "\n"}}),
        staged->publish()}) {
    if (!written.ok()) {
      return Failure{written.error()};
    }
  }
  return report;
}

} // namespace tinyml::package
