// SPDX-License-Identifier: Apache-2.0
// Whole devices: bootloader, library OS and programs of each board against the LwM2M server's logic
// on a real socket. A base device takes an image with a small module, by pull and by push, and
// computes with it.
#include "compiler/link/link_image.hpp"
#include "host/child.hpp"
#include "host/process.hpp"
#include "image/packer.hpp"
#include "os/drivers/nor_image.hpp"
#include "os/store/provision.hpp"
#include "protocol/lwm2m/server_profile.hpp"
#include "protocol/lwm2m/test_server.hpp"
#include "tender/machine/machine.hpp"
#include "tender/switch/ethernet_switch.hpp"

#include <gmock/gmock.h>

#include <arpa/inet.h>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tinyml {
namespace {

namespace fs = std::filesystem;
using lwm2m::ClientAnswer;
using lwm2m::Format;
using lwm2m::Path;
using testing::HasSubstr;
using namespace std::chrono_literals;

/// A module as the compiler would make it: the output is the input, plus its index.
constexpr const char *kModule = R"(
#include "kernels/module_abi.hpp"
using namespace tinyml::module;
alignas(16) std::uint8_t tinyml_module_arena[6144];
static constexpr TensorInfo inputs[] = {{"in", ElementType::kInt8, 2, {1, 3000}, 3000, 0, 1.0f, 0}};
static constexpr TensorInfo outputs[] = {{"out", ElementType::kInt8, 2, {1, 2000}, 2000, 4096, 0.5f, 0}};
const ModuleInfo tinyml_module_info = {
    kAbiVersion, "probe", {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, 6144, 0, 1, 1, inputs, outputs};
extern "C" void tinyml_module_reset() {}
extern "C" void tinyml_module_run() {
  for (unsigned i = 0; i < 2000; ++i) {
    tinyml_module_arena[4096 + i] = static_cast<std::uint8_t>((tinyml_module_arena[i] & 63) + (i == 1234 ? 60 : 0));
  }
}
)";

/// TestServer on a UDP socket of loopback.
class ServerSocket {
public:
  ServerSocket() : fd_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in address = of(0x7F000001, 0);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr *>(&address), size), 0);
    ::getsockname(fd_, reinterpret_cast<sockaddr *>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~ServerSocket() { ::close(fd_); }

  [[nodiscard]] std::uint16_t port() const { return port_; }

  template <typename Done> bool run_until(Done &&done, std::chrono::milliseconds limit = 60s) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!done()) {
      if (std::chrono::steady_clock::now() > end) {
        return false;
      }
      step();
    }
    return true;
  }

  lwm2m::TestServer server;

private:
  static sockaddr_in of(std::uint32_t host, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(host);
    address.sin_port = htons(port);
    return address;
  }
  static coap::Millis now_ms() {
    return static_cast<coap::Millis>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                         std::chrono::steady_clock::now().time_since_epoch())
                                         .count());
  }

  void step() {
    pollfd waiting{fd_, POLLIN, 0};
    if (::poll(&waiting, 1, 5) > 0) {
      std::uint8_t buffer[2048];
      sockaddr_in from{};
      socklen_t size = sizeof(from);
      const auto got =
          ::recvfrom(fd_, buffer, sizeof(buffer), 0, reinterpret_cast<sockaddr *>(&from), &size);
      const coap::PeerId peer{(std::uint64_t{ntohl(from.sin_addr.s_addr)} << 16) |
                              ntohs(from.sin_port)};
      if (got > 0) {
        server.receive(peer, ByteView(buffer, static_cast<std::size_t>(got)), now_ms());
      }
    }
    server.poll(now_ms());
    for (const auto &datagram : server.take_outgoing()) {
      const sockaddr_in to = of(static_cast<std::uint32_t>(datagram.peer.value >> 16),
                                static_cast<std::uint16_t>(datagram.peer.value));
      ::sendto(fd_, datagram.bytes.data(), datagram.bytes.size(), 0,
               reinterpret_cast<const sockaddr *>(&to), sizeof(to));
    }
  }

  int fd_;
  std::uint16_t port_ = 0;
};

class DeviceSystem : public testing::TestWithParam<const char *> {
protected:
  static constexpr const char *kEndpoint = "system-test";

  void SetUp() override {
    if (const std::string missing = tender::missing_hardware(GetParam()); !missing.empty()) {
      GTEST_SKIP() << missing;
    }
    const fs::path folder = fs::path(TINYML_SOURCE_DIR) / "build/kits" / GetParam();
    if (!fs::exists(folder / "kit.json")) {
      GTEST_SKIP() << "no kit in " << folder << "; build it with: cmake --preset board-"
                   << GetParam() << " && cmake --build --preset board-" << GetParam();
    }
    char pattern[] = "/tmp/tinyml-device-system-XXXXXX";
    work = ::mkdtemp(pattern);
    auto loaded = link::load_kit(folder);
    ASSERT_TRUE(loaded) << loaded.error().message;
    kit.emplace(std::move(*loaded));
    auto opened = tender::EthernetSwitch::open({});
    ASSERT_TRUE(opened) << opened.error().message;
    the_switch = std::move(*opened);
    switch_thread = std::jthread([this](const std::stop_token &stop) { the_switch->run(stop); });
    boot();
  }

  /// Starts the device and waits until it is there.
  virtual void boot() {
    boot_base(socket.port());
    await_registration(1);
  }

  void TearDown() override {
    machine.reset();
    if (switch_thread.joinable()) {
      switch_thread.request_stop();
      the_switch->wake();
      switch_thread.join();
    }
    if (!work.empty()) {
      fs::remove_all(work);
    }
  }

  std::vector<std::uint8_t> build(const std::string &program, const link::SourceFiles &sources,
                                  std::uint32_t build_number) {
    const fs::path folder = work / (program + std::to_string(build_number));
    fs::create_directories(folder);
    const link::Kit program_kit = kit->for_program(program);
    link::ImageLinker linker(program_kit, program, folder);
    const auto plan = linker.plan(sources);
    EXPECT_TRUE(plan) << plan.error().message;
    const auto linked = linker.link(*plan);
    EXPECT_TRUE(linked) << linked.error().message;
    std::printf("%s %s: rom %llu, static ram %llu, stack %llu\n", GetParam(), program.c_str(),
                static_cast<unsigned long long>(linked->rom_bytes),
                static_cast<unsigned long long>(plan->static_ram_bytes),
                static_cast<unsigned long long>(plan->stack.bytes));
    image::ImageInfo info;
    info.board = kit->board;
    info.abi_version = hal::kAbiVersion;
    info.payload =
        kit->payload == link::PayloadKind::kElf ? image::Payload::kElf : image::Payload::kBinary;
    info.load_address = kit->payload == link::PayloadKind::kElf ? 0 : program_kit.rom.origin;
    info.version = {0, 1, 0, build_number};
    info.program = program;
    auto packed = image::pack(linked->payload, info, key);
    EXPECT_TRUE(packed) << packed.error().message;
    return *packed;
  }

  void boot_base(std::uint16_t server_port) {
    const auto base = build("base", {}, 1);
    const bool hosted = tender::is_on_host_network(kit->board);
    const std::string server_uri =
        (hosted ? "coap://127.0.0.1:" : "coap://10.77.0.1:") + std::to_string(server_port);
    package_uri = server_uri + "/fw";
    const auto public_key = key.public_key();
    const std::uint8_t seed[32] = {1, 2, 3};
    const std::uint8_t mac[6] = {2, 0, 0, 0, 0, 7};
    image::FactoryPage page;
    page.endpoint = kEndpoint;
    page.server_uri = server_uri;
    page.signing_public_key = public_key;
    page.entropy_seed = seed;
    page.serial = "42";
    page.mac = mac;
    drivers::NorImage store(tender::store_geometry(kit->board).value());
    ASSERT_EQ(store::provision(store, page, base), hal::Status::kOk);
    std::ofstream(work / "store", std::ios::binary)
        .write(reinterpret_cast<const char *>(store.bytes.data()),
               static_cast<std::streamsize>(store.bytes.size()));
    fs::resize_file(work / "store", tender::store_file_bytes(kit->board).value());
    power_on();
  }

  void power_on() {
    tender::MachineConfig config;
    config.board = kit->board;
    config.program = kit->folder / "boot.elf";
    config.store = work / "store";
    config.switch_port = the_switch->port();
    auto started = tender::Machine::start(config);
    ASSERT_TRUE(started) << started.error().message;
    machine = std::move(*started);
  }
  void power_cut() {
    machine->kill();
    power_on();
  }

  void await_registration(unsigned number) {
    ASSERT_TRUE(socket.run_until([&] { return socket.server.registrations >= number; }, 90s))
        << machine->console();
  }

  [[nodiscard]] coap::PeerId device() const {
    const auto *known = const_cast<ServerSocket &>(socket).server.registry().find(kEndpoint);
    return {known == nullptr ? 0 : std::stoull(known->peer)};
  }

  ClientAnswer ask(lwm2m::ClientRequest request) {
    socket.server.answers().clear();
    socket.server.ask(device(), std::move(request));
    EXPECT_TRUE(socket.run_until([&] { return !socket.server.answers().empty(); }))
        << machine->console();
    return socket.server.answers().empty() ? ClientAnswer{} : socket.server.answers().front();
  }
  std::string text_at(const Path &path) {
    return ask(lwm2m::read_request(path, Format::kText)).text();
  }
  bool wait_for_state(std::string_view state) {
    return socket.run_until([&] { return text_at(Path::of(5, 0, 3)) == state; });
  }

  image::SigningKey key = *image::SigningKey::generate();
  fs::path work;
  std::optional<link::Kit> kit;
  std::unique_ptr<tender::EthernetSwitch> the_switch;
  std::jthread switch_thread;
  ServerSocket socket;
  std::string package_uri;
  std::unique_ptr<tender::Machine> machine;
};

TEST_P(DeviceSystem, tells_its_profile_and_takes_an_image_by_pull) {
  const auto answer = ask(lwm2m::read_request(Path::of(42769, 0), Format::kSenmlCbor));
  const auto tree = lwm2m::decode_values(Path::of(42769, 0), answer.format, answer.payload);
  ASSERT_TRUE(tree) << tree.error().message;
  const auto profile = lwm2m::profile_from_values(*tree);
  ASSERT_TRUE(profile) << profile.error().message;
  EXPECT_EQ(lwm2m::profile_to_json(*profile), kit->profile);

  socket.server.file = build("inference", {{"module.cpp", kModule}}, 2);
  EXPECT_EQ(ask(lwm2m::write_text_request(Path::of(5, 0, 1), package_uri)).code,
            coap::Code::kChanged);
  ASSERT_TRUE(wait_for_state("2")) << machine->console();
  EXPECT_EQ(ask(lwm2m::execute_request(Path::of(5, 0, 2))).code, coap::Code::kChanged);
  await_registration(2);
  EXPECT_TRUE(socket.run_until([&] { return text_at(Path::of(5, 0, 5)) == "1"; }))
      << machine->console();
  EXPECT_EQ(text_at(Path::of(42770, 0, 0)), "probe");
  EXPECT_EQ(text_at(Path::of(3, 0, 3)), "0.1.0+2");

  lwm2m::ClientRequest infer;
  infer.method = 2;
  infer.uri_path = {"infer"};
  infer.content_format = 42;
  infer.payload.resize(3000);
  for (std::size_t i = 0; i < infer.payload.size(); ++i) {
    infer.payload[i] = static_cast<std::uint8_t>(i % 60);
  }
  ASSERT_EQ(ask(infer).code, coap::Code::kChanged) << machine->console();
  EXPECT_EQ(text_at(Path::of(3341, 0, 5527)), "1234");
  EXPECT_EQ(text_at(Path::of(42771, 0, 1)), "47.000000");
  EXPECT_EQ(text_at(Path::of(42771, 0, 3)), "1");
  EXPECT_TRUE(machine->wait_for_console("display: 1234", 30s));
}

TEST_P(DeviceSystem, takes_an_image_by_push) {
  const auto image = build("inference", {{"module.cpp", kModule}}, 3);
  EXPECT_EQ(ask(lwm2m::write_opaque_request(Path::of(5, 0, 0), image)).code, coap::Code::kChanged)
      << machine->console();
  ASSERT_EQ(text_at(Path::of(5, 0, 3)), "2") << machine->console();
  ask(lwm2m::execute_request(Path::of(5, 0, 2)));
  await_registration(2);
  EXPECT_EQ(text_at(Path::of(42770, 0, 0)), "probe");
}

TEST_P(DeviceSystem, refuses_an_image_of_which_one_byte_was_flipped) {
  auto image = build("inference", {{"module.cpp", kModule}}, 4);
  image[image.size() / 2] ^= 1;
  socket.server.file = image;
  ask(lwm2m::write_text_request(Path::of(5, 0, 1), package_uri));
  ASSERT_TRUE(socket.run_until([&] { return text_at(Path::of(5, 0, 5)) != "0"; }));
  EXPECT_EQ(text_at(Path::of(5, 0, 5)), "5") << machine->console();
  EXPECT_EQ(text_at(Path::of(5, 0, 3)), "0");
  EXPECT_THAT(machine->console(), HasSubstr("hash differs"));
}

TEST_P(DeviceSystem, restarts_on_request_and_registers_again) {
  EXPECT_EQ(ask(lwm2m::execute_request(Path::of(3, 0, 4))).code, coap::Code::kChanged);
  await_registration(2);
}

/// A device with one slot: what runs there cannot be replaced but by the recovery image.
class OneSlot : public DeviceSystem {
protected:
  /// Offers the file until it is downloaded: whoever runs may restart first, as services know.
  void offer() {
    for (int offers = 0; offers < 4; ++offers) {
      const unsigned registrations = socket.server.registrations;
      EXPECT_EQ(ask(lwm2m::write_text_request(Path::of(5, 0, 1), package_uri)).code,
                coap::Code::kChanged);
      const auto restarted = [&] { return socket.server.registrations != registrations; };
      ASSERT_TRUE(socket.run_until([&] {
        return restarted() || text_at(Path::of(5, 0, 3)) == "2";
      })) << machine->console();
      if (!restarted()) {
        return;
      }
    }
    FAIL() << machine->console();
  }
  void apply() {
    const unsigned registrations = socket.server.registrations;
    EXPECT_EQ(ask(lwm2m::execute_request(Path::of(5, 0, 2))).code, coap::Code::kChanged);
    await_registration(registrations + 1);
    EXPECT_TRUE(socket.run_until([&] { return text_at(Path::of(5, 0, 5)) == "1"; }))
        << machine->console();
  }
  void take_first_image() {
    socket.server.file = build("inference", {{"module.cpp", kModule}}, 2);
    ask(lwm2m::write_text_request(Path::of(5, 0, 1), package_uri));
    ASSERT_TRUE(wait_for_state("2")) << machine->console();
    apply();
    ASSERT_EQ(text_at(Path::of(3, 0, 3)), "0.1.0+2");
  }
};

TEST_P(OneSlot, an_update_goes_through_the_recovery_image) {
  take_first_image();
  socket.server.file = build("inference", {{"module.cpp", kModule}}, 3);
  offer();
  apply();
  EXPECT_EQ(text_at(Path::of(3, 0, 3)), "0.1.0+3");
  EXPECT_THAT(machine->console(), HasSubstr("update: restarting into the recovery image"));
}

TEST_P(OneSlot, survives_the_end_of_its_emulator_in_mid_update) {
  take_first_image();
  socket.server.file = build("inference", {{"module.cpp", kModule}}, 3);
  for (int cut = 0; cut < 3; ++cut) {
    const std::string half = cut == 0 ? "restarting into" : "update: 32768 of ";
    const unsigned registrations = socket.server.registrations;
    for (int offers = 0; offers < 2; ++offers) {
      ask(lwm2m::write_text_request(Path::of(5, 0, 1), package_uri));
      (void)socket.run_until(
          [&] {
            return machine->console().find(half) != std::string::npos ||
                   socket.server.registrations != registrations + offers;
          },
          20s);
    }
    ASSERT_THAT(machine->console(), HasSubstr(half));
    const unsigned before = socket.server.registrations;
    power_cut();
    await_registration(before + 1);
  }
  offer();
  apply();
  EXPECT_EQ(text_at(Path::of(3, 0, 3)), "0.1.0+3");
}

/// Foreign peers: libcoap's resource directory and client.
class DeviceInterop : public DeviceSystem {
protected:
  static constexpr const char *kDirectoryTool = "/usr/bin/coap-rd-notls";
  static constexpr const char *kClientTool = "/usr/bin/coap-client-notls";

  void boot() override {
    if (!fs::exists(kDirectoryTool) || !fs::exists(kClientTool)) {
      GTEST_SKIP() << "Debian package libcoap3-bin is not installed";
    }
    const auto port = host::free_udp_port();
    ASSERT_TRUE(port);
    auto started = host::Child::start(
        {.argv = {kDirectoryTool, "-A", "127.0.0.1", "-p", std::to_string(*port)},
         .output_file = work / "directory"});
    ASSERT_TRUE(started) << started.error().message;
    directory.emplace(std::move(*started));
    directory_uri = "coap://127.0.0.1:" + std::to_string(*port);
    boot_base(*port);
    ASSERT_TRUE(machine->wait_for_console("registered: ", 30s)) << machine->console();
  }

  std::string get(const std::string &uri, const std::string &more = "-v3") {
    const auto outcome = host::run({.argv = {kClientTool, "-B", "5", more, uri}, .timeout = 10s});
    EXPECT_TRUE(outcome) << outcome.error().message;
    return outcome ? outcome->output : std::string();
  }

  std::string directory_uri;
  std::optional<host::Child> directory;
};

TEST_P(DeviceInterop, registers_at_a_foreign_directory) {
  EXPECT_THAT(get(directory_uri + "/.well-known/core"), HasSubstr("</rd/"));
}

TEST_P(DeviceInterop, answers_a_foreign_client) {
  const std::string console = machine->console();
  const std::string marker = "UDP port ";
  const std::size_t at = console.find(marker);
  if (at == std::string::npos) {
    GTEST_SKIP() << "devices behind the switch are reached by the service only";
  }
  const std::string uri =
      "coap://127.0.0.1:" + std::to_string(std::stoi(console.substr(at + marker.size())));
  EXPECT_THAT(get(uri + "/.well-known/core"), HasSubstr("</42769/0>,</42770/0>,</42771/0>"));
  EXPECT_THAT(get(uri + "/3/0/0", "-A0"), HasSubstr("TinyMLaaS"));
  EXPECT_THAT(get(uri + "/42769/0"), HasSubstr("tinyml-image-1")); // by a challenge (RFC 9175)
}

constexpr const char *kBoards[] = {"linux",       "posix-rtos", "mps2-an385",
                                   "lm3s6965evb", "kvm-x86_64", "microbit"};

std::string name_of(const testing::TestParamInfo<const char *> &chosen) {
  std::string name = chosen.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Boards, OneSlot, testing::Values("microbit"), name_of);
INSTANTIATE_TEST_SUITE_P(Boards, DeviceSystem, testing::ValuesIn(kBoards), name_of);
INSTANTIATE_TEST_SUITE_P(Boards, DeviceInterop, testing::ValuesIn(kBoards), name_of);

} // namespace
} // namespace tinyml
