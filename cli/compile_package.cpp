// SPDX-License-Identifier: Apache-2.0
#include "cli/compile_package.hpp"

#include "cli/compilation.hpp"
#include "cli/terminal.hpp"
#include "compiler/package/package.hpp"

#include <fmt/format.h>
#include <iostream>

namespace tinyml::cli {
namespace {

using nlohmann::json;

Expected<package::Target> find_target(const Context &context, const PackageFlags &flags,
                                      package::Kind kind) {
  if (!flags.isa.empty() && !flags.board.empty()) {
    return fail(ErrorCode::kInvalidInput,
                "--board and --isa both say what to compile for; give one");
  }
  if (flags.board.empty()) {
    const char *any = kind == package::Kind::kWasm ? "wasm32" : "scalar";
    return package::target_named(flags.isa.empty() ? any : flags.isa);
  }
  const auto kits = context.kits_folder();
  const auto kit =
      kits.ok() ? link::find_kit(*kits, flags.board) : Expected<link::Kit>(Failure{kits.error()});
  if (!kit.ok()) {
    return Failure{kit.error()};
  }
  return package::target_of(*kit);
}

} // namespace

Expected<json> compile_package(const Context &context, const PackageFlags &flags) {
  const auto kind = package::parse_kind(flags.package);
  if (!kind.ok()) {
    return Failure{kind.error()};
  }
  const auto target = find_target(context, flags, *kind);
  const auto headers = host_include_folder(context);
  const auto source = read_model(context, flags.model);
  if (!target.ok() || !headers.ok() || !source.ok()) {
    return Failure{!target.ok()    ? target.error()
                   : !headers.ok() ? headers.error()
                                   : source.error()};
  }
  if (!source->note.empty()) {
    std::cerr << "tinyml: " << source->note << '\n';
  }
  driver::CompileOptions options = compile_options(flags.model, *source);
  options.isa = target->kernel_set;
  const auto model = driver::compile_model(source->bytes, options);
  if (!model.ok()) {
    return about_model(flags.model, model.error());
  }
  return package::write_package(*model,
                                {.kind = *kind,
                                 .target = *target,
                                 .model_name = source->name,
                                 .id = flags.name,
                                 .include_folder = *headers,
                                 .samples = source->calibration,
                                 .replace = flags.force},
                                flags.output);
}

void print_package(const json &report, const std::string &output) {
  const auto number = [](const json &from, const char *key) {
    return grouped(from.value(key, std::uint64_t{0}));
  };
  std::cout << fmt::format("{} package {} for {} ({} kernels): arena {} B, weights {} B, {} MACs\n",
                           report.value("package", ""), report.value("name", ""),
                           report.value("target", ""), report.value("kernel_set", ""),
                           number(report, "arena_bytes"), number(report, "weight_bytes"),
                           number(report, "macs"));
  const json sizes = report.value("sizes", json());
  if (sizes.is_object()) {
    std::cout << fmt::format("measured with {}: code {} B, constants {} B, ROM {} B, RAM {} B\n",
                             sizes.value("compiler", ""), number(sizes, "code_bytes"),
                             number(sizes, "constant_bytes"), number(sizes, "rom_bytes"),
                             number(sizes, "ram_bytes"));
  } else if (report.value("wasm_bytes", json()).is_number()) {
    std::cout << fmt::format("module of {} B\n", number(report, "wasm_bytes"));
  } else {
    std::cout << "sizes not measured: " << report.value("size_note", "") << '\n';
  }
  std::cout << "written to " << output << "; README.md says how to use it\n";
}

} // namespace tinyml::cli
