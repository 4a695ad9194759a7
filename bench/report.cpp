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

std::string size_table(const std::vector<Figures> &all, const std::string &board) {
  std::string text = row({"model", "precision", "ROM", "weights", "code", "RAM", "arena", "stack"});
  text += "|---|---|--:|--:|--:|--:|--:|--:|\n";
  for (const Figures &one : all) {
    if (one.of.board == board) {
      text += row({one.of.model, driver::name_of(one.of.precision), grouped(one.rom_bytes),
                   grouped(one.weight_bytes), grouped(one.code_bytes()), grouped(one.ram_bytes),
                   grouped(one.arena_bytes), grouped(one.stack_bytes)});
    }
  }
  return text;
}

std::string run_table(const std::vector<Figures> &all, const std::string &board) {
  std::string text = row({"model", "precision", "program", "stack used", "of bound", "MACs",
                          "instructions", "host µs"});
  text += "|---|---|--:|--:|--:|--:|--:|--:|\n";
  for (const Figures &one : all) {
    if (one.of.board == board) {
      text += row({one.of.model, driver::name_of(one.of.precision), grouped(one.exec_rom_bytes),
                   grouped(one.stack_measured_bytes), grouped(one.exec_stack_bytes),
                   grouped(one.macs), instructions_text(one), microseconds(one.host_ns)});
    }
  }
  return text;
}

/// The parts of an image, one column a model.
std::string parts_table(const std::vector<Figures> &all, const std::string &board) {
  std::string text = row({"model", "part", "ROM", "RAM"}) + "|---|---|--:|--:|\n";
  for (const Figures &one : all) {
    if (one.of.board != board) {
      continue;
    }
    std::string name = one.of.model + ' ' + driver::name_of(one.of.precision);
    for (const link::BudgetPart &part : one.parts) {
      text += row({name, part.name, grouped(part.rom_bytes), grouped(part.ram_bytes)});
      name.clear();
    }
  }
  return text;
}

std::string comparison(const std::vector<Figures> &all) {
  std::string text;
  for (const Figures &one : all) {
    if (one.of.model == "mnist-lenet" && one.of.precision == driver::Precision::kInt8) {
      const auto times =
          static_cast<double>(kDemoImageBytes2019) / static_cast<double>(one.rom_bytes);
      text +=
          fmt::format("* LeNet on {}, everything included: {} bytes. The image of the 2019 demo "
                      "had {}, {:.1f} times as many.\n",
                      one.of.board, grouped(one.rom_bytes), grouped(kDemoImageBytes2019), times);
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

} // namespace

json to_json(const std::vector<Figures> &all) {
  json list = json::array();
  for (const Figures &one : all) {
    json parts = json::array();
    for (const link::BudgetPart &part : one.parts) {
      parts.push_back(
          {{"part", part.name}, {"rom_bytes", part.rom_bytes}, {"ram_bytes", part.ram_bytes}});
    }
    list.push_back({{"board", one.of.board},
                    {"model", one.of.model},
                    {"precision", driver::name_of(one.of.precision)},
                    {"code_bytes", one.code_bytes()},
                    {"weight_bytes", one.weight_bytes},
                    {"rom_bytes", one.rom_bytes},
                    {"ram_bytes", one.ram_bytes},
                    {"arena_bytes", one.arena_bytes},
                    {"stack_bytes", one.stack_bytes},
                    {"exec_rom_bytes", one.exec_rom_bytes},
                    {"exec_stack_bytes", one.exec_stack_bytes},
                    {"stack_measured_bytes", one.stack_measured_bytes},
                    {"instructions", one.instructions},
                    {"macs", one.macs},
                    {"host_ns", std::lround(one.host_ns)},
                    {"parts", parts}});
  }
  return list;
}

std::string to_text(const std::vector<Figures> &all) {
  cli::Table table({"BOARD", "MODEL", "PRECISION", ">ROM", ">WEIGHTS", ">CODE", ">RAM", ">ARENA",
                    ">STACK", ">USED/BOUND", ">INSTRUCTIONS", ">HOST us"});
  for (const Figures &one : all) {
    table.add({one.of.board, one.of.model, driver::name_of(one.of.precision),
               grouped(one.rom_bytes), grouped(one.weight_bytes), grouped(one.code_bytes()),
               grouped(one.ram_bytes), grouped(one.arena_bytes), grouped(one.stack_bytes),
               grouped(one.stack_measured_bytes) + "/" + grouped(one.exec_stack_bytes),
               one.instructions == 0 ? "-" : grouped(one.instructions), microseconds(one.host_ns)});
  }
  return table.text();
}

std::string to_markdown(const std::vector<Figures> &all, const json &microbenchmarks) {
  std::string text =
      "# What images cost\n\n"
      "Written by `make bench`; `bench/README.md` says what each column means. Bytes, and "
      "instructions of one inference\n"
      "(not cycles). Sizes and counts are exact and repeatable; times are from a noisy, shared "
      "machine and only show\nthe order of magnitude.\n\n" +
      comparison(all);
  for (const std::string &board : boards_of(all)) {
    text += "\n## " + board + "\n\nThe delivered image, everything included:\n\n" +
            size_table(all, board) +
            "\nThe bare program `exec` with the same module, run on the board:\n\n" +
            run_table(all, board) + "\nThe image by part:\n\n" + parts_table(all, board);
  }
  if (!microbenchmarks.is_null()) {
    text += "\n## Hot paths on this machine\n\n" + micro_table(microbenchmarks);
  }
  return text;
}

} // namespace tinyml::bench
