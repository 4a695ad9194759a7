// SPDX-License-Identifier: Apache-2.0
#include "bench/os/map_rooms.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <vector>

namespace tinyml::bench_os {
namespace {

using std::string;
using std::string_view;

struct Prefix {
  string_view starts;
  string_view room;
};

/// Folders of objects and archives, the first that fits.
constexpr Prefix kFolders[] = {
    {"os/freestanding/", "runtime"},
    {"os/net/", "net"},
    {"os/store/", "store"},
    {"os/boot/", "boot"},
    {"os/crash", "crash and events"},
    {"protocol/diagnostics/", "crash and events"},
    {"protocol/coap/", "CoAP"},
    {"protocol/lwm2m/", "LwM2M"},
    {"protocol/tlv/", "TLV and SenML"},
    {"protocol/senml/", "TLV and SenML"},
    {"image/libtinyml_mbedtls", "crypto"},
    {"image/", "image"},
    {"base/", "base"},
    {"device/", "device"},
};

/// Namespaces inside tinyml.
constexpr Prefix kNamespaces[] = {
    {"drivers", "drivers"},
    {"net", "net"},
    {"store", "store"},
    {"boot", "boot"},
    {"crash", "crash and events"},
    {"events", "crash and events"},
    {"diagnostics", "crash and events"},
    {"coap", "CoAP"},
    {"lwm2m", "LwM2M"},
    {"tlv", "TLV and SenML"},
    {"senml", "TLV and SenML"},
    {"image", "image"},
    {"device", "device"},
    {"module", "device"},
};

bool contains(string_view text, string_view part) { return text.find(part) != string_view::npos; }

/// The namespace right inside `tinyml` of a mangled name (Itanium C++ ABI, section 5.1.2), or the
/// name of what stands there.
string_view namespace_in(string_view section) {
  constexpr string_view kTinyml = "6tinyml";
  const std::size_t at = section.find("_Z");
  const std::size_t found = section.find(kTinyml, at == string_view::npos ? section.size() : at);
  if (found == string_view::npos || found - at > 8) { // only qualifiers may stand between
    return {};
  }
  const string_view rest = section.substr(found + kTinyml.size());
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), length);
  return error == std::errc{} ? rest.substr(static_cast<std::size_t>(end - rest.data()), length)
                              : string_view{};
}

std::optional<string> room_by_namespace(string_view section) {
  const string_view name = namespace_in(section);
  for (const Prefix &one : kNamespaces) {
    if (name == one.starts) {
      return string(one.room);
    }
  }
  return name.empty() ? std::nullopt : std::optional<string>("base");
}

string room_of_board_object(string_view object, string_view section) {
  if (contains(object, "/cpu/")) {
    return "processor";
  }
  const string_view file = object.substr(object.rfind('/') + 1);
  if (file.starts_with("net") || contains(section, "Lan9118") || contains(section, "Virtio")) {
    return "network driver";
  }
  return namespace_in(section) == "drivers" ? "drivers" : "board";
}

/// A line of the map, cut into words.
std::vector<string_view> words_of(string_view line) {
  std::vector<string_view> words;
  while (!line.empty()) {
    const std::size_t start = line.find_first_not_of(' ');
    if (start == string_view::npos) {
      break;
    }
    line.remove_prefix(start);
    const std::size_t end = std::min(line.find(' '), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
  return words;
}

std::optional<std::uint64_t> hexadecimal(string_view word) {
  std::uint64_t value = 0;
  if (!word.starts_with("0x")) {
    return std::nullopt;
  }
  const auto [end, error] = std::from_chars(word.data() + 2, word.data() + word.size(), value, 16);
  return error == std::errc{} && end == word.data() + word.size() ? std::optional(value)
                                                                  : std::nullopt;
}

struct Kind {
  bool rom = false;
  bool ram = false;
};

Kind kind_of(string_view section) {
  if (section.starts_with(".data")) {
    return {.rom = true, .ram = true};
  }
  if (section.starts_with(".bss") || section.starts_with("COMMON")) {
    return {.ram = true};
  }
  const bool kept = std::ranges::any_of(
      std::array{".text", ".rodata", ".vectors", ".literal", ".services", ".start"},
      [&](string_view start) { return section.starts_with(start); });
  return {.rom = kept};
}

} // namespace

string room_of(string_view object, string_view section) {
  if (contains(object, "libgcc") || contains(object, "/usr/lib/")) {
    return "compiler library";
  }
  if (object.starts_with("os/boards/")) {
    return room_of_board_object(object, section);
  }
  const bool is_program = object.starts_with("device/") || contains(object, "/program_");
  if (const auto room = is_program ? room_by_namespace(section) : std::nullopt) {
    return *room;
  }
  for (const Prefix &folder : kFolders) {
    if (object.starts_with(folder.starts)) {
      return string(folder.room);
    }
  }
  return "other";
}

Rooms rooms_of_map(string_view map) {
  Rooms rooms;
  const std::size_t start = map.find("Linker script and memory map");
  map.remove_prefix(std::min(start, map.size()));
  string_view section; // of the line before, when its name took the whole line
  while (!map.empty()) {
    const std::size_t end = std::min(map.find('\n'), map.size());
    const string_view line = map.substr(0, end);
    map.remove_prefix(std::min(end + 1, map.size()));
    std::vector<string_view> words = words_of(line);
    if (line.starts_with(" ") && words.size() == 1) {
      section = words[0];
      continue;
    }
    if (!section.empty()) {
      words.insert(words.begin(), section);
      section = {};
    }
    // " .text.name  0xADDRESS  0xSIZE  object"
    if (!line.starts_with(" ") || words.size() != 4 || !hexadecimal(words[1])) {
      continue;
    }
    const auto size = hexadecimal(words[2]);
    const Kind kind = kind_of(words[0]);
    if (size && *size != 0 && (kind.rom || kind.ram)) {
      RoomBytes &room = rooms[room_of(words[3], words[0])];
      room.rom += kind.rom ? *size : 0;
      room.ram += kind.ram ? *size : 0;
    }
  }
  return rooms;
}

std::uint64_t network_rom_bytes(const Rooms &rooms) {
  std::uint64_t sum = 0;
  for (const char *room : {"net", "network driver"}) {
    const auto found = rooms.find(room);
    sum += found == rooms.end() ? 0 : found->second.rom;
  }
  return sum;
}

} // namespace tinyml::bench_os
