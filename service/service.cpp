// SPDX-License-Identifier: Apache-2.0
#include "service/service.hpp"

#include "image/signer.hpp"
#include "service/api/api.hpp"
#include "service/http/server.hpp"
#include "service/registry/introduction.hpp"
#include "service/store/digest.hpp"

#include <cstdlib>
#include <random>
#include <spdlog/spdlog.h>

namespace tinyml::service {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kFlushEveryMs = 250;
constexpr std::uint64_t kExpireEveryMs = 2'000;
constexpr std::size_t kModuleRuns = 2;

std::uint64_t random_seed() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32U) | device();
}

/// The service's own PATH without compiler caches: a build must not depend on what another user
/// left there.
std::string search_path() {
  const char *inherited = std::getenv("PATH");
  std::string path = inherited != nullptr ? inherited : "/usr/local/bin:/usr/bin:/bin";
  std::string kept;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find(':', at), path.size());
    const std::string part = path.substr(at, end - at);
    if (!part.empty() && part.find("ccache") == std::string::npos) {
      kept += (kept.empty() ? "" : ":") + part;
    }
    at = end + 1;
  }
  return kept;
}

Expected<SocketAddress> loopback_address(const std::string &host, std::uint16_t port,
                                         const std::string &option) {
  auto address = SocketAddress::parse(host, port);
  if (address && !address->loopback()) {
    return fail(
        ErrorCode::kUnsupported,
        "will not listen on " + host +
            ": without DTLS and credentials anybody on that network could order images for your "
            "devices, and DTLS is not available yet. Use " +
            option +
            " 127.0.0.1:PORT, and a tunnel (ssh -L) "
            "to reach the service from another machine");
  }
  return address;
}

coap::PeerId peer_id(const SocketAddress &address) {
  return coap::peer_of({address.ipv4, address.port});
}

SocketAddress socket_address(coap::PeerId peer) {
  const auto endpoint = coap::ipv4_of(peer);
  return {endpoint.address, endpoint.port};
}

Json signing_key_json(const image::SigningKey &key) {
  return {{"algorithm", "ecdsa-p256-sha256"},
          {"public_key", to_hex(key.public_key())},
          {"fingerprint", to_hex(key.key_id())}};
}

/// All parts of a running service. Members are in the order of dependence: what is used outlives
/// its users.
class RunningService {
public:
  RunningService(const ServiceOptions &options, Store store, image::SigningKey key)
      : options_(options), store_(std::move(store)), key_(std::move(key)), zoo_(store_),
        book_(store_), environment_(make_environment()), lwm2m_(random_seed(), lwm2m_hooks()),
        introduction_(lwm2m_, book_, introduction_hooks()),
        background_(loop_, options.concurrent_builds), runs_(loop_, kModuleRuns),
        desk_(loop_, store_, book_, lwm2m_, background_, environment_, options.delivery_limits,
              desk_hooks()),
        context_{loop_,
                 store_,
                 book_,
                 zoo_,
                 desk_,
                 lwm2m_,
                 events_,
                 runs_,
                 environment_,
                 options.module_runner,
                 signing_key_json(key_),
                 Loop::now_ms(),
                 "",
                 "",
                 options.trained_folder},
        coap_timer_(loop_, [this] { poll_coap(); }), flush_timer_(loop_, [this] { flush(); }),
        expire_timer_(loop_, [this] { expire(); }) {}

  [[nodiscard]] Expected<void> start() {
    auto done = load();
    if (done) {
      done = open_sockets();
    }
    if (!done) {
      return done;
    }
    for (const auto &[endpoint, device] : book_.all()) {
      if (const auto registration = DeviceBook::stored(device, Loop::now_ms())) {
        lwm2m_.restore(*registration);
      }
    }
    flush_timer_.set_after(kFlushEveryMs);
    expire_timer_.set_after(kExpireEveryMs);
    done = desk_.resume();
    for (const auto &[endpoint, device] : book_.all()) {
      introduction_.start(endpoint); // observations ended with the last run
    }
    arm_coap();
    return done;
  }

  void run() {
    spdlog::info("service: HTTP on {}, CoAP on {}, state in {}", context_.http_address,
                 context_.coap_address, options_.state_folder.string());
    if (options_.on_ready) {
      options_.on_ready(context_.http_address, context_.coap_address);
    }
    loop_.run();
    flush();
    spdlog::info("service: stopped");
  }

  [[nodiscard]] Loop &loop() { return loop_; }

private:
  BuildEnvironment make_environment() {
    return {.backend = options_.backend,
            .accelerator_backends = options_.accelerator_backends,
            .kits = options_.kits_folder,
            .scratch = options_.state_folder / "scratch",
            .search_path = search_path(),
            .limits = options_.backend_limits,
            .calibration = options_.calibration
                               ? options_.calibration
                               : dataset_calibration(options_.calibration_samples, &store_.blobs()),
            .blobs = &store_.blobs(),
            .key = &key_};
  }

  Lwm2mServer::Hooks lwm2m_hooks() {
    return {.now_ms = [] { return Loop::now_ms(); },
            .send = [this](coap::PeerId to,
                           ByteView datagram) { socket_->send(socket_address(to), datagram); },
            .registration =
                [this](lwm2m::RegistryEvent event, const std::string &endpoint,
                       const lwm2m::Registration *registration) {
                  on_registration(event, endpoint, registration);
                },
            .seen =
                [this](const std::string &endpoint) {
                  book_.seen(endpoint, Loop::wall_ms());
                  desk_.device_seen(endpoint);
                },
            .trace =
                [this](const std::string &endpoint, const ExchangeRecord &exchange) {
                  traces_.push_back({endpoint, exchange});
                  traces_.back().exchange.at_ms = Loop::wall_ms();
                },
            .find_image = [this](const std::string &build) { return desk_.image_of(build); },
            .pulled = [this](const std::string &endpoint, const std::string &build,
                             std::int64_t bytes) { desk_.pulled(endpoint, build, bytes); },
            .asked = [this] { schedule_poll(); }};
  }

  Introduction::Hooks introduction_hooks() {
    return {
        .wall_ms = [] { return Loop::wall_ms(); },
        .build_of = [this](const std::string &id) { return desk_.build_of(id); },
        .changed = [this](const std::string &endpoint) { publish_device(endpoint); },
        .result =
            [this](const std::string &endpoint) {
              events_.publish("result", book_.find(endpoint)->result);
            },
        .firmware = [this](const std::string &endpoint) { desk_.firmware_changed(endpoint); },
        .problem = [](const std::string &endpoint,
                      const std::string &problem) { spdlog::warn("{}: {}", endpoint, problem); },
        .crashed = [this](const std::string &endpoint,
                          ByteView record) { return keep_crash(endpoint, record); }};
  }

  OrderDesk::Hooks desk_hooks() {
    return {.order_changed =
                [this](const OrderRecord &order) {
                  spdlog::info("order {}: '{}' for '{}': {}", order.id, order.model, order.device,
                               to_string(order.state));
                  events_.publish("order", order_json(order, store_, desk_));
                },
            .build_changed =
                [this](const BuildRecord &build) { events_.publish("build", build_json(build)); },
            .package_authority =
                [this](const std::string &endpoint) {
                  const std::string fallback = options_.package_authority.empty()
                                                   ? "coap://" + context_.coap_address
                                                   : options_.package_authority;
                  return lwm2m_.authority(endpoint).value_or(fallback);
                },
            .problem = [](const std::string &what) { spdlog::error("{}", what); }};
  }

  Expected<void> load() {
    std::error_code ignored; // what a killed service's builds left
    fs::remove_all(environment_.scratch, ignored);
    auto done = book_.load();
    if (done && !options_.zoo_folder.empty()) {
      done = zoo_.load(options_.zoo_folder, Loop::wall_ms());
    }
    return done;
  }

  Expected<void> open_sockets() {
    const auto coap = loopback_address(options_.coap_host, options_.coap_port, "--coap");
    const auto http = loopback_address(options_.http_host, options_.http_port, "--http");
    if (!coap || !http) {
      return Failure{coap ? http.error() : coap.error()};
    }
    auto socket = UdpSocket::bind(loop_, *coap, "--coap",
                                  [this](const SocketAddress &from, ByteView datagram) {
                                    lwm2m_.receive(peer_id(from), datagram);
                                    schedule_poll();
                                  });
    if (!socket) {
      return Failure{socket.error()};
    }
    socket_.emplace(std::move(*socket));
    add_routes(router_, context_);
    auto server = HttpServer::listen(loop_, *http, "--http", router_, events_);
    if (!server) {
      return Failure{server.error()};
    }
    http_.emplace(std::move(*server));
    context_.coap_address = socket_->local().text();
    context_.http_address = http_->local().text();
    return {};
  }

  void on_registration(lwm2m::RegistryEvent event, const std::string &endpoint,
                       const lwm2m::Registration *registration) {
    const TimeMs now = Loop::wall_ms();
    if (registration == nullptr) {
      book_.gone(endpoint, now);
      spdlog::info("{}: left", endpoint);
      return publish_device(endpoint);
    }
    if (event == lwm2m::RegistryEvent::kUpdated) {
      introduction_.renew(endpoint);
      return book_.updated(*registration, now);
    }
    spdlog::info("{}: registered from {}", endpoint, registration->peer);
    book_.registered(*registration, now);
    publish_device(endpoint);
    desk_.device_registered(endpoint);
    introduction_.start(endpoint);
  }

  bool keep_crash(const std::string &endpoint, ByteView record) {
    const TimeMs now = Loop::wall_ms();
    const auto kept = store_.add_crash(
        {.endpoint = endpoint, .at_ms = now, .record = {record.begin(), record.end()}});
    if (!kept) {
      spdlog::error("{}: {}", endpoint, kept.error().message);
      return false;
    }
    spdlog::warn("{}: crashed before its restart; 'tinyml crashes --device {}' shows where",
                 endpoint, endpoint);
    events_.publish("crash", {{"endpoint", endpoint}, {"at_ms", now}});
    return true;
  }

  void publish_device(const std::string &endpoint) {
    if (const DeviceRecord *device = book_.find(endpoint)) {
      events_.publish("device", device_json(*device, desk_.order_of(endpoint)));
    }
  }

  /// Many requests in one turn of the loop cost one poll.
  void schedule_poll() {
    if (!std::exchange(poll_scheduled_, true)) {
      loop_.post([this] { poll_coap(); });
    }
  }

  void poll_coap() {
    poll_scheduled_ = false;
    lwm2m_.poll();
    arm_coap();
  }

  void arm_coap() {
    const coap::Millis deadline = lwm2m_.next_deadline();
    if (deadline != coap::kNever) {
      coap_timer_.set_at(deadline);
    }
  }

  void flush() {
    auto written = book_.flush();
    if (written && !traces_.empty()) {
      written = store_.add_exchanges(traces_);
      traces_.clear();
    }
    if (!written && !std::exchange(flush_failed_, true)) {
      spdlog::error("{}", written.error().message);
    }
    flush_failed_ = flush_failed_ && !written;
    flush_timer_.set_after(kFlushEveryMs);
  }

  void expire() {
    lwm2m_.expire();
    expire_timer_.set_after(kExpireEveryMs);
  }

  ServiceOptions options_;
  Loop loop_;
  Store store_;
  image::SigningKey key_;
  Zoo zoo_;
  DeviceBook book_;
  EventHub events_;
  BuildEnvironment environment_;
  std::optional<UdpSocket> socket_;
  std::vector<Store::TraceEntry> traces_;
  Lwm2mServer lwm2m_;
  Introduction introduction_;
  Background background_;
  Background runs_;
  OrderDesk desk_;
  Router router_;
  ApiContext context_;
  std::optional<HttpServer> http_;
  Timer coap_timer_;
  Timer flush_timer_;
  Timer expire_timer_;
  bool poll_scheduled_ = false;
  bool flush_failed_ = false;
};

} // namespace

Expected<void> run_service(const ServiceOptions &options, const std::stop_token &stop) {
  std::error_code error;
  fs::create_directories(options.state_folder, error);
  auto store = Store::open(options.state_folder);
  if (!store) {
    return Failure{store.error()};
  }
  auto key = image::SigningKey::load_or_create(options.state_folder / "signing-key.pem");
  if (!key) {
    return Failure{key.error()};
  }
  RunningService service(options, std::move(*store), std::move(*key));
  if (auto started = service.start(); !started) {
    return started;
  }
  const std::stop_callback stopper(stop, [&service] { service.loop().stop(); });
  service.run();
  return {};
}

} // namespace tinyml::service
