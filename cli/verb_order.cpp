// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"
#include "cli/context.hpp"
#include "cli/orders.hpp"
#include "cli/terminal.hpp"

#include <fmt/format.h>
#include <iostream>

namespace tinyml::cli {
namespace {

using nlohmann::json;

struct OrderFlags {
  OrderWish wish;
  std::uint64_t max_ram_bytes = 0;
  std::uint64_t max_rom_bytes = 0;
  bool float32 = false;
  bool no_wait = false;
};

Expected<void> order(const Context &context, OrderFlags flags) {
  if (flags.max_ram_bytes != 0) {
    flags.wish.max_ram_bytes = flags.max_ram_bytes;
  }
  if (flags.max_rom_bytes != 0) {
    flags.wish.max_rom_bytes = flags.max_rom_bytes;
  }
  flags.wish.precision = flags.float32 || !flags.wish.adapt.empty() ? "float32" : "int8";
  HttpClient client(context.service_url);
  auto placed = place_order(client, flags.wish);
  if (!placed.ok()) {
    return Failure{placed.error()};
  }
  const auto id = placed->value("id", std::int64_t{0});
  if (flags.no_wait) {
    context.show(*placed, [&] { std::cout << "order " << id << " placed\n"; });
    return {};
  }
  std::string shown;
  std::optional<ProgressBar> bar;
  const auto done = follow_order(client, id, [&](const json &now) {
    const std::string state = now.value("state", "");
    if (state != shown) {
      bar.reset();
      shown = state;
      if (!context.json) {
        std::cout << fmt::format("order {}: {}", id, describe_order_state(now)) << std::endl;
      }
    }
    if (state == "delivering" && now.value("image_bytes", json()).is_number()) {
      if (!bar) {
        bar.emplace("delivering", now["image_bytes"].get<std::uint64_t>());
      }
      bar->update(now.value("sent_bytes", std::uint64_t{0}));
    }
  });
  bar.reset();
  if (!done.ok()) {
    return Failure{done.error()};
  }
  context.show(*done, [&] {
    const auto created = done->value("created_ms", std::int64_t{0});
    const json confirmed = done->value("confirmed_ms", json());
    const double seconds = confirmed.is_number()
                               ? static_cast<double>(confirmed.get<std::int64_t>() - created) / 1000
                               : 0;
    std::cout << fmt::format("{} runs {} now; {} bytes sent, {:.1f} s from order to confirmed\n",
                             flags.wish.device, done->value("model", ""),
                             grouped(done->value("sent_bytes", std::uint64_t{0})), seconds);
  });
  return {};
}

void print_orders(const json &orders) {
  Table table({">ID", "MODEL", "DEVICE", "STATE", ">IMAGE", ">SENT", "REASON"});
  for (const json &one : orders) {
    const json reason = one.value("reason", json());
    const json image = one.value("image_bytes", json());
    table.add({one.value("id", json()).dump(), one.value("model", ""), one.value("device", ""),
               one.value("state", ""),
               image.is_number() ? grouped(image.get<std::uint64_t>()) : "-",
               grouped(one.value("sent_bytes", std::uint64_t{0})),
               reason.is_object() ? reason.value("message", "") : ""});
  }
  std::cout << table.text();
}

Expected<void> list_orders(const Context &context) {
  HttpClient client(context.service_url);
  const auto answer = client.get("/v1/orders");
  if (!answer.ok()) {
    return Failure{answer.error()};
  }
  context.show(*answer, [&] { print_orders(answer->value("orders", json::array())); });
  return {};
}

} // namespace

void add_order(CLI::App &app, Context &context) {
  CLI::App *verb =
      app.add_subcommand("order", "Order a model for a device and follow it until it runs there");
  verb->footer("Examples:\n  tinyml order mnist-lenet --device mcu-1\n"
               "  tinyml order my.onnx --device mcu-1 --max-rom 96K --push\n"
               "  tinyml order mnist-lenet --device mcu-1 --adapt last");
  auto flags = std::make_shared<OrderFlags>();
  verb->add_option("MODEL", flags->wish.model, "A zoo name, or an ONNX or TensorFlow Lite file")
      ->required();
  verb->add_option("--device", flags->wish.device, "The device's endpoint name")->required();
  verb->add_option("--max-ram", flags->max_ram_bytes,
                   "Stricter limit for static RAM and stack, e.g. 24K")
      ->transform(CLI::AsSizeValue(false));
  verb->add_option("--max-rom", flags->max_rom_bytes,
                   "Stricter limit for the image's ROM, e.g. 96K")
      ->transform(CLI::AsSizeValue(false));
  verb->add_flag("--push", flags->wish.push,
                 "Write the image to the device instead of letting it pull");
  verb->add_flag("--float", flags->float32, "Compile in float32 instead of int8");
  verb->add_option("--adapt", flags->wish.adapt,
                   "Let the model learn on the device ('tinyml adapt'): its last layer or all; "
                   ":float16 halves what is learned")
      ->check(CLI::IsMember({"last", "all", "last:float16", "all:float16"}));
  verb->add_flag("--no-wait", flags->no_wait, "Return when the order is placed");
  verb->callback([&context, flags] { run_verb(context, [&] { return order(context, *flags); }); });
}

void add_orders(CLI::App &app, Context &context) {
  CLI::App *verb = app.add_subcommand("orders", "List orders, newest first");
  verb->footer("Examples:\n  tinyml orders\n  tinyml orders --json");
  verb->callback([&context] { run_verb(context, [&] { return list_orders(context); }); });
}

} // namespace tinyml::cli
