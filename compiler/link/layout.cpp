// SPDX-License-Identifier: Apache-2.0
#include "compiler/link/layout.hpp"

#include <algorithm>

namespace tinyml::link {
namespace {

bool matches(std::string_view name, std::string_view pattern) {
  return pattern.ends_with('*') ? name.starts_with(pattern.substr(0, pattern.size() - 1))
                                : name == pattern;
}

bool matches_any(std::string_view name, const std::vector<std::string> &patterns) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string &pattern) { return matches(name, pattern); });
}

std::uint64_t align_up(std::uint64_t offset, std::uint64_t alignment) {
  return (offset + alignment - 1) / alignment * alignment;
}

/// Places sections one after the other and remembers which were placed.
class Placement {
public:
  explicit Placement(const ElfFile &object) : object_(object), placed_(object.sections.size()) {}

  std::uint64_t place(const LayoutRules::OutputSection &output, std::uint64_t offset) {
    // An output section starts at its strictest input alignment, as the linker does.
    std::uint64_t start_alignment = output.alignment;
    for_each_match(output, [&](const ElfSection &section) {
      start_alignment = std::max(start_alignment, section.alignment);
    });
    offset = align_up(offset, start_alignment);
    for (const std::string &pattern : output.patterns) {
      for (std::size_t i = 0; i < placed_.size(); ++i) {
        const ElfSection &section = object_.sections[i];
        if (!placed_[i] && section.allocated && matches(section.name, pattern)) {
          placed_[i] = true;
          offset = align_up(offset, section.alignment) + section.size_bytes;
        }
      }
    }
    return align_up(offset, output.alignment);
  }

  void discard(const std::vector<std::string> &patterns) {
    for (std::size_t i = 0; i < placed_.size(); ++i) {
      placed_[i] = placed_[i] || matches_any(object_.sections[i].name, patterns);
    }
  }

  [[nodiscard]] const ElfSection *left_over() const {
    for (std::size_t i = 0; i < placed_.size(); ++i) {
      const ElfSection &section = object_.sections[i];
      if (!placed_[i] && section.allocated && section.size_bytes != 0) {
        return &section;
      }
    }
    return nullptr;
  }

private:
  template <typename Use>
  void for_each_match(const LayoutRules::OutputSection &output, const Use &use) const {
    for (std::size_t i = 0; i < placed_.size(); ++i) {
      const ElfSection &section = object_.sections[i];
      if (!placed_[i] && section.allocated && section.size_bytes != 0 &&
          matches_any(section.name, output.patterns)) {
        use(section);
      }
    }
  }

  const ElfFile &object_;
  std::vector<bool> placed_;
};

std::uint64_t place_all(Placement &placement,
                        const std::vector<LayoutRules::OutputSection> &outputs,
                        std::uint64_t offset) {
  for (const LayoutRules::OutputSection &output : outputs) {
    offset = placement.place(output, offset);
  }
  return offset;
}

} // namespace

Expected<PlannedSizes> plan_layout(const ElfFile &object, const LayoutRules &rules) {
  for (const ElfSection &section : object.sections) {
    if (section.allocated && section.mergeable && section.size_bytes != 0) {
      return fail(ErrorCode::kInternal, "no exact size: the linker may merge section '" +
                                            section.name +
                                            "'; compile it with -fno-merge-constants");
    }
  }
  Placement placement(object);
  placement.discard(rules.discarded);
  const std::uint64_t constants = place_all(placement, rules.rom, 0);
  const std::uint64_t data = place_all(placement, rules.data, 0);
  const std::uint64_t ram = place_all(placement, rules.zero, data);
  if (const ElfSection *section = placement.left_over(); section != nullptr) {
    return fail(ErrorCode::kInternal,
                "no exact size: the kit's layout does not place section '" + section->name + "'");
  }
  return PlannedSizes{.rom_bytes = constants + data, .static_ram_bytes = ram};
}

std::uint64_t rom_origin(const ElfFile &linked) {
  std::uint64_t lowest = UINT64_MAX;
  for (const ElfSegment &segment : linked.segments) {
    lowest = segment.file_bytes == 0 ? lowest : std::min(lowest, segment.load_address);
  }
  return lowest;
}

PlannedSizes linked_sizes(const ElfFile &linked, std::uint64_t rom_bytes) {
  const std::uint64_t origin = rom_origin(linked);
  PlannedSizes sizes;
  for (const ElfSegment &segment : linked.segments) {
    if (segment.file_bytes != 0 && segment.load_address - origin < rom_bytes) {
      sizes.rom_bytes =
          std::max(sizes.rom_bytes, segment.load_address - origin + segment.file_bytes);
    }
  }
  for (const ElfSection &section : linked.sections) {
    if (section.allocated && section.writable && section.name != ".stack") {
      sizes.static_ram_bytes += section.size_bytes;
    }
  }
  return sizes;
}

} // namespace tinyml::link
