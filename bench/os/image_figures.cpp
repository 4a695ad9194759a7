// SPDX-License-Identifier: Apache-2.0
#include "bench/os/image_figures.hpp"

#include "cli/compilation.hpp"
#include "compiler/link/elf.hpp"
#include "compiler/link/link_image.hpp"
#include "host/files.hpp"

#include <algorithm>

namespace tinyml::bench_os {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::uint64_t sum(const Rooms &rooms, std::uint64_t RoomBytes::*what) {
  std::uint64_t total = 0;
  for (const auto &[name, bytes] : rooms) {
    total += bytes.*what;
  }
  return total;
}

/// What no room of the library OS has: alignment between sections.
void add_rest(ImageFigures &figures) {
  const std::uint64_t rom = sum(figures.rooms, &RoomBytes::rom);
  const std::uint64_t ram = sum(figures.rooms, &RoomBytes::ram);
  figures.rooms["padding and rest"] = {figures.rom_bytes - std::min(rom, figures.rom_bytes),
                                       figures.static_ram_bytes -
                                           std::min(ram, figures.static_ram_bytes)};
}

Expected<Rooms> rooms_of(const Places &places, const std::string &board,
                         const std::string &program) {
  const auto map = host::read_text(places.boards / board / (program + ".map"));
  if (!map.ok()) {
    return Failure{map.error()};
  }
  Rooms rooms = rooms_of_map(*map);
  return rooms.empty() ? Expected<Rooms>(fail(ErrorCode::kInvalidInput,
                                              "the linker's map of " + program + " for board " +
                                                  board + " has no sections; run `make kits`"))
                       : Expected<Rooms>(std::move(rooms));
}

/// The bytes that a bootloader takes of the flash.
std::uint64_t bootloader_bytes(const fs::path &kit) {
  const auto file = host::read_file(kit / "boot.elf");
  const auto elf =
      file.ok() ? link::parse_elf(*file) : Expected<link::ElfFile>(fail(ErrorCode::kNotFound, ""));
  std::uint64_t bytes = 0;
  if (elf.ok()) {
    for (const link::ElfSegment &segment : elf->segments) {
      bytes += segment.file_bytes;
    }
  }
  return bytes;
}

Expected<void> measure_base(const fs::path &kit_folder, const fs::path &work,
                            ImageFigures &figures) {
  const auto kit = link::load_kit(kit_folder);
  if (!kit.ok()) {
    return Failure{kit.error()};
  }
  link::ImageLinker linker(*kit, figures.program, work);
  const auto plan = linker.plan({});
  if (!plan.ok()) {
    return Failure{plan.error()};
  }
  figures.rom_bytes = plan->rom_bytes;
  figures.static_ram_bytes = plan->static_ram_bytes;
  figures.stack_bytes = plan->stack.bytes;
  return {};
}

Expected<void> measure_with_model(const Places &places, const fs::path &work,
                                  ImageFigures &figures) {
  const auto result = cli::compile_into(
      places.context,
      {.model = {.model = figures.model}, .board = figures.board, .program = figures.program},
      work);
  if (!result.ok()) {
    return Failure{result.error()};
  }
  const json &report = result->at("report");
  figures.rom_bytes = report.at("rom_bytes_linked");
  figures.stack_bytes = report.at("stack_bytes");
  figures.static_ram_bytes =
      report.at("ram_bytes_linked").get<std::uint64_t>() - figures.stack_bytes;
  for (const json &part : report.at("budget")) {
    if (part.at("part").get<std::string>().starts_with("module")) {
      figures.rooms["module"].rom += part.at("rom_bytes").get<std::uint64_t>();
      figures.rooms["module"].ram += part.at("ram_bytes").get<std::uint64_t>();
    }
  }
  return {};
}

} // namespace

Expected<std::vector<std::string>> boards_with(const Places &places, const std::string &program) {
  const auto kits = places.context.kits_folder();
  if (!kits.ok()) {
    return Failure{kits.error()};
  }
  std::vector<std::string> boards;
  std::error_code error;
  for (const auto &entry : fs::directory_iterator(*kits, error)) {
    if (fs::exists(entry.path() / (program + ".o"), error)) {
      boards.push_back(entry.path().filename().string());
    }
  }
  std::ranges::sort(boards);
  return boards;
}

Expected<ImageFigures> measure_image(const Places &places, const std::string &board,
                                     const std::string &program, const std::string &model,
                                     const fs::path &work) {
  const auto kits = places.context.kits_folder();
  auto rooms = rooms_of(places, board, program);
  if (!kits.ok() || !rooms.ok()) {
    return Failure{kits.ok() ? rooms.error() : kits.error()};
  }
  ImageFigures figures{.board = board,
                       .program = program,
                       .model = model,
                       .boot_bytes = bootloader_bytes(*kits / board),
                       .rooms = *std::move(rooms)};
  fs::create_directories(work);
  const auto measured = model.empty() ? measure_base(*kits / board, work, figures)
                                      : measure_with_model(places, work, figures);
  if (!measured.ok()) {
    return Failure{measured.error()};
  }
  add_rest(figures);
  return figures;
}

} // namespace tinyml::bench_os
