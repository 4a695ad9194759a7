// SPDX-License-Identifier: Apache-2.0
#include "compiler/link/kernel_choice.hpp"

#include "host/files.hpp"
#include "kernels/isa/registry.hpp"
#include "kernels/isa/x86_extensions.hpp"

#include <algorithm>

namespace tinyml::link {
namespace {

using nlohmann::json;

std::vector<KernelChoice> parse_choices(const json &from) {
  std::vector<KernelChoice> choices;
  for (const json &entry : from) {
    choices.push_back({entry.at("isa").get<std::string>(),
                       entry.at("extensions").get<std::vector<std::string>>(),
                       entry.at("compile_flags").get<std::vector<std::string>>()});
  }
  return choices;
}

Expected<std::vector<KernelChoice>> read_choices(const std::filesystem::path &kit_json) {
  const auto text = host::read_text(kit_json);
  if (!text.ok()) {
    return Failure{text.error()};
  }
  try {
    return parse_choices(json::parse(*text).value("kernel_choices", json::array()));
  } catch (const json::exception &error) {
    return fail(ErrorCode::kInvalidInput,
                "'" + kit_json.string() + "' has kernel choices that are none: " + error.what() +
                    "; build the kits again");
  }
}

bool has_all(const std::vector<std::string> &there, const std::vector<std::string> &wanted) {
  return std::ranges::all_of(wanted, [&](const std::string &word) {
    return std::ranges::find(there, word) != there.end();
  });
}

void take(Kit &kit, const KernelChoice &choice) {
  kit.isa = choice.isa;
  std::erase_if(kit.compile_flags, [](const auto &f) { return f.starts_with("-DTINYML_ISA="); });
  kit.compile_flags.insert(kit.compile_flags.end(), choice.compile_flags.begin(),
                           choice.compile_flags.end());
  kit.compile_flags.push_back("-DTINYML_ISA=" + choice.isa);
  // The board's start refuses to run the image elsewhere, os/cpu/x86_64/needed_extensions.cpp.
  kit.link_flags.push_back("-Wl,--defsym=tinyml_needed_extensions=" +
                           std::to_string(kernels::isa::x86_extensions_named(choice.extensions)));
  kit.stack.realignment_bytes = realignment_bytes(choice.isa);
}

} // namespace

bool computes_in_lanes(const std::string &isa) {
  const auto *set = kernels::isa::find_kernel_set(isa);
  return set != nullptr && set->sample_lanes > 1;
}

/// Locals of training kernels and spilled vectors lie at multiples of a cache line; callers keep
/// the stack at multiples of 16.
std::uint32_t realignment_bytes(const std::string &isa) {
  constexpr int kAbiAlignment = 16;
  constexpr std::uint32_t kLargest = 64 - kAbiAlignment;
  const auto *set = kernels::isa::find_kernel_set(isa);
  const bool wide = set != nullptr && set->sample_lanes * int{sizeof(float)} > kAbiAlignment;
  return wide ? kLargest : 0;
}

Kit with_kernels_for(Kit kit, const std::vector<KernelChoice> &choices,
                     const std::vector<std::string> &extensions) {
  const KernelChoice *best = nullptr;
  for (const KernelChoice &choice : choices) {
    best = has_all(extensions, choice.extensions) ? &choice : best;
  }
  if (best != nullptr) {
    take(kit, *best);
  }
  return kit;
}

Expected<Kit> for_processor(Kit kit, const std::vector<std::string> &extensions) {
  const auto choices = read_choices(kit.folder / "kit.json");
  if (!choices.ok()) {
    return Failure{choices.error()};
  }
  return with_kernels_for(std::move(kit), *choices, extensions);
}

} // namespace tinyml::link
