// SPDX-License-Identifier: Apache-2.0
#include "training/run/live_table.hpp"

#include "compiler/report/svg.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace tinyml::coordinator {
namespace {

constexpr std::size_t kFixedLines = 6; ///< around the workers' rows
constexpr std::size_t kHistory = 6;    ///< rounds shown below
/// 80 columns.
constexpr const char *kRow = "{:>6}  {:<12} {:<9} {:>7} {:>9} {:>8} {:>8} {:>13}\n";

std::string percent(const std::optional<double> &value) {
  return value ? fmt::format("{:.1f}", *value) : "-";
}

std::string worker_line(const WorkerRow &worker) {
  return fmt::format(kRow, worker.id, worker.board, worker.state,
                     worker.samples == 0 ? std::string("-") : fmt::format("{:.4f}", worker.loss),
                     worker.samples_per_second > 0 ? report::compact(worker.samples_per_second)
                                                   : "-",
                     report::bytes_text(worker.bytes_up), report::bytes_text(worker.bytes_down),
                     percent(worker.personal_before) + " > " + percent(worker.personal_after));
}

std::string edge_line(const EdgeRow &edge) {
  return fmt::format("{:>6}  {:<12} {:<10} {:>8} {:>10} {:>10} {:>10} {:>7} workers\n",
                     "edge " + std::to_string(edge.id), edge.board, edge.state, "-", "-",
                     report::bytes_text(edge.bytes_up), report::bytes_text(edge.bytes_down),
                     edge.workers);
}

/// Every line not longer than the terminal is wide: a line that wraps would break the redrawing.
std::string cut(const std::string &text, std::size_t columns) {
  std::string result;
  std::size_t column = 0;
  for (const char c : text) {
    column = c == '\n' ? 0 : column + 1;
    if (c == '\n' || column <= columns) {
      result += c;
    }
  }
  return result;
}

} // namespace

std::string table_text(const LiveState &state, std::size_t columns, std::size_t lines) {
  std::string text =
      fmt::format("round {} of {}, {:.0f} s: {}\n", std::min(state.round + 1, state.rounds),
                  state.rounds, state.seconds, state.phase);
  const std::size_t history = std::min(state.done.size(), kHistory);
  const std::size_t edges = std::min(state.edges.size(), lines / 4);
  const std::size_t taken = kFixedLines + history + edges;
  const std::size_t room = lines > taken ? lines - taken : 1;
  if (!state.workers.empty()) {
    text += fmt::format(kRow, "worker", "board", "state", "loss", "samples/s", "up", "down",
                        "own accuracy");
  }
  for (std::size_t i = 0; i < std::min(room, state.workers.size()); ++i) {
    text += worker_line(state.workers[i]);
  }
  if (state.workers.size() > room) {
    text += fmt::format("        and {} more workers\n", state.workers.size() - room);
  }
  for (std::size_t i = 0; i < edges; ++i) {
    text += edge_line(state.edges[i]);
  }
  for (std::size_t i = state.done.size() - history; i < state.done.size(); ++i) {
    text += round_line(state.done[i], state.rounds);
  }
  return cut(text, columns);
}

std::string round_line(const RoundRecord &round, unsigned rounds) {
  if (round.round == 0) {
    return fmt::format("before training: accuracy {:.2f} %, loss {:.4f}\n", round.accuracy,
                       round.loss);
  }
  return fmt::format(
      "round {:>3} of {}: accuracy {:.2f} %, loss {:.4f}, {} up and {} down a worker, {:.1f} s\n",
      round.round, rounds, round.accuracy, round.loss, report::bytes_text(round.bytes_up),
      report::bytes_text(round.bytes_down), round.seconds);
}

} // namespace tinyml::coordinator
