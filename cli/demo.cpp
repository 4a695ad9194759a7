// SPDX-License-Identifier: Apache-2.0
#include "cli/demo.hpp"

#include "cli/compilation.hpp"
#include "cli/demo_training.hpp"
#include "cli/image_file.hpp"
#include "cli/model_source.hpp"
#include "cli/orders.hpp"
#include "cli/running_module.hpp"
#include "cli/terminal.hpp"
#include "cli/verification.hpp"
#include "compiler/driver/compile_model.hpp"
#include "compiler/hostrun/host_module.hpp"
#include "compiler/hostrun/kernel_sets.hpp"
#include "host/child.hpp"
#include "host/files.hpp"

#include <chrono>
#include <fmt/format.h>
#include <iostream>
#include <thread>

namespace tinyml::cli {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr const char *kEndpoint = "demo-mcu";
constexpr std::uint64_t kDrawnSeed = 2019;

/// The processes and files of one demo.
struct Stage {
  host::TemporaryFolder folder;
  std::string service_url;
  std::optional<host::Child> service;
  std::optional<host::Child> device;
};

void say(int step, const std::string &text) {
  std::cerr << fmt::format("[{}/8] {}", step, text) << std::endl;
}

std::string own_program() {
  std::error_code error;
  return std::filesystem::canonical("/proc/self/exe", error).string();
}

/// Asks until the answer satisfies `done`; fails when time is up or a process of the stage has
/// ended.
Expected<json> wait_for(Stage &stage, const std::string &path, const std::string &what,
                        const std::function<bool(const json &)> &done) {
  constexpr auto kPatience = std::chrono::seconds(30);
  HttpClient client(stage.service_url);
  const auto deadline = Clock::now() + kPatience;
  while (Clock::now() < deadline) {
    const auto answer = client.get(path);
    if (answer.ok() && done(*answer)) {
      return answer;
    }
    for (auto *child : {&stage.service, &stage.device}) {
      if (*child && (*child)->ended()) {
        const bool is_service = child == &stage.service;
        const auto log =
            host::read_text(stage.folder.path() / (is_service ? "service.log" : "device.log"));
        return fail(ErrorCode::kUnavailable,
                    std::string(is_service ? "the service" : "the virtual device") +
                        " ended early:\n" + (log.ok() ? *log : ""));
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return fail(ErrorCode::kUnavailable,
              what + " did not happen within 30 seconds; see the logs with --keep");
}

Expected<void> start_service(Stage &stage, const Context &context, bool keep) {
  const auto http = host::free_tcp_port();
  const auto coap = host::free_udp_port();
  if (!http.ok() || !coap.ok()) {
    return Failure{http.ok() ? coap.error() : http.error()};
  }
  stage.service_url = fmt::format("http://127.0.0.1:{}", *http);
  std::vector<std::string> argv = {
      "env",         "TINYML_HOME=" + (stage.folder.path() / "home").string(),
      own_program(), "up",
      "--http",      fmt::format("127.0.0.1:{}", *http),
      "--coap",      fmt::format("127.0.0.1:{}", *coap),
      "--state",     (stage.folder.path() / "service").string()};
  for (const auto &[flag, value] :
       {std::pair{"--kits", context.kits}, std::pair{"--zoo", context.zoo}}) {
    if (!value.empty()) {
      argv.insert(argv.end(), {flag, value});
    }
  }
  auto child = host::Child::start(
      {.argv = argv, .output_file = stage.folder.path() / "service.log", .outlives_us = keep});
  if (!child.ok()) {
    return Failure{child.error()};
  }
  stage.service = *std::move(child);
  const auto healthy =
      wait_for(stage, "/healthz", "the start of the service", [](const json &) { return true; });
  return healthy.ok() ? Expected<void>() : Failure{healthy.error()};
}

Expected<json> start_device(Stage &stage, const Context &context, const DemoOptions &options) {
  std::vector<std::string> argv = {own_program(),
                                   "device",
                                   "run",
                                   "--service",
                                   stage.service_url,
                                   "--board",
                                   options.board,
                                   "--endpoint",
                                   kEndpoint,
                                   "--state",
                                   (stage.folder.path() / "device").string()};
  if (!context.kits.empty()) {
    argv.insert(argv.end(), {"--kits", context.kits});
  }
  auto child = host::Child::start({.argv = argv,
                                   .output_file = stage.folder.path() / "device.log",
                                   .outlives_us = options.keep});
  if (!child.ok()) {
    return Failure{child.error()};
  }
  stage.device = *std::move(child);
  return wait_for(stage, std::string("/v1/devices/") + kEndpoint, "the registration of the device",
                  [](const json &device) {
                    return device.value("online", false) &&
                           device.value("profile", json()).is_object();
                  });
}

struct TestImages {
  datasets::ImageSet images;
  std::string origin; ///< "mnist" or "drawn"
};

TestImages test_images(std::size_t count) {
  auto images = datasets::load("mnist", datasets::Split::kTest);
  if (images.ok()) {
    return {images->first(count), "mnist"};
  }
  std::cerr << "      " << images.error().message
            << "\n      using digits that the program draws itself\n";
  return {datasets::draw_digits(count, kDrawnSeed), "drawn"};
}

/// Accuracy of the model in float32, built for and run on this machine.
Expected<double> float_accuracy(const Context &context, const std::string &model,
                                const datasets::ImageSet &images) {
  const auto source = read_model(context, {.model = model, .float32 = true});
  const auto headers = host_include_folder(context);
  if (!source.ok() || !headers.ok()) {
    return Failure{source.ok() ? headers.error() : source.error()};
  }
  const std::string isa = hostrun::host_kernel_set();
  const auto compiled = driver::compile_model(
      source->bytes, {.model_name = model, .precision = driver::Precision::kFloat32, .isa = isa});
  if (!compiled.ok()) {
    return Failure{compiled.error()};
  }
  auto module =
      hostrun::HostModule::build(compiled->module.files, {.include_dir = *headers, .isa = isa});
  if (!module.ok()) {
    return Failure{module.error()};
  }
  const TensorDescription input{
      .name = "image", .type = "float32", .size_bytes = module->input_bytes()};
  const TensorDescription output{
      .name = "scores", .type = "float32", .size_bytes = module->output_bytes()};
  std::vector<std::uint8_t> scores(module->output_bytes());
  std::size_t correct = 0;
  for (std::size_t i = 0; i < images.size(); ++i) {
    const auto tensor = encode_picture(images.image(i), input);
    if (!tensor.ok()) {
      return Failure{tensor.error()};
    }
    if (const auto ran = module->run(*tensor, scores); !ran.ok()) {
      return Failure{ran.error()};
    }
    correct += index_of_largest(decode_tensor(scores, output)) == images.labels[i] ? 1U : 0U;
  }
  return static_cast<double>(correct) / static_cast<double>(images.size());
}

/// Told as these steps of the demo: until it is built, and then.
struct OrderSteps {
  int build;
  int deliver;
};

Expected<json> order_model(Stage &stage, const std::string &model, const OrderSteps &steps) {
  HttpClient client(stage.service_url);
  const auto placed = place_order(client, {.model = model, .device = kEndpoint});
  if (!placed.ok()) {
    return placed;
  }
  std::string shown;
  return follow_order(client, placed->value("id", std::int64_t{0}), [&](const json &order) {
    const std::string state = order.value("state", "");
    if (state != shown) {
      shown = state;
      const bool builds = state == "received" || state == "building" || state == "built";
      say(builds ? steps.build : steps.deliver,
          fmt::format("order {}: {}", order.value("id", 0), describe_order_state(order)));
    }
  });
}

Expected<Verification> prove(Stage &stage, const TestImages &data) {
  HttpClient client(stage.service_url);
  say(6, fmt::format("proving it with {} images: device against host, every byte",
                     grouped(data.images.size())));
  ProgressBar bar("      verifying", data.images.size());
  return verify_device(client, kEndpoint, data.images, [&](std::size_t done) { bar.update(done); });
}

/// What the device's display (IPSO 3341) shows and the result it published last.
Expected<json> display_and_result(Stage &stage) {
  HttpClient client(stage.service_url);
  const auto display =
      client.post(std::string("/v1/devices/") + kEndpoint + "/read?path=/3341/0/5527", json());
  if (!display.ok()) {
    return display;
  }
  const json values = display->value("values", json::object());
  const auto device =
      wait_for(stage, std::string("/v1/devices/") + kEndpoint, "a published inference result",
               [](const json &one) { return one.value("result", json()).is_object(); });
  if (!device.ok()) {
    return device;
  }
  return json{{"display", values.empty() ? json("") : *values.begin()},
              {"result", device->at("result")}};
}

json figures(const json &device, const json &order, const json &build, const Verification &proof) {
  const json &report = build.at("report");
  const double seconds = static_cast<double>(order.at("confirmed_ms").get<std::int64_t>() -
                                             order.at("created_ms").get<std::int64_t>()) /
                         1000;
  json result = {{"device", kEndpoint},
                 {"profile", device.at("profile")},
                 {"model", order.at("model")},
                 {"accuracy_int8", proof.accuracy()},
                 {"image_bytes", build.at("image_bytes")},
                 {"sent_bytes", order.at("sent_bytes")},
                 {"order_to_confirmed_s", seconds},
                 {"outputs_equal", proof.equal},
                 {"outputs_total", proof.total},
                 {"verify_s", proof.seconds},
                 {"confusion", proof.confusion}};
  for (const char *key :
       {"arena_bytes", "weight_bytes", "macs", "rom_bytes_planned", "rom_bytes_linked",
        "ram_bytes_planned", "ram_bytes_linked", "static_ram_bytes", "stack_bytes"}) {
    result[key] = report.at(key);
  }
  return result;
}

void tell_how_to_go_on(Stage &stage) {
  std::cerr << fmt::format("service and device go on running: tinyml --service {} devices\n"
                           "end them with: kill {} {}; files and logs are in {}\n",
                           stage.service_url, stage.device->pid(), stage.service->pid(),
                           stage.folder.path().string());
  stage.device->release();
  stage.service->release();
  stage.folder.keep();
}

/// Three workers train the model anew; the device gets what came of it.
Expected<json> train_and_order(Stage &stage, const Context &context, const TestImages &data) {
  constexpr std::size_t kImages = 1000;
  say(7, "training a LeNet from scratch: three workers and a parameter server, each a unikernel");
  const DemoTraining training{.folder = stage.folder.path() / "training",
                              .home = stage.folder.path() / "home"};
  std::error_code error;
  std::filesystem::create_directories(training.folder, error);
  const auto trained = train_for_demo(context, training);
  if (!trained.ok()) {
    return trained;
  }
  say(8, fmt::format("{:.2f} % after {} rounds; ordering {} for the device",
                     trained->value("final_accuracy", 0.0), trained->at("rounds").size(),
                     training.published));
  if (const auto order = order_model(stage, training.published, {8, 8}); !order.ok()) {
    return order;
  }
  HttpClient client(stage.service_url);
  const auto proof =
      verify_device(client, kEndpoint, data.images.first(kImages), [](std::size_t) {});
  if (!proof.ok()) {
    return Failure{proof.error()};
  }
  return json{{"workers", trained->at("workers").size()},
              {"board", trained->at("workers").at(0).at("board")},
              {"rounds", trained->at("rounds").size()},
              {"seconds", trained->at("seconds")},
              {"data", trained->at("data")},
              {"accuracy", trained->at("final_accuracy").get<double>() / 100},
              {"accuracy_on_device", proof->accuracy()},
              {"guest_memory_bytes", trained->at("workers").at(0).at("guest_memory_bytes")},
              {"outputs_equal", proof->equal},
              {"outputs_total", proof->total}};
}

Expected<json> play(Stage &stage, const Context &context, const DemoOptions &options) {
  say(1, "starting the service on loopback, with an empty store");
  if (const auto started = start_service(stage, context, options.keep); !started.ok()) {
    return Failure{started.error()};
  }
  say(2, "booting a virtual microcontroller: " + options.board);
  const auto device = start_device(stage, context, options);
  if (!device.ok()) {
    return device;
  }
  const json &profile = device->at("profile");
  say(3, fmt::format("{} registered over LwM2M and told its profile: {}, {} B RAM, {} B ROM",
                     kEndpoint, profile.value("isa", "?"),
                     grouped(profile.value("ram_bytes", std::uint64_t{0})),
                     grouped(profile.value("rom_bytes", std::uint64_t{0}))));
  const auto order = order_model(stage, options.model, {4, 5});
  if (!order.ok()) {
    return order;
  }
  const TestImages data = test_images(options.images);
  const auto proof = prove(stage, data);
  if (!proof.ok()) {
    return Failure{proof.error()};
  }
  std::cerr << proof->confusion_text();
  HttpClient client(stage.service_url);
  const auto build = client.get("/v1/builds/" + proof->build);
  const auto shown = display_and_result(stage);
  const auto accuracy = float_accuracy(context, options.model, data.images);
  if (!build.ok() || !shown.ok() || !accuracy.ok()) {
    return Failure{!build.ok() ? build.error() : !shown.ok() ? shown.error() : accuracy.error()};
  }
  json result = figures(*device, *order, *build, *proof);
  result["accuracy_fp32"] = *accuracy;
  result["display"] = shown->at("display");
  result["result"] = shown->at("result");
  result["data"] = data.origin;
  auto training = train_and_order(stage, context, data);
  if (!training.ok()) {
    return training;
  }
  result["training"] = *std::move(training);
  return result;
}

} // namespace

Expected<json> run_demo(const Context &context, const DemoOptions &options) {
  auto folder = host::TemporaryFolder::create("demo");
  if (!folder.ok()) {
    return Failure{folder.error()};
  }
  Stage stage{.folder = *std::move(folder), .service_url = {}, .service = {}, .device = {}};
  auto result = play(stage, context, options);
  if (result.ok() && options.keep) {
    tell_how_to_go_on(stage);
  } else {
    stage.device.reset(); // before the service, so that it can say goodbye
    stage.service.reset();
  }
  return result;
}

} // namespace tinyml::cli
