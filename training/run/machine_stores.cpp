// SPDX-License-Identifier: Apache-2.0
#include "training/run/machine_stores.hpp"

#include "training/partition/shard_file.hpp"
#include "training/run/run_plan.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace tinyml::coordinator {
namespace {

using nlohmann::json;

constexpr const char *kKvm = "kvm-x86_64";
/// What a virtual machine's monitor keeps of its memory beside image and RAM: page tables, shared
/// pages, rounding.
constexpr std::uint64_t kMonitorBytes = 128U << 10;

/// A locally administered address that follows from the run and the machine's place in it, so that
/// a machine keeps its IP address over restarts of everything.
net::MacAddress mac_of(std::uint32_t run_id, std::uint16_t number) {
  net::MacAddress mac{0x02, 0, 0, 0, 0, 0};
  store_be(mac.data() + 1, static_cast<std::uint16_t>(run_id ^ run_id >> 16U));
  mac[3] = 0x74;
  store_be(mac.data() + 4, number);
  return mac;
}

Failure<HostError> stopped() {
  return fail(ErrorCode::kUnavailable, "stopped before the first machine was started");
}

/// Builds each board's images once.
class Images {
public:
  Images(const ImageBuilder &builder, const Recipe &recipe, const RunWish &wish,
         const Progress &progress)
      : builder_(builder), recipe_(recipe), wish_(wish), progress_(progress) {}

  Expected<const BuiltImage *> worker(const std::string &board) {
    return find(board, workers_, "worker",
                [&] { return builder_.worker(board, recipe_, wish_.batch, most_bytes(board)); });
  }
  Expected<const BuiltImage *> server(const std::string &board) {
    return find(board, servers_, "parameter server", [&] { return builder_.server(board); });
  }

private:
  /// Of image and RAM, so that a virtual machine's memory is what was asked for.
  [[nodiscard]] std::uint64_t most_bytes(const std::string &board) const {
    const std::uint64_t memory = std::uint64_t{wish_.memory_kib} << 10U;
    return board == kKvm && memory > kMonitorBytes ? memory - kMonitorBytes : 0;
  }

  template <typename Build>
  Expected<const BuiltImage *> find(const std::string &board,
                                    std::map<std::string, BuiltImage> &known, const char *what,
                                    Build build) {
    if (const auto found = known.find(board); found != known.end()) {
      return &found->second;
    }
    progress_(fmt::format("building the {}'s image for {}", what, board));
    auto image = build();
    if (!image.ok()) {
      return Failure{image.error()};
    }
    if (!image->note.empty()) {
      progress_(image->note);
    }
    return &known.emplace(board, *std::move(image)).first->second;
  }

  const ImageBuilder &builder_;
  const Recipe &recipe_;
  const RunWish &wish_;
  const Progress &progress_;
  std::map<std::string, BuiltImage> workers_;
  std::map<std::string, BuiltImage> servers_;
};

PreparedMachine machine_of(const PreparedRun &run, const Places &places, const std::string &name,
                           const std::string &board, std::uint16_t number) {
  return {.spec = {.name = name,
                   .board = board,
                   .program = places.kits / board / "boot.elf",
                   .folder = run.folder.machine(name),
                   .mac = mac_of(run.state.run_id, number)}};
}

/// The memory that a machine gets, by its image.
void take_image(PreparedMachine &machine, const BuiltImage &image, const RunWish &wish) {
  machine.image_bytes = image.bytes.size();
  machine.memory_bytes = image.ram_bytes;
  machine.batch = image.batch;
  if (machine.spec.board == kKvm) {
    constexpr std::uint64_t kStep = 64U << 10;
    const std::uint64_t least = image.rom_bytes + image.ram_bytes + kMonitorBytes;
    const std::uint64_t wanted =
        std::max<std::uint64_t>(least, std::uint64_t{wish.memory_kib} << 10U);
    machine.spec.memory_bytes = static_cast<std::uint32_t>((wanted + kStep - 1) / kStep * kStep);
    machine.memory_bytes = *machine.spec.memory_bytes;
  }
}

Expected<void> make_servers(PreparedRun &run, const ImageBuilder &builder, Images &images) {
  const auto key = builder.key().public_key();
  const std::uint64_t model_bytes = run.initial.size() * sizeof(float);
  std::vector<PreparedMachine *> servers = {&run.server};
  for (PreparedMachine &edge : run.edges) {
    servers.push_back(&edge);
  }
  for (PreparedMachine *server : servers) {
    const auto image = images.server(server->spec.board);
    if (!image.ok()) {
      return Failure{image.error()};
    }
    take_image(*server, **image, run.state.wish);
    const std::uint64_t room = tender::takes_sparse_store(server->spec.board)
                                   ? server_room_bytes(model_bytes, run.workers.size())
                                   : 0;
    if (const auto made = RunMachine::make_store(
            server->spec, {.image = (*image)->bytes, .signing_key = key, .room_bytes = room});
        !made.ok()) {
      return made;
    }
  }
  return {};
}

Expected<void> make_worker(PreparedRun &run, PreparedMachine &worker, const BuiltImage &image,
                           const training::WorkerSamples &samples, ByteView key) {
  const RunWish &wish = run.state.wish;
  auto shard = training::shard_file(run.data, samples, static_cast<std::uint32_t>(wish.seed),
                                    run.model.outputs);
  if (!shard.ok()) {
    return Failure{shard.error()};
  }
  take_image(worker, image, wish);
  const bool is_given = wish.share == "given";
  const std::uint64_t model_bytes = run.initial.size() * sizeof(float);
  const bool grows = tender::takes_sparse_store(worker.spec.board);
  const std::uint64_t room =
      (grows ? worker_room_bytes(model_bytes) : 0) + (grows && is_given ? shard->size() : 0);
  auto made = RunMachine::make_store(worker.spec, {.image = image.bytes,
                                                   .signing_key = key,
                                                   .shard = is_given ? ByteView() : *shard,
                                                   .room_bytes = room});
  if (made.ok() && is_given) {
    worker.shard = *std::move(shard);
  }
  return made;
}

Expected<void> make_workers(PreparedRun &run, const ImageBuilder &builder, Images &images,
                            const Progress &progress, const std::stop_token &stop) {
  const auto key = builder.key().public_key();
  for (std::size_t i = 0; i < run.workers.size(); ++i) {
    const auto image = images.worker(run.workers[i].spec.board);
    if (!image.ok()) {
      return Failure{image.error()};
    }
    if (stop.stop_requested()) {
      return stopped();
    }
    progress(fmt::format("making the store of worker {} of {}", i + 1, run.workers.size()));
    if (const auto made = make_worker(run, run.workers[i], **image, run.parts[i], key);
        !made.ok()) {
      return made;
    }
  }
  return {};
}

json to_json(const PreparedMachine &machine) {
  return {{"name", machine.spec.name},
          {"image_bytes", machine.image_bytes},
          {"memory_bytes", machine.memory_bytes},
          {"machine_memory_bytes", machine.spec.memory_bytes.value_or(0)},
          {"batch", machine.batch}};
}

void remember(PreparedRun &run) {
  json list = json::array({to_json(run.server)});
  for (const auto *machines : {&run.edges, &run.workers}) {
    for (const PreparedMachine &machine : *machines) {
      list.push_back(to_json(machine));
    }
  }
  run.state.machines = std::move(list);
}

void recall(PreparedMachine &machine, const json &list) {
  for (const json &one : list) {
    if (one.value("name", "") == machine.spec.name) {
      machine.image_bytes = one.value("image_bytes", std::uint64_t{0});
      machine.memory_bytes = one.value("memory_bytes", std::uint64_t{0});
      machine.batch = one.value("batch", 0U);
      const auto bytes = one.value("machine_memory_bytes", 0U);
      machine.spec.memory_bytes = bytes == 0 ? std::nullopt : std::optional(bytes);
    }
  }
}

/// What the stores that grow may come to take.
std::uint64_t growing_bytes(const PreparedRun &run) {
  const std::uint64_t model_bytes = run.initial.size() * sizeof(float);
  const std::uint64_t record = run.data.sample_bytes() + 4;
  std::uint64_t bytes = 0;
  if (tender::takes_sparse_store(run.server.spec.board)) {
    bytes += (1 + run.edges.size()) * server_room_bytes(model_bytes, run.workers.size());
  }
  for (std::size_t i = 0; i < run.workers.size(); ++i) {
    if (tender::takes_sparse_store(run.workers[i].spec.board)) {
      const training::WorkerSamples &part = run.parts[i];
      bytes += worker_room_bytes(model_bytes) + (part.train.size() + part.test.size()) * record;
    }
  }
  return bytes;
}

} // namespace

Expected<void> place_machines(PreparedRun &run, const Places &places) {
  const RunWish &wish = run.state.wish;
  const auto server_board = choose_server_board(wish);
  if (!server_board.ok()) {
    return Failure{server_board.error()};
  }
  std::uint16_t number = 0;
  run.server = machine_of(run, places, "server", *server_board, number++);
  for (std::uint32_t i = 0; i < wish.edges; ++i) {
    run.edges.push_back(
        machine_of(run, places, "edge-" + std::to_string(i + 1), *server_board, number++));
  }
  for (std::uint32_t i = 0; i < wish.workers; ++i) {
    run.workers.push_back(
        machine_of(run, places, "worker-" + std::to_string(i + 1), wish.board_of(i), number++));
  }
  return {};
}

Expected<void> make_machines(PreparedRun &run, const ImageBuilder &builder, const Recipe &recipe,
                             const Progress &progress, const std::stop_token &stop) {
  if (auto room = run.folder.check_room(growing_bytes(run)); !room.ok()) {
    return room;
  }
  Images images(builder, recipe, run.state.wish, progress);
  if (auto servers = make_servers(run, builder, images); !servers.ok()) {
    return servers;
  }
  if (auto workers = make_workers(run, builder, images, progress, stop); !workers.ok()) {
    return workers;
  }
  remember(run);
  return run.folder.save(run.state);
}

void recall_machines(PreparedRun &run) {
  recall(run.server, run.state.machines);
  for (auto *machines : {&run.edges, &run.workers}) {
    for (PreparedMachine &machine : *machines) {
      recall(machine, run.state.machines);
    }
  }
}

} // namespace tinyml::coordinator
