// SPDX-License-Identifier: Apache-2.0
#include "bench/report.hpp"

#include "cli/terminal.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace tinyml::bench {
namespace {

using cli::grouped;
using nlohmann::json;

constexpr double kNanosecondsPerMicrosecond = 1000;

std::string instructions_text(const Figures &figures) {
  return figures.instructions == 0 ? "–" : grouped(figures.instructions);
}

std::string microseconds(double nanoseconds) {
  return fmt::format("{:.1f}", nanoseconds / kNanosecondsPerMicrosecond);
}

std::string row(const std::vector<std::string> &cells) {
  std::string line = "|";
  for (const std::string &cell : cells) {
    line += ' ' + cell + " |";
  }
  return line + '\n';
}

std::string bare_table(const std::vector<Figures> &all, const std::string &board) {
  std::string text = row({"model", "precision", "code", "module code", "weights", "RAM", "arena",
                          "static", "stack", "MACs", "instructions", "host µs"});
  text += "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n";
  for (const Figures &one : all) {
    if (one.of.board == board) {
      text += row({one.of.model.name, driver::name_of(one.of.precision), grouped(one.code_bytes()),
                   grouped(one.module_code_bytes()), grouped(one.weight_bytes),
                   grouped(one.bare.ram_bytes), grouped(one.arena_bytes),
                   grouped(one.static_bytes()), grouped(one.bare.stack_bytes), grouped(one.macs),
                   instructions_text(one), microseconds(one.host_ns)});
    }
  }
  return text;
}

std::string image_table(const std::vector<Figures> &all, const std::string &board) {
  std::string text;
  for (const Figures &one : all) {
    if (one.of.board == board && one.image) {
      text +=
          row({one.of.model.name, driver::name_of(one.of.precision), grouped(one.image->rom_bytes),
               grouped(one.image->ram_bytes), grouped(one.image->stack_bytes)});
    }
  }
  return text.empty() ? text
                      : "\nThe delivered image, everything included:\n\n" +
                            row({"model", "precision", "ROM", "RAM", "stack"}) +
                            "|---|---|--:|--:|--:|\n" + text;
}

const Figures *find(const std::vector<Figures> &all, const std::string &board,
                    const std::string &model) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Figures &one) {
    return one.of.model.name == model && one.of.precision == driver::Precision::kInt8 &&
           (board.empty() || one.of.board == board);
  });
  return found == all.end() ? nullptr : &*found;
}

/// A peer's figure, and ours as a part of it.
std::string beside(const json &peer, const char *key, std::uint64_t ours) {
  if (!peer.contains(key)) {
    return "–";
  }
  const auto theirs = peer.at(key).get<std::uint64_t>();
  return fmt::format("{} ({:.0f} %)", grouped(theirs),
                     100.0 * static_cast<double>(ours) / static_cast<double>(theirs));
}

std::string peers_table(const std::vector<Figures> &all, const json &peers) {
  std::string text = row({"board", "model", "beside", "code", "RAM", "instructions"}) +
                     "|---|---|---|--:|--:|--:|\n";
  for (const json &peer : peers.value("boards", json::array())) {
    const std::string board = peer.value("board", "");
    const std::string model = peer.value("model", "");
    if (const Figures *ours = find(all, board, model)) {
      text += row({board, model, peer.value("runtime", ""),
                   beside(peer, "code_bytes", ours->code_bytes()),
                   beside(peer, "ram_bytes", ours->bare.ram_bytes),
                   beside(peer, "instructions", ours->instructions)});
    }
  }
  return text;
}

std::string host_table(const std::vector<Figures> &all, const json &peers) {
  std::string text = row({"model", "ours, int8, µs", "beside", "µs"}) + "|---|--:|---|--:|\n";
  for (const json &peer : peers.value("host", json::array())) {
    const std::string model = peer.value("model", "");
    if (const Figures *ours = find(all, "", model)) {
      text += row({model, microseconds(ours->host_ns), peer.value("runtime", ""),
                   microseconds(peer.value("host_ns", 0.0))});
    }
  }
  return text;
}

std::string comparison(const std::vector<Figures> &all) {
  std::string text;
  for (const Figures &one : all) {
    if (one.image && one.of.model.name == "mnist-lenet" &&
        one.of.precision == driver::Precision::kInt8) {
      const auto times =
          static_cast<double>(kDemoImageBytes2019) / static_cast<double>(one.image->rom_bytes);
      text += fmt::format(
          "* LeNet on {}, everything included: {} bytes. The image of the 2019 demo "
          "had {}, {:.1f} times as many.\n",
          one.of.board, grouped(one.image->rom_bytes), grouped(kDemoImageBytes2019), times);
    }
  }
  return text;
}

std::string micro_table(const json &microbenchmarks) {
  std::string text = row({"path", "CPU µs"}) + "|---|--:|\n";
  for (const json &one : microbenchmarks.value("benchmarks", json::array())) {
    const std::string unit = one.value("time_unit", "ns");
    const double to_ns = unit == "ms" ? 1e6 : unit == "us" ? 1e3 : 1;
    text += row({one.value("name", ""), microseconds(one.value("cpu_time", 0.0) * to_ns)});
  }
  return text;
}

std::vector<std::string> boards_of(const std::vector<Figures> &all) {
  std::vector<std::string> boards;
  for (const Figures &one : all) {
    if (std::find(boards.begin(), boards.end(), one.of.board) == boards.end()) {
      boards.push_back(one.of.board);
    }
  }
  return boards;
}

json parts_json(const std::vector<link::BudgetPart> &parts) {
  json list = json::array();
  for (const link::BudgetPart &part : parts) {
    list.push_back(
        {{"part", part.name}, {"rom_bytes", part.rom_bytes}, {"ram_bytes", part.ram_bytes}});
  }
  return list;
}

json image_json(const ProgramFigures &image) {
  return {{"rom_bytes", image.rom_bytes},
          {"ram_bytes", image.ram_bytes},
          {"stack_bytes", image.stack_bytes},
          {"parts", parts_json(image.parts)}};
}

bool same_case(const json &a, const json &b) {
  return std::ranges::all_of(std::initializer_list<const char *>{"board", "model", "precision"},
                             [&](const char *key) { return a.value(key, "") == b.value(key, ""); });
}

} // namespace

json to_json(const std::vector<Figures> &all) {
  json list = json::array();
  for (const Figures &one : all) {
    list.push_back({{"board", one.of.board},
                    {"model", one.of.model.name},
                    {"precision", driver::name_of(one.of.precision)},
                    {"code_bytes", one.code_bytes()},
                    {"module_code_bytes", one.module_code_bytes()},
                    {"weight_bytes", one.weight_bytes},
                    {"rom_bytes", one.bare.rom_bytes},
                    {"ram_bytes", one.bare.ram_bytes},
                    {"arena_bytes", one.arena_bytes},
                    {"static_bytes", one.static_bytes()},
                    {"stack_bytes", one.bare.stack_bytes},
                    {"parts", parts_json(one.bare.parts)},
                    {"exec_rom_bytes", one.exec.rom_bytes},
                    {"exec_stack_bytes", one.exec.stack_bytes},
                    {"stack_measured_bytes", one.stack_measured_bytes},
                    {"instructions", one.instructions},
                    {"macs", one.macs},
                    {"host_ns", std::lround(one.host_ns)},
                    {"image", one.image ? image_json(*one.image) : json()}});
  }
  return list;
}

std::string to_text(const std::vector<Figures> &all) {
  cli::Table table({"BOARD", "MODEL", "PRECISION", ">CODE", ">WEIGHTS", ">RAM", ">ARENA", ">STATIC",
                    ">STACK", ">IMAGE ROM", ">INSTRUCTIONS", ">HOST us"});
  for (const Figures &one : all) {
    table.add({one.of.board, one.of.model.name, driver::name_of(one.of.precision),
               grouped(one.code_bytes()), grouped(one.weight_bytes), grouped(one.bare.ram_bytes),
               grouped(one.arena_bytes), grouped(one.static_bytes()), grouped(one.bare.stack_bytes),
               one.image ? grouped(one.image->rom_bytes) : "-",
               one.instructions == 0 ? "-" : grouped(one.instructions), microseconds(one.host_ns)});
  }
  return table.text();
}

std::string to_markdown(const std::vector<Figures> &all, const Beside &others) {
  std::string text =
      "# What models cost\n\n"
      "Written by `make bench`; `bench/README.md` says what each column means. Bytes, and "
      "instructions of one inference\n"
      "(not cycles). Sizes and counts are exact and repeatable; times are from a noisy, shared "
      "machine and only show\nthe order of magnitude.\n\n" +
      comparison(all);
  if (!others.peers.is_null()) {
    text += "\n## Beside other runtimes\n\n" + others.peers.value("provenance", "") +
            "\nIn brackets: ours as a part of theirs.\n\n" + peers_table(all, others.peers) +
            "\nOne inference on an x86-64, one thread:\n\n" + host_table(all, others.peers);
  }
  for (const std::string &board : boards_of(all)) {
    text += "\n## " + board + "\n\nThe module with nothing but a start-up (program `bare`):\n\n" +
            bare_table(all, board) + image_table(all, board);
  }
  if (!others.microbenchmarks.is_null()) {
    text += "\n## Hot paths on this machine\n\n" + micro_table(others.microbenchmarks);
  }
  return text;
}

std::vector<std::string> regressions(const json &recorded, const json &now) {
  constexpr double kTolerance = 1.02;
  std::vector<std::string> lines;
  for (const json &before : recorded) {
    const auto same = std::find_if(now.begin(), now.end(),
                                   [&](const json &one) { return same_case(before, one); });
    if (same == now.end()) {
      continue;
    }
    for (const char *key : {"code_bytes", "weight_bytes", "ram_bytes", "instructions"}) {
      const auto old_value = before.value(key, 0.0);
      const auto new_value = same->value(key, 0.0);
      if (new_value > old_value * kTolerance) {
        lines.push_back(fmt::format("{} {} on {}: {} {:.0f}, recorded {:.0f} (+{:.1f} %)",
                                    before.value("model", ""), before.value("precision", ""),
                                    before.value("board", ""), key, new_value, old_value,
                                    old_value == 0 ? 100 : 100 * (new_value / old_value - 1)));
      }
    }
  }
  return lines;
}

} // namespace tinyml::bench
