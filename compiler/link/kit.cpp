// SPDX-License-Identifier: Apache-2.0
#include "compiler/link/kit.hpp"

#include "compiler/link/kernel_choice.hpp"
#include "host/files.hpp"

#include <cstdlib>
#include <set>

namespace tinyml::link {
namespace {

using nlohmann::json;

MemoryRegion region(const json &from) {
  return {from.at("origin").get<std::uint64_t>(), from.at("size_bytes").get<std::uint64_t>()};
}

std::vector<LayoutRules::OutputSection> output_sections(const json &from) {
  std::vector<LayoutRules::OutputSection> result;
  for (const json &entry : from) {
    result.push_back({entry.at("patterns").get<std::vector<std::string>>(),
                      entry.at("align").get<std::uint64_t>()});
  }
  return result;
}

LayoutRules layout_rules(const json &from) {
  return {output_sections(from.at("rom")), output_sections(from.at("data")),
          output_sections(from.at("zero")), from.value("discard", std::vector<std::string>{})};
}

StackRules stack_rules(const json &from) {
  StackRules rules;
  rules.entries = from.at("entries").get<std::vector<std::string>>();
  rules.interrupts = from.value("interrupts", std::vector<std::string>{});
  rules.interrupt_frame_bytes = from.value("interrupt_frame_bytes", 0U);
  rules.library_call_bytes = from.value("library_call_bytes", rules.library_call_bytes);
  rules.indirect_call_bytes = from.value("indirect_call_bytes", 0U);
  return rules;
}

Kit parse_kit(const json &from, const std::filesystem::path &folder) {
  Kit kit;
  kit.folder = folder;
  kit.board = from.at("board").get<std::string>();
  kit.profile = from.at("profile");
  kit.isa = from.value("isa", "scalar");
  kit.compiler = from.at("compiler").get<std::string>();
  kit.compile_flags = from.at("compile_flags").get<std::vector<std::string>>();
  kit.link_flags = from.at("link_flags").get<std::vector<std::string>>();
  kit.optimize_flags =
      from.value("optimize_flags", std::map<std::string, std::vector<std::string>>{});
  kit.min_arena_bytes = from.value("min_arena_bytes", std::map<std::string, std::uint64_t>{});
  for (const auto &[name, file] : from.at("programs").items()) {
    kit.programs.emplace(name, folder / file.get<std::string>());
  }
  if (const std::string library = from.value("library", ""); !library.empty()) {
    kit.library = folder / library;
  }
  const std::string payload = from.at("payload").get<std::string>();
  kit.payload = payload == "elf" ? PayloadKind::kElf : PayloadKind::kBinary;
  kit.rom = region(from.at("rom"));
  if (const auto recovery = from.find("recovery"); recovery != from.end()) {
    kit.recovery_program = recovery->at("program").get<std::string>();
    kit.recovery_rom = region(recovery->at("rom"));
  }
  kit.ram = region(from.at("ram"));
  kit.layout = layout_rules(from.at("layout"));
  kit.stack = stack_rules(from.at("stack"));
  kit.stack.realignment_bytes = realignment_bytes(kit.isa);
  return kit;
}

bool is_kits_folder(const std::filesystem::path &folder) {
  std::error_code error;
  for (const auto &entry : std::filesystem::directory_iterator(folder, error)) {
    if (std::filesystem::exists(entry.path() / "kit.json", error)) {
      return true;
    }
  }
  return false;
}

} // namespace

Expected<Kit> load_kit(const std::filesystem::path &folder) {
  constexpr int kVersion = 1;
  const auto text = host::read_text(folder / "kit.json");
  if (!text.ok()) {
    return Failure{text.error()};
  }
  try {
    const json parsed = json::parse(*text);
    if (parsed.at("kit_version").get<int>() != kVersion) {
      return fail(ErrorCode::kUnsupported,
                  "the kit in '" + folder.string() + "' has another version; build the kits again");
    }
    return parse_kit(parsed, folder);
  } catch (const json::exception &error) {
    return fail(ErrorCode::kInvalidInput,
                "'" + (folder / "kit.json").string() + "' is not a board kit: " + error.what());
  }
}

Expected<std::filesystem::path> kits_folder(const std::filesystem::path &explicit_folder) {
  if (!explicit_folder.empty()) {
    return std::filesystem::absolute(explicit_folder);
  }
  if (const char *from_environment = std::getenv("TINYML_KITS"); from_environment != nullptr) {
    return std::filesystem::absolute(from_environment);
  }
  std::error_code error;
  auto folder = std::filesystem::canonical("/proc/self/exe", error).parent_path();
  for (; !folder.empty() && folder != folder.root_path(); folder = folder.parent_path()) {
    if (is_kits_folder(folder / "kits")) {
      return folder / "kits";
    }
  }
  return fail(ErrorCode::kNotFound,
              "no board kits found; build them with 'make' or name their folder with "
              "TINYML_KITS or --kits");
}

Expected<Kit> find_kit(const std::filesystem::path &kits, const std::string &board) {
  std::error_code error;
  std::set<std::string> names;
  for (const auto &entry : std::filesystem::directory_iterator(kits, error)) {
    if (std::filesystem::exists(entry.path() / "kit.json", error)) {
      names.insert(entry.path().filename().string());
    }
  }
  if (names.contains(board)) {
    return load_kit(kits / board);
  }
  std::string known;
  for (const std::string &name : names) {
    known += (known.empty() ? "" : ", ") + name;
  }
  return fail(ErrorCode::kNotFound, "no kit for board '" + board + "' in '" + kits.string() +
                                        "'; there are: " + (known.empty() ? "none" : known));
}

} // namespace tinyml::link
