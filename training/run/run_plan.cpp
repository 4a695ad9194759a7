// SPDX-License-Identifier: Apache-2.0
#include "training/run/run_plan.hpp"

#include "os/store/layout.hpp"
#include "tender/machine/command_line.hpp"
#include "training/partition/shard_file.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace tinyml::coordinator {
namespace {

constexpr const char *kKvm = "kvm-x86_64";
constexpr const char *kLinux = "linux";
constexpr std::uint64_t kSlack = 1U << 20;

bool any_worker(const RunWish &wish, bool (*is)(std::string_view)) {
  return std::any_of(wish.boards.begin(), wish.boards.end(),
                     [&](const std::string &board) { return is(board); });
}

/// Bytes for a shard in the board's store.
std::uint64_t shard_room(const std::string &board, std::uint64_t model_bytes) {
  if (tender::takes_sparse_store(board)) {
    return tender::kLargestStoreBytes / 2;
  }
  const auto geometry = tender::store_geometry(board);
  if (!geometry.ok()) {
    return 0;
  }
  const std::uint64_t user = store::layout_of(*geometry).user.size_bytes;
  const std::uint64_t taken = worker_room_bytes(model_bytes);
  return user > taken ? user - taken : 0;
}

/// Multiply-accumulates of training steps in a second, measured with LeNet under QEMU 7.2; lower
/// where the processor has no floating point unit.
double emulated_macs_per_second(const std::string &board) {
  return board == "virt-rv32" ? 6e6 : 20e6;
}

void cut(std::vector<std::uint32_t> &indices, std::size_t most) {
  indices.resize(std::min(indices.size(), most));
}

} // namespace

bool is_emulated(const std::string &board) { return board != kKvm && board != kLinux; }

Expected<std::string> choose_server_board(const RunWish &wish) {
  const bool hosted = any_worker(wish, tender::is_on_host_network);
  if (wish.server_board.empty()) {
    return std::string(hosted || !tender::missing_hardware(kKvm).empty() ? kLinux : kKvm);
  }
  if (hosted && !tender::is_on_host_network(wish.server_board)) {
    return fail(
        ErrorCode::kInvalidInput,
        "workers on board linux reach a server on this host only: leave out --server-on, or "
        "say --server-on linux");
  }
  return wish.server_board;
}

std::uint32_t emulated_samples(const RunWish &wish, const std::string &board,
                               std::uint64_t sample_macs) {
  constexpr double kRoundSeconds = 20;
  constexpr double kFewest = 8;
  constexpr double kMost = 300;
  if (wish.emulated_samples != 0) {
    return wish.emulated_samples;
  }
  const double epochs = std::max<std::uint16_t>(wish.local_epochs, 1);
  const double macs = epochs * static_cast<double>(std::max<std::uint64_t>(sample_macs, 1));
  const double samples = kRoundSeconds * emulated_macs_per_second(board) / macs;
  return static_cast<std::uint32_t>(std::clamp(samples, kFewest, kMost));
}

std::string replace_missing_boards(RunWish &wish) {
  const std::string missing = tender::missing_hardware(kKvm);
  if (missing.empty()) {
    return "";
  }
  bool changed = wish.server_board == kKvm;
  wish.server_board = changed ? kLinux : wish.server_board;
  for (std::string &board : wish.boards) {
    changed = changed || board == kKvm;
    board = board == kKvm ? kLinux : board;
  }
  return changed ? missing + ". Board linux takes its place" : "";
}

Expected<std::vector<training::WorkerSamples>> divide(const datasets::DataSet &set,
                                                      const RunWish &wish, const ModelCost &cost) {
  const auto split = training::parse_split(wish.split);
  if (!split.ok()) {
    return Failure{split.error()};
  }
  auto parts = training::partition(
      set, {.split = *split, .workers = wish.workers, .seed = wish.seed, .most_test = 500});
  if (!parts.ok()) {
    return parts;
  }
  const std::uint64_t record = set.sample_bytes() + 4;
  for (std::size_t i = 0; i < parts->size(); ++i) {
    const std::string &board = wish.board_of(i);
    training::WorkerSamples &part = (*parts)[i];
    const std::size_t room = shard_room(board, cost.bytes) / record;
    if (is_emulated(board)) {
      const std::uint32_t most = emulated_samples(wish, board, cost.sample_macs);
      cut(part.train, most);
      cut(part.test, std::max(most / 8, 1U));
    }
    cut(part.test, room / 8);
    cut(part.train, room - part.test.size());
    if (part.train.empty()) {
      return fail(ErrorCode::kDoesNotFit,
                  fmt::format("the store of board {} has no room for a shard beside a model of {} "
                              "bytes",
                              board, cost.bytes));
    }
  }
  return parts;
}

std::uint64_t worker_room_bytes(std::uint64_t model_bytes) {
  constexpr std::uint64_t kVectors = 8; // model, residual, control and what replaces them
  return kVectors * model_bytes + kSlack;
}

std::uint64_t server_room_bytes(std::uint64_t model_bytes, std::size_t workers) {
  constexpr std::uint64_t kVectors = 24; // two generations of model, residual, moments and deltas
  return (kVectors + 2 * workers) * model_bytes + kSlack;
}

} // namespace tinyml::coordinator
