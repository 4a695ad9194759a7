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

/// Compiles `source` into `object`, with `root`/include on the include path.
Expected<host::Outcome> compile(const fs::path &root, const fs::path &source,
                                const fs::path &object, const Contents &contents) {
  const Target &target = contents.target;
  host::Command command;
  command.argv = {target.compiler, "-std=c++17", contents.level, "-fno-asynchronous-unwind-tables"};
  for (const auto *flags :
       {&target.flags, &target.required_flags, &target.header_flags, &source_flags()}) {
    command.argv.insert(command.argv.end(), flags->begin(), flags->end());
  }
  command.argv.insert(command.argv.end(), {"-I" + (root / "include").string(), "-c",
                                           source.string(), "-o", object.string()});
  command.working_directory = object.parent_path();
  return host::run(command);
}

/// Whether the compiler is there, knows the processor and has a C++ library: without it nothing is
/// measured, while an error in our own sources is one.
Expected<void> check_compiler(const fs::path &folder, const Contents &contents) {
  const fs::path probe = folder / "probe.cpp";
  const auto written =
      host::write_text(probe, "#include <cmath>\n#include <cstdint>\n#include <limits>\n");
  if (!written.ok()) {
    return written;
  }
  const auto outcome = compile(folder, probe, folder / "probe.o", contents);
  if (!outcome.ok()) {
    return fail(ErrorCode::kUnavailable, contents.target.compiler + " is not installed");
  }
  if (!outcome->succeeded()) {
    return fail(ErrorCode::kUnavailable,
                contents.target.compiler + " cannot compile C++ for this processor here");
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
  if (const auto ready = check_compiler(objects->path(), contents); !ready.ok()) {
    return Failure{ready.error()};
  }
  Sizes sizes{.compiler = contents.target.compiler, .flags = contents.target.flags};
  sizes.flags.insert(sizes.flags.begin(), contents.level);
  for (const File &source : contents.sources) {
    if (!source.path.ends_with(".cpp")) {
      continue;
    }
    const fs::path object = objects->path() / (source.path + ".o");
    const auto outcome = compile(root, root / "src" / source.path, object, contents);
    if (!outcome.ok() || !outcome->succeeded()) {
      return fail(ErrorCode::kInternal,
                  contents.target.compiler + " refuses " + source.path + ":\n" +
                      (outcome.ok() ? outcome->output : outcome.error().message));
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
