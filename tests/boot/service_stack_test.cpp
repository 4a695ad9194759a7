// SPDX-License-Identifier: Apache-2.0
// Images reserve stack for the boot services they call. What they reserve is a number in the
// board's stack rules; the call graph of the board's own bootloader says whether it is enough.
#include "compiler/link/stack_bound.hpp"
#include "host/files.hpp"

#include <filesystem>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {

namespace fs = std::filesystem;
using namespace tinyml;

const fs::path kBoards = fs::path(TINYML_SOURCE_DIR) / "build/boards";

/// Boards whose images call the services of a bootloader.
std::vector<std::string> boards_with_services() {
  std::vector<std::string> boards;
  std::error_code none;
  for (const auto &board : fs::directory_iterator(kBoards, none)) {
    const auto kit = host::read_text(board.path() / "kit.json");
    if (fs::exists(board.path() / "boot.o") && kit.ok() &&
        nlohmann::json::parse(*kit).at("stack").contains("indirect_call_bytes")) {
      boards.push_back(board.path().filename());
    }
  }
  return boards;
}

/// The whole tree's: other programs of the board do not reach a service.
link::CallGraph call_graph_of(const std::string &board) {
  link::CallGraph graph;
  for (const auto &entry : fs::recursive_directory_iterator(kBoards / board)) {
    if (entry.path().extension() == ".ci") {
      const auto text = host::read_file(entry.path());
      EXPECT_TRUE(text.ok() && graph.add(as_text(*text)).ok()) << entry.path();
    }
  }
  return graph;
}

std::vector<std::string> services_of(const link::CallGraph &graph) {
  std::vector<std::string> names;
  for (const auto &[name, function] : graph.functions()) {
    if (function.defined && name.find("4boot8Services") != std::string::npos) {
      names.push_back(name);
    }
  }
  return names;
}

TEST(ServiceStack, IsWhatEveryBoardsRulesReserve) {
  const auto boards = boards_with_services();
  if (boards.empty()) {
    GTEST_SKIP() << "no board is built; run `make kits`";
  }
  for (const std::string &board : boards) {
    const auto graph = call_graph_of(board);
    const auto services = services_of(graph);
    EXPECT_EQ(services.size(), 4U) << board;
    // The only pointers called are mbedTLS's random source, which is null here and never reached.
    const auto bound = link::stack_bound(graph, {.entries = services, .indirect_call_bytes = 1});
    ASSERT_TRUE(bound.ok()) << board << ": " << bound.error().message;
    const auto kit = nlohmann::json::parse(*host::read_text(kBoards / board / "kit.json"));
    const std::uint32_t reserved = kit.at("stack").at("indirect_call_bytes");
    std::printf("%s: services use up to %u bytes of stack, %u are reserved\n", board.c_str(),
                bound->bytes, reserved);
    EXPECT_LE(bound->bytes, reserved) << board;
  }
}

} // namespace
