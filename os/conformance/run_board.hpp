// SPDX-License-Identifier: Apache-2.0
// Host only: the boards that tests run over, and how a program of theirs is started.
#pragma once

#include "host/files.hpp"
#include "tender/machine/machine.hpp"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

namespace tinyml::conformance {

/// A file of the board's build tree.
inline std::filesystem::path board_file(const std::string &board, const std::string &name) {
  return std::filesystem::path(TINYML_BOARDS_DIR) / board / name;
}

/// What the board's build says of it (docs/kit.md).
inline nlohmann::json board_description(const std::string &board) {
  const auto text = host::read_text(board_file(board, "kit.json"));
  return text.ok() ? nlohmann::json::parse(*text, nullptr, false) : nlohmann::json::object();
}

/// Every board that has a kit: TINYML_KIT_BOARDS of cmake/kits.cmake.
inline std::vector<std::string> kit_boards() {
  std::vector<std::string> boards;
  std::istringstream names(TINYML_TESTED_BOARDS);
  for (std::string board; std::getline(names, board, ',');) {
    boards.push_back(board);
  }
  return boards;
}

/// Those of them that take deliveries, through a bootloader.
inline std::vector<std::string> image_boards() {
  std::vector<std::string> boards = kit_boards();
  std::istringstream names(TINYML_EXEC_ONLY_BOARDS);
  for (std::string board; std::getline(names, board, ',');) {
    std::erase(boards, board);
  }
  return boards;
}

/// A board's name as GoogleTest wants a parameter's name.
inline std::string test_name(std::string board) {
  std::replace_if(
      board.begin(), board.end(),
      [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return board;
}

/// Starts a program of the board's tree on the store file, which is made when it is not there.
inline Expected<std::unique_ptr<tender::Machine>>
start_board(const std::string &board, const std::string &program,
            const std::filesystem::path &store,
            std::optional<std::uint16_t> switch_port = std::nullopt) {
  if (!std::filesystem::exists(store)) {
    if (const auto made = tender::create_store(board, store); !made.ok()) {
      return Failure{made.error()};
    }
  }
  return tender::Machine::start({.board = board,
                                 .program = board_file(board, program),
                                 .store = store,
                                 .switch_port = switch_port,
                                 .trusted = true});
}

} // namespace tinyml::conformance
