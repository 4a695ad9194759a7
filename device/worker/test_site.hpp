// SPDX-License-Identifier: Apache-2.0
// Host only: for tests. A parameter server and workers, each on flash of its own, on a network that
// loses and repeats datagrams, in virtual time.
#pragma once

#include "device/parameter_server/activity.hpp"
#include "device/worker/softmax_step.hpp"
#include "device/worker/test_shard.hpp"
#include "device/worker/worker_activity.hpp"
#include "os/store/flash_simulator.hpp"
#include "protocol/coap/lossy_network.hpp"

#include <memory>
#include <optional>
#include <string>

namespace tinyml::device {

inline constexpr coap::PeerId kServer{0x0A4D00021633};
[[nodiscard]] inline coap::PeerId worker_peer(std::size_t index) {
  return {0x0A4D01001633U + (std::uint64_t{index} << 16)};
}

template <typename ActivityPolicy>
using EndpointOf = coap::Endpoint<
    coap::FixedStorage<typename ActivityPolicy::template Limits<coap::DeviceLimits>>>;

/// A machine with a store, of which the power can be switched off and on.
struct TestDevice {
  explicit TestDevice(const hal::StoreInfo &info)
      : flash(info, power), layout(store::layout_of(info)) {}

  store::Power power;
  store::FlashSimulator flash;
  store::Layout layout;
};

/// `ProgramOf<Flash, Coap, Step>` is what runs on it.
template <template <typename, typename, typename> typename ProgramOf>
struct TestLearningDevice : TestDevice {
  using Coap = EndpointOf<WorkerActivity<SoftmaxStep>>;
  using Program = ProgramOf<store::FlashSimulator, Coap, SoftmaxStep>;

  TestLearningDevice(const hal::StoreInfo &info, const SoftmaxStep &module)
      : TestDevice(info), fresh(module) {}

  /// Everything but the store is as at the beginning.
  void start(std::uint64_t seed) {
    step = std::make_unique<SoftmaxStep>(fresh);
    coap = std::make_unique<Coap>(WorkerActivity<SoftmaxStep>::kCoap, seed);
    program = std::make_unique<Program>(*coap, flash, layout, *step, seed + 2);
  }
  void stop() { program.reset(); }

  SoftmaxStep fresh;
  std::unique_ptr<SoftmaxStep> step;
  std::unique_ptr<Coap> coap;
  std::unique_ptr<Program> program; ///< absent: switched off
};
template <typename Flash, typename Coap, typename Step>
using WorkerProgram = TrainingWorker<Flash, Coap, Step>;
using TestWorkerDevice = TestLearningDevice<WorkerProgram>;

struct TestServerDevice : TestDevice {
  using Coap = EndpointOf<ParameterServerActivity>;
  using Program = ParameterServer<store::FlashSimulator, Coap>;
  using TestDevice::TestDevice;

  void start(std::uint64_t seed) {
    coap = std::make_unique<Coap>(ParameterServerActivity::kCoap, seed);
    program = std::make_unique<Program>(flash, *coap, layout.user);
  }
  void stop() { program.reset(); }

  std::unique_ptr<Coap> coap;
  std::unique_ptr<Program> program;
};

struct Reply {
  coap::Code code = coap::Code::kEmpty;
  std::vector<std::uint8_t> body;
};

template <typename WorkerDevice> class TrainingSiteOf {
public:
  TrainingSiteOf(const hal::StoreInfo &info, const SoftmaxStep &module, std::size_t count,
                 const coap::testing::Weather &weather = {.max_delay_ms = 3},
                 std::uint32_t seed = 1)
      : server(info), network(weather, seed) {
    server.start(next_seed_++);
    for (std::size_t i = 0; i < count; ++i) {
      workers.push_back(std::make_unique<WorkerDevice>(info, module));
      workers.back()->start(next_seed_++);
    }
  }

  TestServerDevice server;
  std::vector<std::unique_ptr<WorkerDevice>> workers;
  coap::testing::LossyNetwork network;
  coap::Millis now_ms = 1000;

  void restart_server() { server.start(next_seed_++); }
  void restart_worker(std::size_t index) { workers[index]->start(next_seed_++); }

  /// A request of someone beside them, over a wire that loses nothing.
  template <typename Device>
  Reply ask(Device &device, coap::Code method, std::string_view path, ByteView body = {});

  [[nodiscard]] training::WorkerStatus status(std::size_t index) {
    return workers[index]->program->status();
  }
  /// False when that did not come about in so much time.
  template <typename IsOver> bool run_until(const IsOver &is_over, coap::Millis for_ms = 600'000) {
    const coap::Millis end_ms = now_ms + for_ms;
    while (!is_over()) {
      if (now_ms > end_ms) {
        return false;
      }
      step();
    }
    return true;
  }
  void step() {
    deliver();
    if (server.program) {
      server.program->poll(now_ms);
      drain(server, kServer);
    }
    for (std::size_t i = 0; i < workers.size(); ++i) {
      if (workers[i]->program) {
        workers[i]->program->poll(now_ms);
        drain(*workers[i], worker_peer(i));
      }
    }
    ++now_ms;
  }

private:
  template <typename Device> void drain(Device &device, coap::PeerId self) {
    while (const coap::Event event = device.coap->poll(now_ms)) {
      if (event.kind == coap::EventKind::kSend) {
        network.put(self, event.peer, event.datagram, now_ms);
      } else {
        device.program->handle(event, now_ms);
      }
    }
  }
  template <typename Device>
  void receive(Device &device, coap::PeerId self, const coap::testing::LossyNetwork::Flying &one) {
    if (device.program) {
      if (const auto event = device.coap->receive(one.from, one.bytes, now_ms)) {
        device.program->handle(event, now_ms);
      }
      drain(device, self);
    }
  }
  void deliver() {
    while (network.next_arrival() <= now_ms) {
      const auto one = network.take();
      if (one.to == kServer) {
        receive(server, kServer, one);
      }
      for (std::size_t i = 0; i < workers.size(); ++i) {
        if (one.to == worker_peer(i)) {
          receive(*workers[i], worker_peer(i), one);
        }
      }
    }
  }
  std::uint64_t next_seed_ = 100;
  std::uint16_t next_message_ = 1;
};

using TrainingSite = TrainingSiteOf<TestWorkerDevice>;

template <typename WorkerDevice>
template <typename Device>
Reply TrainingSiteOf<WorkerDevice>::ask(Device &device, coap::Code method, std::string_view path,
                                        ByteView body) {
  const coap::PeerId self{0x0A4D00011633};
  coap::BlockUpload upload;
  coap::BlockDownload download;
  upload.start(static_cast<std::uint32_t>(body.size()));
  download.start();
  Reply whole;
  for (;;) {
    std::uint8_t buffer[1200];
    coap::MessageBuilder request(buffer, coap::Type::kConfirmable, method, next_message_++,
                                 coap::Token());
    request.path(path);
    if (method == coap::Code::kGet) {
      download.add_to(request);
    } else if (!body.empty()) {
      upload.add_to(request);
      const auto part = upload.next();
      request.payload(body.subspan(part.offset_bytes, part.size_bytes));
    }
    if (const auto event = device.coap->receive(self, request.bytes(), now_ms)) {
      device.program->handle(event, now_ms);
    }
    coap::Event sent = device.coap->poll(now_ms);
    while (sent && sent.peer != self) {
      sent = device.coap->poll(now_ms);
    }
    const auto answer = coap::MessageView::parse(sent.datagram);
    if (!sent || !answer.ok()) {
      step();
      continue;
    }
    whole.code = answer->code();
    if (method == coap::Code::kGet) {
      const auto piece = download.accept(*answer);
      whole.body.insert(whole.body.end(), piece.bytes.begin(), piece.bytes.end());
      if (piece.status == coap::BlockDownload::Status::kMore) {
        continue;
      }
    } else if (upload.accept(*answer) == coap::BlockUpload::Status::kMore) {
      continue;
    }
    return whole;
  }
}

} // namespace tinyml::device
