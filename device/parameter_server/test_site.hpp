// SPDX-License-Identifier: Apache-2.0
// Host only: for tests. A parameter server on a simulated flash, its workers and a coordinator on a
// bad network, with virtual time.
#pragma once

#include "device/parameter_server/server.hpp"
#include "device/parameter_server/test_worker.hpp"
#include "os/store/flash_simulator.hpp"
#include "protocol/coap/lossy_network.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <random>

namespace tinyml::device {

struct ServerLimits : coap::DeviceLimits {
  static constexpr std::size_t kReplies = 32;
  static constexpr std::size_t kExchangeBytes = 1152;
};
using ServerCoap = coap::Endpoint<coap::FixedStorage<ServerLimits>>;
using TestServer = ParameterServer<store::FlashSimulator, ServerCoap>;
extern template class ParameterServer<store::FlashSimulator, ServerCoap>; // test_server.cpp

inline constexpr coap::PeerId kServerPeer{0x0A4D00021633};
inline constexpr coap::PeerId kCoordinatorPeer{0x0A4D00011633};
/// Of the second server of a site, an edge aggregator.
inline constexpr coap::PeerId kEdgePeer{0x0A4D00031633};
[[nodiscard]] inline coap::PeerId peer_of_worker(std::uint16_t index) {
  return {0x0A4D01001633U + (std::uint64_t{index} << 16)};
}

/// What the coordinator gets back.
struct Answer {
  coap::Code code = coap::Code::kEmpty;
  Bytes body;
  Bytes etag;

  [[nodiscard]] std::string text() const { return {body.begin(), body.end()}; }
};

inline constexpr hal::StoreInfo kSmallSectors{
    .size_bytes = 2U << 20, .sector_bytes = 4096, .program_bytes = 16};

class Site {
public:
  explicit Site(const coap::testing::Weather &weather = {.max_delay_ms = 3}, std::uint32_t seed = 1,
                const hal::StoreInfo &info = kSmallSectors)
      : flash(info, power), user{0, info.size_bytes}, network(weather, seed),
        coordinator_(coap::Parameters{}, 7) {
    start_server();
  }

  store::Power power;
  store::FlashSimulator flash;
  store::Region user;
  coap::testing::LossyNetwork network;
  coap::Millis now_ms = 1000;
  std::vector<std::unique_ptr<TestWorker>> workers;
  std::unique_ptr<ServerCoap> endpoint;
  std::unique_ptr<TestServer> server;
  unsigned restarts = 0;

  /// Power off and on. A power that fails in the start itself is switched on again.
  void start_server() {
    for (;;) {
      try {
        endpoint = std::make_unique<ServerCoap>(coap::Parameters{}, 31U + restarts++);
        server = std::make_unique<TestServer>(flash, *endpoint, user);
        return;
      } catch (const store::PowerCut &) {
      }
    }
  }

  /// Adds a second server, with a flash of its own.
  void add_edge() {
    edge_flash.emplace(flash.info(), edge_power);
    restart_edge();
  }
  void restart_edge() {
    edge_endpoint = std::make_unique<ServerCoap>(coap::Parameters{}, 77U + restarts++);
    edge = std::make_unique<TestServer>(*edge_flash, *edge_endpoint, user);
  }
  store::Power edge_power;
  std::optional<store::FlashSimulator> edge_flash;
  std::unique_ptr<ServerCoap> edge_endpoint;
  std::unique_ptr<TestServer> edge;
  coap::PeerId coordinated = kServerPeer; ///< whom requests go to

  [[nodiscard]] std::uint16_t worker_count() const {
    return static_cast<std::uint16_t>(workers.size());
  }
  TestWorker &add_worker(const training::RunSettings &settings, Vector target,
                         std::uint32_t samples = 100) {
    return add_worker_of(kServerPeer, worker_count(), settings, std::move(target), samples);
  }
  TestWorker &add_worker_of(coap::PeerId of, std::uint16_t index,
                            const training::RunSettings &settings, Vector target,
                            std::uint32_t samples = 100) {
    workers.push_back(std::make_unique<TestWorker>(index, of, std::move(target), samples));
    workers.back()->wanted = settings;
    return *workers.back();
  }

  /// Until `is_over`, or `for_ms` have passed: then false.
  template <typename IsOver>
  bool run_until(const IsOver &is_over, coap::Millis for_ms = 3'600'000) {
    const coap::Millis until_ms = now_ms + for_ms;
    while (!is_over()) {
      if (now_ms > until_ms) {
        return false;
      }
      step();
    }
    return true;
  }
  bool finish(coap::Millis for_ms = 3'600'000) {
    return run_until(
        [&] {
          return std::all_of(workers.begin(), workers.end(), [](const auto &worker) {
            return worker->done() || worker->manners.dead;
          });
        },
        for_ms);
  }

  Answer request(coap::Code method, std::string_view path, ByteView body = {});
  Answer put_run(const training::RunSettings &settings) {
    std::uint8_t bytes[training::kRunSettingsBytes];
    encode(settings, bytes);
    return request(coap::Code::kPut, "train/run", bytes);
  }
  Answer put_model(const Vector &model) {
    return request(
        coap::Code::kPut, "train/model",
        ByteView(reinterpret_cast<const std::uint8_t *>(model.data()), model.size() * 4));
  }
  Vector get_model() {
    const Answer answer = request(coap::Code::kGet, "train/model");
    Vector model(answer.body.size() / 4);
    std::memcpy(model.data(), answer.body.data(), answer.body.size());
    return model;
  }
  training::RunStatus status(std::vector<training::WorkerRecord> *records = nullptr) {
    const Answer answer = request(coap::Code::kGet, "train/status");
    const ByteView bytes(answer.body);
    for (std::size_t at = training::RunStatus::kBytes; records != nullptr && at < bytes.size();
         at += training::WorkerRecord::kBytes) {
      records->push_back(*training::decode<training::WorkerRecord>(
          bytes.subspan(at, training::WorkerRecord::kBytes)));
    }
    return *training::decode<training::RunStatus>(bytes.first(training::RunStatus::kBytes));
  }

  /// Called with every datagram that reaches the server; for tests that watch the wire.
  std::uint64_t bytes_to_server = 0;

  void step() {
    coap::Millis next = std::min({endpoint->next_deadline(), server->next_deadline_ms(),
                                  network.next_arrival(), coordinator_.next_deadline()});
    for (const auto &worker : workers) {
      next = std::min({next, worker->endpoint.next_deadline(), worker->next_ms()});
    }
    if (edge) {
      next = std::min({next, edge_endpoint->next_deadline(), edge->next_deadline_ms()});
    }
    now_ms = next == coap::kNever ? now_ms + 100 : std::max(now_ms, next);
    try {
      deliver();
      server->poll(now_ms);
      drain(*endpoint, kServerPeer,
            [&](const coap::Event &event) { server->handle(event, now_ms); });
    } catch (const store::PowerCut &) {
      start_server();
    }
    if (edge) {
      edge->poll(now_ms);
      drain_edge();
    }
    for (std::uint16_t i = 0; i < worker_count(); ++i) {
      workers[i]->wake(now_ms);
      drain_worker(i);
    }
    drain_coordinator();
  }

private:
  template <typename Endpoint, typename Take>
  void drain(Endpoint &from, coap::PeerId self, const Take &take) {
    while (const coap::Event event = from.poll(now_ms)) {
      if (event.kind == coap::EventKind::kSend) {
        network.put(self, event.peer, event.datagram, now_ms);
      } else {
        take(event);
      }
    }
  }
  void drain_worker(std::uint16_t i) {
    drain(workers[i]->endpoint, peer_of_worker(i),
          [&](const coap::Event &event) { workers[i]->handle(event, now_ms); });
  }
  void drain_edge() {
    drain(*edge_endpoint, kEdgePeer,
          [&](const coap::Event &event) { edge->handle(event, now_ms); });
  }
  void drain_coordinator() {
    drain(coordinator_, kCoordinatorPeer, [&](const coap::Event &event) { take(event); });
  }
  void take(const coap::Event &event) {
    if (event.kind == coap::EventKind::kTimeout) {
      timed_out_ = true;
    } else if (event.kind == coap::EventKind::kResponse) {
      response_.emplace();
      response_->code = event.message.code();
      response_->body.assign(event.message.payload().begin(), event.message.payload().end());
      on_response_(event.message);
    }
  }
  void deliver() {
    while (network.next_arrival() <= now_ms) {
      const auto flying = network.take();
      if (flying.to == kServerPeer) {
        bytes_to_server += flying.bytes.size();
        if (const auto event = endpoint->receive(flying.from, flying.bytes, now_ms)) {
          server->handle(event, now_ms);
        }
        drain(*endpoint, kServerPeer,
              [&](const coap::Event &event) { server->handle(event, now_ms); });
      } else if (flying.to == kEdgePeer && edge) {
        if (const auto event = edge_endpoint->receive(flying.from, flying.bytes, now_ms)) {
          edge->handle(event, now_ms);
        }
        drain_edge();
      } else if (flying.to == kCoordinatorPeer) {
        if (const auto event = coordinator_.receive(flying.from, flying.bytes, now_ms)) {
          take(event);
        }
      } else {
        deliver_to_worker(flying);
      }
    }
  }
  void deliver_to_worker(const coap::testing::LossyNetwork::Flying &flying) {
    for (std::uint16_t i = 0; i < worker_count(); ++i) {
      if (flying.to == peer_of_worker(i) && !workers[i]->manners.dead) {
        if (const auto event = workers[i]->endpoint.receive(flying.from, flying.bytes, now_ms)) {
          workers[i]->handle(event, now_ms);
        }
        drain_worker(i);
      }
    }
  }

  TestCoap coordinator_;
  std::optional<Answer> response_;
  std::function<void(const coap::MessageView &)> on_response_ = [](const coap::MessageView &) {};
  bool timed_out_ = false;
};

/// One whole exchange, by blocks where needed; begun again when it timed out.
inline Answer Site::request(coap::Code method, std::string_view path, ByteView body) {
  coap::BlockUpload upload;
  coap::BlockDownload download;
  upload.start(static_cast<std::uint32_t>(body.size()));
  download.start();
  Answer whole;
  bool over = false;
  on_response_ = [&](const coap::MessageView &message) {
    whole.code = message.code();
    if (!coap::is_success(message.code())) {
      whole.body.assign(message.payload().begin(), message.payload().end());
      over = true;
    } else if (method == coap::Code::kGet) {
      const auto piece = download.accept(message);
      if (piece.status == coap::BlockDownload::Status::kChanged) {
        whole.body.clear();
        return download.start();
      }
      whole.body.insert(whole.body.end(), piece.bytes.begin(), piece.bytes.end());
      whole.etag.assign(download.etag().begin(), download.etag().end());
      over = piece.status != coap::BlockDownload::Status::kMore;
    } else {
      over = upload.accept(message) != coap::BlockUpload::Status::kMore;
    }
  };
  while (!over) {
    response_.reset();
    timed_out_ = false;
    coap::Draft draft = coordinator_.request(coordinated, method);
    draft.message.path(path);
    if (method == coap::Code::kGet) {
      download.add_to(draft.message);
    } else if (!body.empty()) {
      upload.add_to(draft.message);
      const auto part = upload.next();
      draft.message.payload(body.subspan(part.offset_bytes, part.size_bytes));
    }
    coordinator_.send(draft, now_ms);
    drain_coordinator();
    while (!response_ && !timed_out_) {
      step();
    }
    if (timed_out_) {
      upload.start(static_cast<std::uint32_t>(body.size()));
      download.start();
      whole.body.clear();
    }
  }
  on_response_ = [](const coap::MessageView &) {};
  return whole;
}

} // namespace tinyml::device
