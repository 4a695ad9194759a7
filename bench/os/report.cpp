// SPDX-License-Identifier: Apache-2.0
#include "bench/os/report.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace tinyml::bench_os {
namespace {

using nlohmann::json;
using std::string;

/// The rooms in the order of the tables, from the machine up.
constexpr const char *kRooms[] = {"boot",
                                  "board",
                                  "processor",
                                  "drivers",
                                  "network driver",
                                  "net",
                                  "runtime",
                                  "store",
                                  "crypto",
                                  "image",
                                  "CoAP",
                                  "LwM2M",
                                  "TLV and SenML",
                                  "device",
                                  "crash and events",
                                  "base",
                                  "compiler library",
                                  "other",
                                  "module",
                                  "padding and rest"};

string row(const std::vector<string> &cells) {
  string line = "|";
  for (const string &cell : cells) {
    line += ' ' + cell + " |";
  }
  return line + '\n';
}

string ruler(std::size_t texts, std::size_t numbers) {
  string line = "|";
  for (std::size_t i = 0; i < texts + numbers; ++i) {
    line += i < texts ? "---|" : "--:|";
  }
  return line + '\n';
}

json rooms_json(const Rooms &rooms) {
  json object = json::object();
  for (const auto &[name, bytes] : rooms) {
    object[name] = {{"rom_bytes", bytes.rom}, {"ram_bytes", bytes.ram}};
  }
  return object;
}

json image_json(const ImageFigures &one) {
  return {{"board", one.board},
          {"program", one.program},
          {"model", one.model},
          {"rom_bytes", one.rom_bytes},
          {"static_ram_bytes", one.static_ram_bytes},
          {"stack_bytes", one.stack_bytes},
          {"bootloader_bytes", one.boot_bytes},
          {"network_rom_bytes", network_rom_bytes(one.rooms)},
          {"rooms", rooms_json(one.rooms)}};
}

json optional_json(const std::optional<std::uint64_t> &value) {
  return value ? json(*value) : json();
}

json host_json(const HostFigures &one) {
  return {{"board", one.board},
          {"first_frame_ms", one.first_frame_ms},
          {"delivered_frame_ms", one.delivered_frame_ms},
          {"private_bytes", one.private_bytes},
          {"guests_per_gib", one.guests_per_gib()},
          {"ping_us", one.ping_us},
          {"echo_us", one.echo_us},
          {"frames_per_s", std::lround(one.frames_per_s)}};
}

string images_table(const json &figures) {
  string text = row({"board", "program", "ROM", "static RAM", "stack (bound)", "bootloader",
                     "IP stack + driver"}) +
                ruler(2, 5);
  for (const json &one : figures.at("images")) {
    const string model = one.value("model", "");
    text +=
        row({one.value("board", ""),
             one.value("program", "") + (model.empty() ? "" : " (" + model + ")"),
             grouped(one.value("rom_bytes", 0ULL)), grouped(one.value("static_ram_bytes", 0ULL)),
             grouped(one.value("stack_bytes", 0ULL)), grouped(one.value("bootloader_bytes", 0ULL)),
             grouped(one.value("network_rom_bytes", 0ULL))});
  }
  return text;
}

/// Rooms down, boards across; of the base program where `model` is empty.
string rooms_table(const json &figures, const string &model, const char *what) {
  std::vector<string> head{"room"};
  for (const json &one : figures.at("images")) {
    if (one.value("model", "") == model) {
      head.push_back(one.value("board", ""));
    }
  }
  string text = row(head) + ruler(1, head.size() - 1);
  for (const char *room : kRooms) {
    std::vector<string> cells{room};
    std::uint64_t sum = 0;
    for (const json &one : figures.at("images")) {
      if (one.value("model", "") == model) {
        const json &rooms = one.at("rooms");
        const auto bytes = rooms.contains(room) ? rooms.at(room).value(what, 0ULL) : 0;
        sum += bytes;
        cells.push_back(grouped(bytes));
      }
    }
    text += sum == 0 ? "" : row(cells);
  }
  return text;
}

string boot_table(const json &figures) {
  string text =
      row({"board", "os/net/echo alone", "through bootloader and signature"}) + ruler(1, 2);
  const auto cell = [](const json &value) {
    return value.is_null() ? string("–") : grouped(value.get<std::uint64_t>());
  };
  for (const json &one : figures.at("boots")) {
    text += row({one.value("board", ""), cell(one.at("bare_instructions")),
                 cell(one.at("delivered_instructions"))});
  }
  return text;
}

string host_table(const json &figures) {
  string text = row({"board", "first frame, ms", "… through the bootloader, ms", "private bytes",
                     "devices in a GiB", "ping, µs", "UDP echo, µs", "echoes/s"}) +
                ruler(1, 7);
  const auto number = [](const json &one, const char *key) {
    const double value = one.value(key, 0.0);
    return value == 0 ? string("–") : fmt::format("{:.{}f}", value, value < 100 ? 1 : 0);
  };
  for (const json &one : figures.at("hosts")) {
    text += row({one.value("board", ""), number(one, "first_frame_ms"),
                 number(one, "delivered_frame_ms"), grouped(one.value("private_bytes", 0ULL)),
                 grouped(one.value("guests_per_gib", 0ULL)), number(one, "ping_us"),
                 number(one, "echo_us"), grouped(one.value("frames_per_s", 0ULL))});
  }
  return text;
}

/// One of our figures by its key, wherever it stands; nothing when the board was not measured.
std::optional<double> our_figure(const json &figures, const string &board, string key) {
  const bool of_inference = key.starts_with("inference_");
  key = of_inference ? key.substr(string("inference_").size()) : key;
  for (const char *list : {"images", "hosts"}) {
    for (const json &one : figures.at(list)) {
      const bool same_program =
          one.value("program", "base") == (of_inference ? "inference" : "base");
      if (one.value("board", "") == board && same_program && one.contains(key)) {
        return one.at(key).get<double>();
      }
    }
  }
  return std::nullopt;
}

string anchors_table(const json &figures, const json &anchors) {
  const auto text_of = [](double value, const string &unit) {
    return unit == "bytes" ? grouped(static_cast<std::uint64_t>(value))
                           : fmt::format("{:.1f}", value);
  };
  string text = row({"figure", "unit", "ours", "beside"}) + ruler(2, 1);
  text.insert(text.size() - 1, "---|");
  for (const json &anchor : anchors) {
    const string unit = anchor.value("unit", "");
    const json &where = anchor.at("ours");
    const auto ours = our_figure(figures, where.value("board", ""), where.value("key", ""));
    string others;
    for (const json &other : anchor.at("others")) {
      others += (others.empty() ? "" : "; ") + other.value("who", "") + " " +
                text_of(other.value("value", 0.0), unit);
    }
    text += row({anchor.value("figure", ""), unit, ours ? text_of(*ours, unit) : "–", others});
  }
  return text;
}

bool same_case(const json &a, const json &b) {
  return std::ranges::all_of(std::initializer_list<const char *>{"board", "program", "model"},
                             [&](const char *key) { return a.value(key, "") == b.value(key, ""); });
}

void compare(const json &before, const json &now, const char *key, std::vector<string> &lines) {
  constexpr double kTolerance = 1.02;
  if (!before.contains(key) || !now.contains(key) || before.at(key).is_null() ||
      now.at(key).is_null()) {
    return;
  }
  const double old_value = before.at(key);
  const double new_value = now.at(key);
  if (new_value > old_value * kTolerance) {
    lines.push_back(fmt::format("{} {}: {} {:.0f}, recorded {:.0f} (+{:.1f} %)",
                                before.value("board", ""), before.value("program", ""), key,
                                new_value, old_value,
                                old_value == 0 ? 100 : 100 * (new_value / old_value - 1)));
  }
}

} // namespace

string grouped(std::uint64_t value) {
  string text = std::to_string(value);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) {
    text.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return text;
}

json to_json(const Measured &measured) {
  json images = json::array();
  json boots = json::array();
  json hosts = json::array();
  for (const ImageFigures &one : measured.images) {
    images.push_back(image_json(one));
  }
  for (const BootFigures &one : measured.boots) {
    boots.push_back({{"board", one.board},
                     {"bare_instructions", optional_json(one.bare_instructions)},
                     {"delivered_instructions", optional_json(one.delivered_instructions)}});
  }
  for (const HostFigures &one : measured.hosts) {
    hosts.push_back(host_json(one));
  }
  return {{"images", images}, {"boots", boots}, {"hosts", hosts}, {"kvm", measured.kvm}};
}

json merged(json recorded, const json &now) {
  for (const char *list : {"images", "boots", "hosts"}) {
    json &kept = recorded[list];
    for (const json &one : now.at(list)) {
      const auto same =
          std::ranges::find_if(kept, [&](const json &other) { return same_case(one, other); });
      if (same == kept.end()) {
        kept.push_back(one);
      } else {
        *same = one;
      }
    }
  }
  if (!now.at("hosts").empty() || !recorded.contains("kvm")) {
    recorded["kvm"] = now.at("kvm");
  }
  return recorded;
}

string to_markdown(const json &figures, const json &anchors) {
  return "# What the library OS costs\n\n"
         "Written by `make bench-os`; `bench/os/README.md` says what each column means. Bytes and "
         "instructions are exact and\nrepeatable; times are from a noisy, shared machine with the "
         "KVM modules: " +
         figures.value("kvm", "") + ".\n\n## Images\n\n" + images_table(figures) +
         "\n## ROM by room, program `base`\n\n" + rooms_table(figures, "", "rom_bytes") +
         "\n## ROM by room, program `inference` with `mnist-dscnn`\n\n" +
         rooms_table(figures, "mnist-dscnn", "rom_bytes") +
         "\n## Static RAM by room, program `inference` with `mnist-dscnn`\n\n" +
         rooms_table(figures, "mnist-dscnn", "ram_bytes") +
         "\n## Instructions from reset to the first frame\n\n" + boot_table(figures) +
         "\n## Virtual devices on this machine\n\n" + host_table(figures) +
         "\n## Beside others\n\n" + anchors_table(figures, anchors);
}

std::vector<string> regressions(const json &recorded, const json &now) {
  std::vector<string> lines;
  for (const char *list : {"images", "boots"}) {
    for (const json &before : recorded.value(list, json::array())) {
      const json &ours = now.at(list);
      const auto same =
          std::ranges::find_if(ours, [&](const json &one) { return same_case(before, one); });
      if (same == ours.end()) {
        continue;
      }
      for (const char *key : {"rom_bytes", "static_ram_bytes", "stack_bytes", "bootloader_bytes",
                              "network_rom_bytes", "bare_instructions", "delivered_instructions"}) {
        compare(before, *same, key, lines);
      }
    }
  }
  return lines;
}

} // namespace tinyml::bench_os
