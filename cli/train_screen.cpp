// SPDX-License-Identifier: Apache-2.0
#include "cli/train_screen.hpp"

#include "cli/terminal.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iostream>
#include <map>
#include <sys/ioctl.h>
#include <unistd.h>

namespace tinyml::cli {
namespace {

constexpr auto kRedrawEvery = std::chrono::milliseconds(250);

struct Size {
  std::size_t columns = 120;
  std::size_t lines = 40;
};

Size terminal_size() {
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? Size{size.ws_col, size.ws_row} : Size{};
}

} // namespace

TrainScreen::TrainScreen() : is_terminal_(::isatty(STDERR_FILENO) == 1) {}

void TrainScreen::finish() {
  erase();
  std::cerr << done_ << std::flush;
  done_.clear();
}

coordinator::Observer TrainScreen::observer() {
  return {.progress = [this](const std::string &text) { progress(text); },
          .note = [this](const std::string &text) { note(text); },
          .live = [this](const coordinator::LiveState &state) { live(state); },
          .round = [this](const coordinator::RoundRecord &one) { round(one); }};
}

/// The cursor goes to where the table began, and what is below is cleared.
void TrainScreen::erase() {
  if (drawn_lines_ > 0) {
    std::cerr << fmt::format("\x1B[{}A\x1B[J", drawn_lines_);
    drawn_lines_ = 0;
  }
}

void TrainScreen::progress(const std::string &text) {
  erase();
  const std::size_t columns = terminal_size().columns;
  std::cerr << (is_terminal_ ? text.substr(0, columns) : text) << std::endl;
  drawn_lines_ = is_terminal_ ? 1 : 0;
}

void TrainScreen::note(const std::string &text) {
  erase();
  std::cerr << "tinyml: " << text << std::endl;
}

void TrainScreen::live(const coordinator::LiveState &state) {
  rounds_ = state.rounds;
  const auto now = std::chrono::steady_clock::now();
  if (!is_terminal_ || now - drawn_ < kRedrawEvery) {
    return;
  }
  drawn_ = now;
  erase();
  const Size size = terminal_size();
  const std::string text = coordinator::table_text(state, size.columns, size.lines);
  drawn_lines_ = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  std::cerr << text << std::flush;
}

void TrainScreen::round(const coordinator::RoundRecord &round) {
  const std::string line = coordinator::round_line(round, rounds_);
  if (is_terminal_) {
    drawn_ = {}; // the table shows it at once
    done_ += line;
    return;
  }
  std::cerr << line << std::flush;
}

std::string figures_text(const coordinator::RunRecord &run) {
  constexpr std::size_t kMostRows = 12;
  Table table(
      {">WORKER", "BOARD", ">IMAGE B", ">MEMORY B", ">PEAK ANONYMOUS B", ">SAMPLES A CPU SECOND"});
  for (std::size_t i = 0; i < std::min(run.workers.size(), kMostRows); ++i) {
    const coordinator::WorkerFigures &worker = run.workers[i];
    table.add({std::to_string(worker.id), worker.board, grouped(worker.image_bytes),
               grouped(worker.guest_memory_bytes), grouped(worker.peak_anonymous_bytes),
               grouped(static_cast<std::uint64_t>(worker.samples_per_cpu_second))});
  }
  return table.text() + (run.workers.size() > kMostRows
                             ? fmt::format("and {} more workers\n", run.workers.size() - kMostRows)
                             : std::string());
}

} // namespace tinyml::cli
