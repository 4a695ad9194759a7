// SPDX-License-Identifier: Apache-2.0
// Holds the tree against the dependency rule: which room may include which.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

const std::map<std::string, std::set<std::string>> &allowed() {
  static const std::map<std::string, std::set<std::string>> kRule = {
      // Rooms that build for devices.
      {"base", {}},
      {"protocol", {"base"}},
      {"image", {"base"}},
      {"kernels", {"base"}},
      {"os", {"base", "protocol", "image", "kernels"}},
      {"training/coding", {"base"}},
      {"training/strategies", {"base", "protocol", "training/coding"}},
      {"device",
       {"base", "protocol", "image", "kernels", "os", "training/coding", "training/strategies"}},
      // Rooms of the host.
      {"host", {"base"}},
      {"compiler", {"base", "host", "image", "kernels"}},
      {"training", {"base", "host", "protocol", "compiler"}},
      {"training/run",
       {"base", "host", "protocol", "image", "os", "compiler", "training", "tender", "service"}},
      {"tender", {"base", "host", "os"}},
      {"service", {"base", "host", "protocol", "image", "compiler", "training"}},
      {"cli",
       {"base", "host", "protocol", "image", "os", "device", "compiler", "training", "tender",
        "service"}},
  };
  return kRule;
}

bool is_source(const fs::path &path) {
  return path.extension() == ".cpp" || path.extension() == ".hpp";
}
bool is_test(const fs::path &path) {
  const std::string stem = path.stem().string();
  return stem.ends_with("_test") || stem.starts_with("test_");
}
/// A file of a device room that only host programs use says so in its second line.
bool is_host_only(const fs::path &path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  std::getline(in, line);
  return line.starts_with("// Host only");
}

/// The first folder of an included path, or the first two where those are a room.
std::string room_of(const std::string &path) {
  const std::size_t slash = path.find('/');
  if (slash == std::string::npos) {
    return "";
  }
  const std::string two = path.substr(0, path.find('/', slash + 1));
  return allowed().contains(two) ? two : path.substr(0, slash);
}

/// May files of `room` include `included`? A room inside another one is part of it.
bool may_include(const std::string &room, const std::string &included) {
  const std::set<std::string> &rooms = allowed().at(room);
  const std::string outer = included.substr(0, included.find('/'));
  return !allowed().contains(included) || included == room || outer == room ||
         rooms.contains(included) || rooms.contains(outer);
}

std::vector<std::string> included_rooms(const fs::path &file) {
  std::vector<std::string> rooms;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    constexpr std::string_view kDirective = "#include \"";
    if (line.starts_with(kDirective)) {
      rooms.push_back(room_of(line.substr(kDirective.size())));
    }
  }
  return rooms;
}

fs::path root() { return TINYML_SOURCE_DIR; }

TEST(Architecture, EveryRoomIncludesOnlyWhatTheRuleAllows) {
  for (const auto &[room, rooms] : allowed()) {
    if (!fs::exists(root() / room)) {
      continue;
    }
    for (const auto &entry : fs::recursive_directory_iterator(root() / room)) {
      const std::string own = room_of(fs::relative(entry.path(), root()).string());
      if (own != room || !is_source(entry.path()) || is_test(entry.path()) ||
          is_host_only(entry.path())) {
        continue;
      }
      for (const std::string &included : included_rooms(entry.path())) {
        EXPECT_TRUE(may_include(room, included)) << entry.path() << " includes the room '"
                                                 << included << "', which '" << room << "' may not";
      }
    }
  }
}

TEST(Architecture, EveryRoomSaysWhatItIs) {
  for (const auto &[room, rooms] : allowed()) {
    EXPECT_TRUE(!fs::exists(root() / room) || fs::exists(root() / room / "README.md"))
        << room << " has no README.md";
  }
}

/// Headers of the standard library that need a heap, an operating system or exceptions.
const std::set<std::string> &hosted_headers() {
  static const std::set<std::string> kHeaders = {
      "<iostream>", "<fstream>", "<filesystem>", "<thread>", "<mutex>",  "<functional>",
      "<map>",      "<vector>",  "<string>",     "<memory>", "<chrono>", "<stdexcept>"};
  return kHeaders;
}

TEST(Architecture, CodeForDevicesUsesNoHostedLibraries) {
  for (const std::string room :
       {"base", "protocol", "image", "kernels/generic", "kernels/isa", "os/net", "os/store",
        "os/boot", "os/drivers", "os/cpu", "device", "training/coding", "training/strategies"}) {
    if (!fs::exists(root() / room)) {
      continue;
    }
    for (const auto &entry : fs::recursive_directory_iterator(root() / room)) {
      if (!is_source(entry.path()) || is_test(entry.path()) || is_host_only(entry.path())) {
        continue;
      }
      std::ifstream in(entry.path());
      for (std::string line; std::getline(in, line);) {
        if (line.starts_with("#include <")) {
          EXPECT_FALSE(hosted_headers().contains(line.substr(9)))
              << entry.path() << ": " << line
              << " (a file that only the host uses says '// Host only' in its second line)";
        }
      }
    }
  }
}

} // namespace
