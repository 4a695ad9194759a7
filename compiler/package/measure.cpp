// SPDX-License-Identifier: Apache-2.0
#include "compiler/package/measure.hpp"

#include "compiler/link/elf.hpp"
#include "host/files.hpp"
#include "host/process.hpp"

namespace tinyml::package {
namespace {

namespace fs = std::filesystem;

void add_sections(const link::ElfFile &elf, Sizes &sizes) {
  for (const link::ElfSection &section : elf.sections) {
    if (!section.allocated) {
      continue;
    }
    if (!section.has_content) {
      sizes.zero += section.size_bytes;
    } else if (section.writable) {
      sizes.data += section.size_bytes;
    } else if (section.name.starts_with(".text") || section.name.starts_with(".literal")) {
      sizes.code += section.size_bytes;
    } else if (!section.name.starts_with(".eh_frame")) {
      sizes.constants += section.size_bytes;
    }
  }
}

Expected<void> compile(const fs::path &root, const std::string &source, const fs::path &object,
                       const Contents &contents) {
  host::Command command;
  const Target &target = contents.target;
  command.argv = {target.compiler, "-std=c++17", "-Os"};
  for (const auto *flags :
       {&target.flags, &target.required_flags, &target.header_flags, &source_flags()}) {
    command.argv.insert(command.argv.end(), flags->begin(), flags->end());
  }
  for (const std::string &word :
       {std::string("-fno-asynchronous-unwind-tables"), "-I" + (root / "include").string(),
        std::string("-c"), (root / "src" / source).string(), std::string("-o"), object.string()}) {
    command.argv.push_back(word);
  }
  command.working_directory = object.parent_path();
  const auto outcome = host::run(command);
  if (!outcome.ok()) {
    return fail(ErrorCode::kUnavailable, target.compiler + " is not installed");
  }
  if (!outcome->succeeded()) {
    return fail(ErrorCode::kUnavailable,
                target.compiler + " " + outcome->describe() + ":\n" + outcome->output);
  }
  return {};
}

} // namespace

const std::vector<std::string> &source_flags() {
  static const std::vector<std::string> kFlags = {"-ffp-contract=off", "-fno-exceptions",
                                                  "-fno-rtti", "-ffunction-sections",
                                                  "-fdata-sections"};
  return kFlags;
}

Expected<Sizes> measure(const fs::path &root, const Contents &contents) {
  const auto objects = host::TemporaryFolder::create("package-sizes");
  if (!objects.ok()) {
    return Failure{objects.error()};
  }
  Sizes sizes{.compiler = contents.target.compiler, .flags = contents.target.flags};
  sizes.flags.insert(sizes.flags.begin(), "-Os");
  for (const File &source : contents.sources) {
    if (!source.path.ends_with(".cpp")) {
      continue;
    }
    const fs::path object = objects->path() / (source.path + ".o");
    if (const auto done = compile(root, source.path, object, contents); !done.ok()) {
      return Failure{done.error()};
    }
    const auto bytes = host::read_file(object);
    const auto elf =
        bytes.ok() ? link::parse_elf(*bytes) : Expected<link::ElfFile>(Failure{bytes.error()});
    if (!elf.ok()) {
      return Failure{elf.error()};
    }
    add_sections(*elf, sizes);
  }
  return sizes;
}

} // namespace tinyml::package
