// SPDX-License-Identifier: Apache-2.0
// A parameter server and two workers as machines: images of each board that trains, joined by its
// network. One worker finds its shard in its store, the other one is given it. Both are cut off
// from power in the middle.
#include "compiler/driver/build_image.hpp"
#include "compiler/driver/compile_training.hpp"
#include "compiler/ir/text.hpp"
#include "device/worker/test_shard.hpp"
#include "host/files.hpp"
#include "image/packer.hpp"
#include "os/store/flash_simulator.hpp"
#include "os/store/provision.hpp"
#include "os/store/training_area.hpp"
#include "protocol/training/messages.hpp"
#include "tender/machine/machine.hpp"
#include "tender/switch/ethernet_switch.hpp"
#include "training/coding/coding.hpp"
#include "training/run/coap_client.hpp"

#include <gmock/gmock.h>
#include <thread>

namespace tinyml {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using coordinator::CoapResponse;

constexpr std::uint32_t kRun = 5;

/// 16 values, 4 classes, one layer.
std::string tiny_model() {
  return "graph \"tiny\" {\ninput %x : f32[1,16]\nconst %w : f32[4,16] = hex \"" +
         std::string(512, '0') + "\"\nconst %b : f32[4] = hex \"" + std::string(32, '0') +
         "\"\n%y : f32[1,4] = fully_connected(%x, %w, %b)\noutput %y\n}\n";
}

struct TrainedBoard {
  const char *name;
  std::int64_t batch;
};
void PrintTo(const TrainedBoard &board, std::ostream *out) { *out << board.name; }

class TrainingSystem : public testing::TestWithParam<TrainedBoard> {
protected:
  struct Device {
    std::unique_ptr<tender::Machine> machine;
    tender::MachineConfig config;
    net::Endpoint at;
  };

  void SetUp() override {
    const std::string missing = tender::missing_hardware(GetParam().name);
    if (!missing.empty()) {
      GTEST_SKIP() << missing;
    }
    auto found = link::find_kit(TINYML_KITS_DIR, GetParam().name);
    ASSERT_TRUE(found.ok()) << found.error().message;
    kit = *std::move(found);
    auto made = host::TemporaryFolder::create("training-system");
    ASSERT_TRUE(made.ok());
    folder.emplace(*std::move(made));
    auto opened = tender::EthernetSwitch::open({});
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    the_switch = std::move(*opened);
    switch_thread = std::jthread([this](const std::stop_token &stop) { the_switch->run(stop); });
    auto wire = is_hosted() ? coordinator::open_loopback_link()
                            : coordinator::open_switch_link(the_switch->port());
    ASSERT_TRUE(wire.ok()) << wire.error().message;
    client.emplace(std::move(*wire), 99);
  }
  void TearDown() override {
    for (Device &device : devices) {
      device.machine.reset();
    }
    if (switch_thread.joinable()) {
      switch_thread.request_stop();
      the_switch->wake();
    }
  }

  [[nodiscard]] bool is_hosted() const { return tender::is_on_host_network(kit.board); }

  std::vector<std::uint8_t> image_of(const std::string &program,
                                     const driver::CompiledModel *model) {
    const fs::path work = folder->path() / program;
    fs::create_directories(work);
    auto planned = driver::PlannedImage::create(model, kit, program, work);
    if (!planned.ok()) {
      ADD_FAILURE() << planned.error().message;
      return {};
    }
    const auto linked = planned->link();
    if (!linked.ok()) {
      ADD_FAILURE() << linked.error().message;
      return {};
    }
    image::ImageInfo info;
    info.board = kit.board;
    info.abi_version = hal::kAbiVersion;
    const bool elf = kit.payload == link::PayloadKind::kElf;
    info.payload = elf ? image::Payload::kElf : image::Payload::kBinary;
    info.load_address = elf ? 0 : kit.rom.origin;
    info.version = {0, 1, 0, 1};
    info.program = program;
    auto packed = image::pack(linked->payload, info, key);
    EXPECT_TRUE(packed.ok()) << packed.error().message;
    return *packed;
  }

  void start_device(ByteView image, ByteView shard,
                    std::optional<std::uint32_t> memory_bytes = std::nullopt) {
    const auto number = static_cast<std::uint8_t>(devices.size() + 1);
    const auto geometry = tender::store_geometry(kit.board).value();
    store::Power power;
    store::FlashSimulator store(geometry, power);
    const auto public_key = key.public_key();
    const std::uint8_t seed[32] = {number};
    const std::uint8_t mac[6] = {2, 0, 0, 0, 0, number};
    const std::string name = "device-" + std::to_string(number);
    image::FactoryPage page;
    page.endpoint = name;
    page.server_uri = is_hosted() ? "coap://127.0.0.1:9" : "coap://10.77.0.1:9"; // nobody's
    page.signing_public_key = public_key;
    page.entropy_seed = seed;
    page.serial = "1";
    page.mac = mac;
    ASSERT_EQ(store::provision(store, page, image), hal::Status::kOk);
    std::copy(shard.begin(), shard.end(),
              store.bytes().begin() + store::layout_of(geometry).user.offset);
    Device &device = devices.emplace_back();
    device.config = {.board = kit.board,
                     .program = kit.folder / "boot.elf",
                     .store = folder->path() / name,
                     .switch_port = the_switch->port()};
    device.config.memory_bytes = memory_bytes;
    ASSERT_TRUE(host::write_file(device.config.store, store.bytes()).ok());
    fs::resize_file(device.config.store, tender::store_file_bytes(kit.board).value());
    if (is_hosted()) {
      device.config.udp_port = static_cast<std::uint16_t>(40'000 + ::getpid() % 10'000 + number);
    }
    power_on(device);
  }
  void power_on(Device &device) {
    auto started = tender::Machine::start(device.config);
    ASSERT_TRUE(started.ok()) << started.error().message;
    device.machine = std::move(*started);
    const auto told = device.machine->wait_for_line("address: ", 60s);
    ASSERT_TRUE(told) << device.machine->console();
    unsigned parts[4] = {};
    ASSERT_EQ(std::sscanf(told->c_str(), "%u.%u.%u.%u", &parts[0], &parts[1], &parts[2], &parts[3]),
              4);
    device.at = {{parts[0] << 24 | parts[1] << 16 | parts[2] << 8 | parts[3]}, 5683};
    if (is_hosted()) {
      device.at = {{0x7F000001}, *device.config.udp_port};
    }
  }
  void power_cut(Device &device) {
    device.machine->kill();
    power_on(device);
  }

  CoapResponse ask(const Device &device, coap::Code method, const std::string &path,
                   ByteView body = {}) {
    coordinator::CoapRequest request;
    request.to = device.at;
    request.method = method;
    request.path = path;
    request.payload.assign(body.begin(), body.end());
    request.limit = 30s;
    const auto response = client->ask(request);
    EXPECT_TRUE(response.ok()) << path << ": " << response.error().message
                               << device.machine->console();
    return response.ok() ? *response : CoapResponse{};
  }

  void begin_run(const driver::CompiledTraining &model, std::uint16_t rounds) {
    training::RunSettings settings;
    settings.run_id = kRun;
    settings.model = model.facts.model_fingerprint;
    settings.parameter_count = settings.learned_count =
        static_cast<std::uint32_t>(model.initial.size());
    settings.update_coding = settings.delta_coding =
        static_cast<std::uint8_t>(training::Coding::kInt8);
    settings.rounds = rounds;
    settings.workers = 2;
    settings.min_updates = 2;
    settings.rate = 0.2F;
    settings.poll_ms = 20;
    std::uint8_t bytes[training::kRunSettingsBytes];
    const std::size_t size = training::encode(settings, bytes);
    const auto run = ask(devices[0], coap::Code::kPut, "train/run", ByteView(bytes, size));
    ASSERT_TRUE(run.good()) << std::string(run.payload.begin(), run.payload.end());
    const std::vector<std::uint8_t> zeros(model.initial.size() * 4);
    ASSERT_TRUE(ask(devices[0], coap::Code::kPut, "train/model", zeros).good());
  }
  void order(std::uint16_t index) {
    const std::uint32_t host = devices[0].at.address.bits;
    training::JoinOrder order;
    order.run_id = kRun;
    order.index = index;
    for (unsigned i = 0; i < 4; ++i) {
      order.server.ipv4[i] = static_cast<std::uint8_t>(host >> (24 - 8 * i));
    }
    order.server.port = devices[0].at.port;
    std::uint8_t bytes[training::JoinOrder::kBytes];
    training::encode(order, bytes);
    ASSERT_TRUE(ask(devices[1U + index], coap::Code::kPut, "train/join", bytes).good());
  }
  training::RunStatus server_status() {
    const auto response = ask(devices[0], coap::Code::kGet, "train/status");
    const auto status = training::decode<training::RunStatus>(
        ByteView(response.payload).first(training::RunStatus::kBytes));
    return status.ok() ? *status : training::RunStatus{};
  }
  training::WorkerStatus worker_status(std::size_t index) {
    const auto response = ask(devices[1 + index], coap::Code::kGet, "train/status");
    const auto status = training::decode<training::WorkerStatus>(response.payload);
    return status.ok() ? *status : training::WorkerStatus{};
  }
  template <typename Is> bool wait_until(const Is &is, std::chrono::seconds limit = 60s) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!is()) {
      if (std::chrono::steady_clock::now() > end) {
        return false;
      }
      std::this_thread::sleep_for(20ms);
    }
    return true;
  }

  link::Kit kit;
  std::optional<host::TemporaryFolder> folder;
  image::SigningKey key = *image::SigningKey::generate();
  std::unique_ptr<tender::EthernetSwitch> the_switch;
  std::jthread switch_thread;
  std::optional<coordinator::CoapClient> client;
  std::vector<Device> devices; ///< the server, then the workers
};

TEST_P(TrainingSystem, LearnsOnItsMachines) {
  const auto graph = ir::parse(tiny_model());
  ASSERT_TRUE(graph.ok()) << graph.error().message;
  driver::TrainingCompileOptions options;
  options.model_name = "tiny";
  options.isa = kit.isa;
  options.batch = GetParam().batch;
  const auto compiled = driver::compile_training(*graph, options);
  ASSERT_TRUE(compiled.ok()) << compiled.error().message;
  const auto worker = image_of("worker", &compiled->model);
  const auto server = image_of("parameter_server", nullptr);
  const auto first_shard = device::made_up_shard({.seed = 1});
  const auto second_shard = device::made_up_shard({.seed = 2});
  ASSERT_FALSE(HasFailure());
  devices.reserve(3);
  start_device(server, {});
  start_device(worker, first_shard);
  start_device(worker, {});
  ASSERT_FALSE(HasFatalFailure());

  constexpr std::uint16_t kRounds = 12;
  begin_run(*compiled, kRounds);
  order(0);
  order(1);
  EXPECT_EQ(worker_status(1).fault, training::WorkerFault::kNoShard);
  ASSERT_TRUE(ask(devices[2], coap::Code::kPut, "train/data", second_shard).good());
  ASSERT_TRUE(wait_until([&] { return server_status().version >= 3; }))
      << devices[1].machine->console();
  power_cut(devices[1]);
  power_cut(devices[0]);
  ASSERT_TRUE(wait_until([&] { return server_status().state == training::RunState::kDone; }))
      << devices[0].machine->console() << devices[1].machine->console();
  for (std::size_t index : {0U, 1U}) {
    ASSERT_TRUE(
        wait_until([&] { return worker_status(index).phase == training::WorkerPhase::kDone; }));
    EXPECT_EQ(worker_status(index).version, kRounds);
    EXPECT_GE(worker_status(index).accuracy_after, 0.85F);
  }
}

/// A guest of so many bytes: image, network, model and all. TINYML_GUEST_BYTES tries other sizes.
class SmallGuest : public TrainingSystem {
protected:
  static std::uint32_t guest_bytes() {
    const std::uint32_t aim = GetParam().batch < 32 ? 512U << 10 : 1024U << 10;
    const char *wanted = std::getenv("TINYML_GUEST_BYTES");
    return wanted == nullptr ? aim : static_cast<std::uint32_t>(std::strtoul(wanted, nullptr, 0));
  }
};

TEST_P(SmallGuest, TrainsAllOfLeNet) {
  const auto bytes = host::read_file(TINYML_SOURCE_DIR "/zoo/mnist-lenet.onnx");
  ASSERT_TRUE(bytes.ok());
  const auto graph = driver::load_trainable_model(*bytes);
  ASSERT_TRUE(graph.ok()) << graph.error().message;
  driver::TrainingCompileOptions options;
  options.model_name = "lenet";
  options.isa = kit.isa;
  options.batch = GetParam().batch;
  const auto compiled = driver::compile_training(*graph, options);
  ASSERT_TRUE(compiled.ok()) << compiled.error().message;
  const auto worker = image_of("worker", &compiled->model);
  const auto server = image_of("parameter_server", nullptr);
  ASSERT_FALSE(HasFailure());
  devices.reserve(3);
  start_device(server, {});
  for (const std::uint32_t seed : {1U, 2U}) {
    start_device(worker,
                 device::made_up_shard({.values = 784,
                                        .classes = 10,
                                        .training_samples = 320,
                                        .test_samples = 40,
                                        .seed = seed}),
                 guest_bytes());
  }
  ASSERT_FALSE(HasFatalFailure());
  begin_run(*compiled, 2);
  order(0);
  order(1);
  ASSERT_TRUE(wait_until([&] { return server_status().state == training::RunState::kDone; }))
      << devices[1].machine->console();
  const auto status = worker_status(0);
  std::printf("batch %u in %u bytes: %u samples, %.1f million cycles\n",
              static_cast<unsigned>(options.batch), guest_bytes(), status.trained_samples,
              static_cast<double>(status.cycles) * 1e-6);
}

INSTANTIATE_TEST_SUITE_P(Kvm, SmallGuest,
                         testing::Values(TrainedBoard{"kvm-x86_64", 1},
                                         TrainedBoard{"kvm-x86_64", 4},
                                         TrainedBoard{"kvm-x86_64", 32}),
                         [](const auto &one) { return "batch" + std::to_string(one.param.batch); });
INSTANTIATE_TEST_SUITE_P(Boards, TrainingSystem,
                         testing::Values(TrainedBoard{"linux", 8}, TrainedBoard{"kvm-x86_64", 8},
                                         TrainedBoard{"mps2-an386", 1},
                                         TrainedBoard{"virt-rv32", 1}),
                         [](const auto &one) {
                           std::string name = one.param.name;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

} // namespace
} // namespace tinyml
