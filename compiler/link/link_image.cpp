// SPDX-License-Identifier: Apache-2.0
#include "compiler/link/link_image.hpp"

#include "host/files.hpp"
#include "host/process.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

namespace tinyml::link {
namespace {

constexpr std::uint64_t kMaxObjectBytes = 256ULL << 20;
constexpr std::uint32_t kStackAlignment = 8;

Expected<ElfFile> read_elf(const std::filesystem::path &path) {
  const auto bytes = host::read_file(path, kMaxObjectBytes);
  if (!bytes.ok()) {
    return Failure{bytes.error()};
  }
  return parse_elf(*bytes);
}

/// The bytes a programmer would flash from `origin` on, gaps filled with the erased value.
std::vector<std::uint8_t> flat_binary(ByteView file, const ElfFile &elf, std::uint64_t origin,
                                      std::uint64_t size_bytes) {
  std::vector<std::uint8_t> flat(size_bytes, 0xFF);
  for (const ElfSegment &segment : elf.segments) {
    const bool inside = segment.load_address >= origin &&
                        segment.load_address - origin <= size_bytes &&
                        segment.file_bytes <= size_bytes - (segment.load_address - origin) &&
                        segment.file_offset <= file.size() &&
                        segment.file_bytes <= file.size() - segment.file_offset;
    if (inside && segment.file_bytes != 0) {
      std::memcpy(flat.data() + (segment.load_address - origin), file.data() + segment.file_offset,
                  segment.file_bytes);
    }
  }
  return flat;
}

/// What one object adds, by kind of section.
struct ObjectSizes {
  std::uint64_t code = 0;
  std::uint64_t constants = 0;
  std::uint64_t data = 0;
  std::uint64_t zero = 0;
};

ObjectSizes object_sizes(const ElfFile &object) {
  ObjectSizes sizes;
  for (const ElfSection &section : object.sections) {
    if (!section.allocated) {
      continue;
    }
    std::uint64_t &sum = !section.has_content                  ? sizes.zero
                         : section.writable                    ? sizes.data
                         : section.name.starts_with(".rodata") ? sizes.constants
                                                               : sizes.code;
    sum += section.size_bytes;
  }
  return sizes;
}

void add_sections(const ElfFile &object, std::vector<ModuleSection> &sections) {
  for (const ElfSection &section : object.sections) {
    if (section.allocated && section.has_content && section.size_bytes != 0) {
      const bool is_code = !section.writable && !section.name.starts_with(".rodata");
      sections.push_back({section.name, section.size_bytes, is_code});
    }
  }
}

Expected<void> add_callgraphs(const std::filesystem::path &folder, CallGraph &graph) {
  std::error_code error;
  for (const auto &entry : std::filesystem::recursive_directory_iterator(folder, error)) {
    if (entry.path().extension() != ".ci") {
      continue;
    }
    const auto text = host::read_text(entry.path());
    if (!text.ok()) {
      return Failure{text.error()};
    }
    if (const auto added = graph.add(*text); !added.ok()) {
      return fail(added.error().code, entry.path().string() + ": " + added.error().message);
    }
  }
  return {};
}

std::string exceeded(const char *what, std::uint64_t needed, std::uint64_t allowed,
                     const char *whose) {
  return fmt::format("it needs {} bytes of {} and {} allows {} ({} too many)", needed, what, whose,
                     allowed, needed - allowed);
}

} // namespace

Expected<void> ImageLinker::tool(std::vector<std::string> arguments,
                                 const std::string &purpose) const {
  host::Command command;
  command.argv = std::move(arguments);
  command.argv.insert(command.argv.begin(), kit_.compiler);
  command.working_directory = work_;
  command.timeout = std::chrono::minutes(5);
  const auto outcome = host::run(command);
  if (!outcome.ok()) {
    return fail(outcome.error().code, "cannot " + purpose + " for board '" + kit_.board +
                                          "': " + outcome.error().message);
  }
  if (!outcome->succeeded()) {
    return fail(ErrorCode::kInternal, "cannot " + purpose + ": " + kit_.compiler + " " +
                                          outcome->describe() + ":\n" + outcome->output);
  }
  return {};
}

std::vector<std::string> ImageLinker::module_flags() const {
  std::vector<std::string> flags = kit_.compile_flags;
  if (const auto goal = kit_.optimize_flags.find(goal_); goal != kit_.optimize_flags.end()) {
    flags.insert(flags.end(), goal->second.begin(), goal->second.end());
  }
  if (const auto arena = kit_.min_arena_bytes.find(program_); arena != kit_.min_arena_bytes.end()) {
    flags.push_back(fmt::format("-DTINYML_MIN_ARENA_BYTES={}", arena->second));
  }
  return flags;
}

Expected<void> ImageLinker::compile(const SourceFiles &sources) {
  const auto folder = work_ / "sources";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  for (const auto &[name, text] : sources) {
    if (auto written = host::write_text(folder / name, text); !written.ok()) {
      return written;
    }
  }
  objects_.clear();
  for (const auto &[name, text] : sources) {
    if (!name.ends_with(".cpp")) {
      continue;
    }
    // Relative names keep the work folder out of the object, so that equal requests give equal
    // bytes.
    const std::string object = name + ".o";
    std::vector<std::string> arguments = module_flags();
    arguments.insert(arguments.end(),
                     {"-I" + kit_.include_folder().string(), "-Isources", "-fcallgraph-info=su",
                      "-c", "sources/" + name, "-o", object});
    if (auto compiled = tool(std::move(arguments), "compile the module"); !compiled.ok()) {
      return compiled;
    }
    objects_.push_back(work_ / object);
  }
  return {};
}

Expected<void> ImageLinker::join() {
  const auto program = kit_.programs.find(program_);
  if (program == kit_.programs.end()) {
    return fail(ErrorCode::kNotFound,
                "the kit of board '" + kit_.board + "' has no program '" + program_ + "'");
  }
  std::vector<std::string> arguments = kit_.link_flags;
  arguments.insert(arguments.end(),
                   {"-r", "-nostdlib", "-o", joined().string(), program->second.string()});
  for (const auto &object : objects_) {
    arguments.push_back(object.string());
  }
  if (!kit_.library.empty()) {
    arguments.push_back(kit_.library.string());
  }
  arguments.insert(arguments.end(),
                   {"-Wl,--start-group", "-lm", "-lc", "-lgcc", "-Wl,--end-group"});
  return tool(std::move(arguments), "join module and library OS");
}

Expected<CallGraph> ImageLinker::call_graph() const {
  CallGraph graph;
  for (const auto &folder : {kit_.callgraph_folder(program_), work_}) {
    if (const auto added = add_callgraphs(folder, graph); !added.ok()) {
      return Failure{added.error()};
    }
  }
  return graph;
}

Expected<ImagePlan> ImageLinker::plan(const SourceFiles &sources) {
  if (const auto compiled = compile(sources); !compiled.ok()) {
    return Failure{compiled.error()};
  }
  if (const auto joined_now = join(); !joined_now.ok()) {
    return Failure{joined_now.error()};
  }
  const auto object = read_elf(joined());
  if (!object.ok()) {
    return Failure{object.error()};
  }
  const auto sizes = plan_layout(*object, kit_.layout);
  if (!sizes.ok()) {
    return Failure{sizes.error()};
  }
  const auto graph = call_graph();
  if (!graph.ok()) {
    return Failure{graph.error()};
  }
  auto stack = stack_bound(*graph, kit_.stack);
  if (!stack.ok()) {
    return Failure{stack.error()};
  }
  stack->bytes = (stack->bytes + kStackAlignment - 1) / kStackAlignment * kStackAlignment;
  ImagePlan plan{.rom_bytes = sizes->rom_bytes,
                 .static_ram_bytes = sizes->static_ram_bytes,
                 .stack = *std::move(stack),
                 .parts = {}};
  auto parts = budget_parts(plan);
  if (!parts.ok()) {
    return Failure{parts.error()};
  }
  plan.parts = *std::move(parts);
  const auto sections = module_sections();
  if (!sections.ok()) {
    return Failure{sections.error()};
  }
  plan.module_sections = *sections;
  return plan;
}

Expected<std::vector<ModuleSection>> ImageLinker::module_sections() const {
  std::vector<ModuleSection> sections;
  for (const auto &object : objects_) {
    const auto elf = read_elf(object);
    if (!elf.ok()) {
      return Failure{elf.error()};
    }
    add_sections(*elf, sections);
  }
  return sections;
}

Expected<std::vector<BudgetPart>> ImageLinker::budget_parts(const ImagePlan &plan) const {
  const auto program = read_elf(kit_.programs.at(program_));
  if (!program.ok()) {
    return Failure{program.error()};
  }
  ObjectSizes module;
  for (const auto &object : objects_) {
    const auto elf = read_elf(object);
    if (!elf.ok()) {
      return Failure{elf.error()};
    }
    const ObjectSizes sizes = object_sizes(*elf);
    module.code += sizes.code;
    module.constants += sizes.constants;
    module.data += sizes.data;
    module.zero += sizes.zero;
  }
  const ObjectSizes os = object_sizes(*program);
  std::vector<BudgetPart> parts = {
      {"library OS and program", os.code + os.constants + os.data, os.data + os.zero},
      {"module code", module.code, 0},
      {"module weights and constants", module.constants + module.data, module.data},
      {"module arena", 0, module.zero},
  };
  BudgetPart rest{"toolchain library and alignment", plan.rom_bytes, plan.static_ram_bytes};
  for (const BudgetPart &part : parts) {
    rest.rom_bytes -= part.rom_bytes;
    rest.ram_bytes -= part.ram_bytes;
  }
  parts.push_back(rest);
  parts.push_back({"stack (bound)", 0, plan.stack.bytes});
  return parts;
}

Expected<void> ImageLinker::link_elf(const ImagePlan &plan, const std::filesystem::path &output,
                                     bool stripped) const {
  std::vector<std::string> arguments = kit_.link_flags;
  arguments.insert(arguments.end(),
                   {"-nostdlib", "-T", kit_.linker_script(program_).string(),
                    fmt::format("-Wl,--defsym=tinyml_stack_bytes={}", plan.stack.bytes), "-o",
                    output.string(), joined().string()});
  if (stripped) {
    arguments.emplace_back("-Wl,-s");
  }
  return tool(std::move(arguments), "link the image");
}

Expected<LinkedImage> ImageLinker::link(const ImagePlan &plan) {
  LinkedImage image;
  image.elf = work_ / "image.elf";
  if (const auto linked = link_elf(plan, image.elf, false); !linked.ok()) {
    return Failure{linked.error()};
  }
  const auto file = host::read_file(image.elf, kMaxObjectBytes);
  if (!file.ok()) {
    return Failure{file.error()};
  }
  const auto elf = parse_elf(*file);
  if (!elf.ok()) {
    return Failure{elf.error()};
  }
  const PlannedSizes sizes = linked_sizes(*elf, kit_.rom.size_bytes);
  image.rom_bytes = sizes.rom_bytes;
  image.ram_bytes = sizes.static_ram_bytes + plan.stack.bytes;
  if (image.rom_bytes != plan.rom_bytes || image.ram_bytes != plan.ram_bytes()) {
    return fail(
        ErrorCode::kInternal,
        fmt::format("the linked image differs from its plan: ROM {} planned, {} linked; RAM "
                    "{} planned, {} linked",
                    plan.rom_bytes, image.rom_bytes, plan.ram_bytes(), image.ram_bytes));
  }
  if (kit_.payload == PayloadKind::kBinary) {
    image.payload = flat_binary(*file, *elf, rom_origin(*elf), image.rom_bytes);
    return image;
  }
  const auto stripped = work_ / "payload.elf";
  if (const auto linked = link_elf(plan, stripped, true); !linked.ok()) {
    return Failure{linked.error()};
  }
  auto payload = host::read_file(stripped, kMaxObjectBytes);
  if (!payload.ok()) {
    return Failure{payload.error()};
  }
  image.payload = *std::move(payload);
  return image;
}

Expected<void> check_budget(const ImagePlan &plan, const Kit &kit, const Limits &limits) {
  const std::string board = "board '" + kit.board + "'";
  std::string message;
  const auto check = [&](const char *what, std::uint64_t needed, std::uint64_t allowed,
                         const std::string &whose) {
    if (needed > allowed) {
      message += (message.empty() ? "" : "; ") + exceeded(what, needed, allowed, whose.c_str());
    }
  };
  check("ROM", plan.rom_bytes, kit.rom.size_bytes, board);
  check("RAM", plan.ram_bytes(), kit.ram.size_bytes, board);
  check("ROM", plan.rom_bytes, limits.max_rom_bytes.value_or(UINT64_MAX), "the order");
  check("RAM", plan.ram_bytes(), limits.max_ram_bytes.value_or(UINT64_MAX), "the order");
  if (!message.empty()) {
    return fail(ErrorCode::kDoesNotFit, "the image does not fit: " + message);
  }
  return {};
}

} // namespace tinyml::link
