// SPDX-License-Identifier: Apache-2.0
#include "bench/os/readme_figures.hpp"

#include "bench/os/report.hpp"
#include "host/files.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace tinyml::bench_os {
namespace {

using nlohmann::json;
using std::string;
namespace fs = std::filesystem;

constexpr const char *kBegin = "<!-- measured: written by `RECORD=1 make bench-os` -->\n";
constexpr const char *kEnd = "<!-- end of measured -->\n";

const json *find_board(const json &figures, const char *list, const string &board) {
  const json &all = figures.at(list);
  const auto found =
      std::ranges::find_if(all, [&](const json &one) { return one.value("board", "") == board; });
  return found == all.end() ? nullptr : &*found;
}

const json *find_image(const json &figures, const string &board, const string &model) {
  const json &all = figures.at("images");
  const auto found = std::ranges::find_if(all, [&](const json &one) {
    return one.value("board", "") == board && one.value("model", "") == model;
  });
  return found == all.end() ? nullptr : &*found;
}

string number(const json &one, const char *key) { return grouped(one.value(key, 0ULL)); }

std::uint64_t ram_bytes(const json &image) {
  return image.value("static_ram_bytes", 0ULL) + image.value("stack_bytes", 0ULL);
}

string image_row(const json &image) {
  const string model = image.value("model", "");
  const string what = model.empty() ? "`base`: UDP/IP, CoAP, LwM2M with update, crash report"
                                    : "`inference` with `" + model + "`";
  return fmt::format("| {} | {} | {} ({} static, {} bound of the stack) |\n", what,
                     number(image, "rom_bytes"), grouped(ram_bytes(image)),
                     number(image, "static_ram_bytes"), number(image, "stack_bytes"));
}

string further_parts(const json &base) {
  const auto bootloader = base.value("bootloader_bytes", 0ULL);
  return fmt::format("* IP stack and network driver, part of each: {} bytes.{}\n",
                     number(base, "network_rom_bytes"),
                     bootloader == 0 ? "" : " Bootloader: " + grouped(bootloader) + " bytes.");
}

string boot_cost(const json &boot) {
  string text;
  if (!boot.at("bare_instructions").is_null()) {
    text = "* From reset to the first frame: " + number(boot, "bare_instructions") +
           " instructions (`os/net/echo` alone)";
    text += boot.at("delivered_instructions").is_null()
                ? ""
                : ", " + number(boot, "delivered_instructions") +
                      " through the bootloader, nearly all of them the signature's check";
    text += ".\n";
  }
  return text;
}

string host_cost(const json &host) {
  const double bare = host.value("first_frame_ms", 0.0);
  return fmt::format(
      "* On a shared machine, medians: {}{:.1f} ms from the start of the process to the first "
      "frame "
      "of a delivered image; {} bytes of private memory.\n",
      bare == 0 ? "" : fmt::format("{:.1f} ms to the first frame of `os/net/echo`, ", bare),
      host.value("delivered_frame_ms", 0.0), number(host, "private_bytes"));
}

std::vector<string> lines_of(const string &text) {
  std::vector<string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    lines.push_back(text.substr(at, end - at));
    at = end;
  }
  return lines;
}

/// The board of a row of the main README's table; empty for every other line.
string board_of_row(const string &line) {
  const string open = "| [`";
  const std::size_t end = line.find("`](os/boards/");
  return line.starts_with(open) && end != string::npos ? line.substr(open.size(), end - open.size())
                                                       : string();
}

string size_cell(const json &figures, const string &board, const string &model) {
  const json *image = find_image(figures, board, model);
  return image == nullptr ? "does not fit"
                          : number(*image, "rom_bytes") + " / " + grouped(ram_bytes(*image));
}

string row_with_sizes(const string &line, const json &figures, const string &board) {
  std::vector<std::size_t> bars;
  for (std::size_t at = line.find('|'); at != string::npos; at = line.find('|', at + 1)) {
    bars.push_back(at);
  }
  if (bars.size() != 6 || find_board(figures, "images", board) == nullptr) {
    return line;
  }
  return line.substr(0, bars[2]) + "| " + size_cell(figures, board, "mnist-dscnn") + " | " +
         size_cell(figures, board, "mnist-lenet") + " " + line.substr(bars[4]);
}

Expected<void> rewrite(const fs::path &file, const auto &change) {
  const auto text = host::read_text(file);
  if (!text.ok()) {
    return Failure{text.error()};
  }
  const string changed = change(*text);
  return changed == *text ? Expected<void>{} : host::write_text(file, changed);
}

} // namespace

string measured_block(const json &figures, const string &board) {
  const json *base = find_image(figures, board, "");
  if (base == nullptr) {
    return {};
  }
  string text = "| bytes | ROM | RAM |\n|---|--:|--:|\n";
  for (const json &image : figures.at("images")) {
    text += image.value("board", "") == board ? image_row(image) : "";
  }
  text += "\n" + further_parts(*base);
  if (const json *boot = find_board(figures, "boots", board)) {
    text += boot_cost(*boot);
  }
  if (const json *host = find_board(figures, "hosts", board)) {
    text += host_cost(*host);
  }
  return text;
}

string with_measured_block(const string &text, const string &block) {
  const std::size_t begin = text.find(kBegin);
  const std::size_t end = text.find(kEnd);
  if (begin == string::npos || end == string::npos || end < begin) {
    return text;
  }
  return text.substr(0, begin) + kBegin + block + text.substr(end);
}

string with_image_sizes(const string &text, const json &figures) {
  string changed;
  for (const string &line : lines_of(text)) {
    const string board = board_of_row(line);
    changed += board.empty() ? line : row_with_sizes(line, figures, board);
  }
  return changed;
}

Expected<void> write_readmes(const fs::path &root, const json &figures) {
  std::set<string> boards;
  for (const json &image : figures.at("images")) {
    boards.insert(image.value("board", ""));
  }
  for (const string &board : boards) {
    const string block = measured_block(figures, board);
    auto done = rewrite(root / "os/boards" / board / "README.md", [&](const string &text) {
      return block.empty() ? text : with_measured_block(text, block);
    });
    if (!done.ok()) {
      return done;
    }
  }
  return rewrite(root / "README.md",
                 [&](const string &text) { return with_image_sizes(text, figures); });
}

} // namespace tinyml::bench_os
