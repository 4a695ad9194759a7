// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"
#include "cli/context.hpp"
#include "cli/state_folder.hpp"
#include "cli/stop_on_signal.hpp"
#include "service/builds/backend_process.hpp"
#include "service/service.hpp"

#include <charconv>
#include <chrono>
#include <csignal>
#include <iostream>
#include <thread>

namespace tinyml::cli {
namespace {

struct UpFlags {
  std::string state;
  std::string http = "127.0.0.1:7680";
  std::string coap = "127.0.0.1:5683";
  std::vector<std::string> backends;
};

/// "ADDRESS:PORT", IPv4.
Expected<std::pair<std::string, std::uint16_t>> parse_address(const std::string &text,
                                                              const char *flag) {
  const std::size_t colon = text.rfind(':');
  std::uint16_t port = 0;
  const char *end = text.data() + text.size();
  const char *digits = colon == std::string::npos ? end : text.data() + colon + 1;
  const auto parsed = std::from_chars(digits, end, port);
  if (digits == end || parsed.ec != std::errc{} || parsed.ptr != end) {
    return fail(ErrorCode::kInvalidInput,
                std::string(flag) + " wants ADDRESS:PORT, for example 127.0.0.1:7680");
  }
  return std::pair{text.substr(0, colon), port};
}

/// The programs that the service starts lie beside this one.
std::filesystem::path sibling(const char *name) {
  std::error_code error;
  return std::filesystem::canonical("/proc/self/exe", error).parent_path() / name;
}

Expected<service::ServiceOptions> service_options(const Context &context, const UpFlags &flags) {
  const auto http = parse_address(flags.http, "--http");
  const auto coap = parse_address(flags.coap, "--coap");
  const auto kits = context.kits_folder();
  const auto zoo = context.zoo_folder();
  if (!http.ok() || !coap.ok()) {
    return Failure{http.ok() ? coap.error() : http.error()};
  }
  if (!kits.ok() || !zoo.ok()) {
    return Failure{kits.ok() ? zoo.error() : kits.error()};
  }
  service::ServiceOptions options;
  options.state_folder =
      flags.state.empty() ? service_folder() : std::filesystem::path(flags.state);
  options.zoo_folder = *zoo;
  options.trained_folder = trained_folder();
  options.kits_folder = *kits;
  options.backend = sibling("tinyml-backend");
  for (const std::string &text : flags.backends) {
    auto registration = service::parse_backend_registration(text);
    if (!registration.ok()) {
      return Failure{registration.error()};
    }
    options.accelerator_backends.insert(*std::move(registration));
  }
  options.module_runner = sibling("tinyml-module-run");
  options.http_host = http->first;
  options.coap_host = coap->first;
  options.http_port = http->second;
  options.coap_port = coap->second;
  return options;
}

Expected<void> run_service(const Context &context, const UpFlags &flags) {
  auto options = service_options(context, flags);
  if (!options.ok()) {
    return Failure{options.error()};
  }
  const auto lock = FolderLock::take(options->state_folder,
                                     "a service on '" + options->state_folder.string() + "'");
  if (!lock.ok()) {
    return Failure{lock.error()};
  }
  options->on_ready = [&context](const std::string &http, const std::string &coap) {
    context.show({{"http", http}, {"coap", coap}}, [&] {
      std::cout << "service ready: HTTP on " << http << ", CoAP on " << coap
                << "; stop it with Ctrl-C or 'tinyml down'\n";
    });
  };
  const StopOnSignal signals;
  return service::run_service(*options, signals.token());
}

Expected<void> stop_service(const Context &context, const std::string &state) {
  const auto folder = state.empty() ? service_folder() : std::filesystem::path(state);
  const auto owner = FolderLock::holder(folder);
  if (!owner) {
    return fail(ErrorCode::kNotFound, "no service runs on '" + folder.string() + "'");
  }
  ::kill(*owner, SIGTERM);
  constexpr auto kPatience = std::chrono::seconds(10);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (FolderLock::holder(folder)) {
    if (std::chrono::steady_clock::now() > deadline) {
      return fail(ErrorCode::kUnavailable, "the service, process " + std::to_string(*owner) +
                                               ", does not stop; end it with kill -9");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  context.show({{"stopped", *owner}}, [&] { std::cout << "service stopped\n"; });
  return {};
}

} // namespace

void add_up(CLI::App &app, Context &context) {
  CLI::App *verb =
      app.add_subcommand("up", "Run the service: device registry, model zoo, builds, delivery");
  verb->footer("Examples:\n  tinyml up\n  tinyml up --http 127.0.0.1:8080 --coap 127.0.0.1:5700 "
               "--state ./state\n"
               "  tinyml up --backend-for accelerator=dense-array:/opt/vendor/backend");
  auto flags = std::make_shared<UpFlags>();
  verb->add_option("--state", flags->state,
                   "Folder for its store and signing key (default: below $TINYML_HOME)");
  verb->add_option("--http", flags->http, "Address and port of the HTTP API")
      ->capture_default_str();
  verb->add_option("--coap", flags->coap, "Address and port of the CoAP server")
      ->capture_default_str();
  verb->add_option("--backend-for", flags->backends,
                   "accelerator=NAME:PROGRAM: compile with this backend (docs/backend.md) for "
                   "devices whose profile names the accelerator; may be repeated");
  verb->callback(
      [&context, flags] { run_verb(context, [&] { return run_service(context, *flags); }); });
}

void add_down(CLI::App &app, Context &context) {
  CLI::App *verb = app.add_subcommand("down", "Stop the service that 'tinyml up' started");
  verb->footer("Examples:\n  tinyml down");
  auto state = std::make_shared<std::string>();
  verb->add_option("--state", *state, "The service's state folder (default: below $TINYML_HOME)");
  verb->callback(
      [&context, state] { run_verb(context, [&] { return stop_service(context, *state); }); });
}

} // namespace tinyml::cli
