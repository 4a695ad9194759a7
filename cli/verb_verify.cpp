// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"
#include "cli/context.hpp"
#include "cli/terminal.hpp"
#include "cli/verification.hpp"

#include <fmt/format.h>
#include <iostream>

namespace tinyml::cli {
namespace {

struct VerifyFlags {
  std::string endpoint;
  std::string data = "mnist";
  std::size_t count = 10'000;
};

Expected<datasets::ImageSet> images_of(const VerifyFlags &flags) {
  constexpr std::uint64_t kSeed = 2019;
  if (flags.data == "drawn") {
    return datasets::draw_digits(flags.count, kSeed);
  }
  const auto images = datasets::load(flags.data, datasets::Split::kTest);
  if (!images.ok()) {
    return fail(images.error().code, images.error().message + ", or use '--data drawn'");
  }
  return images->first(flags.count);
}

Expected<void> verify(Context &context, const VerifyFlags &flags) {
  const auto images = images_of(flags);
  if (!images.ok()) {
    return Failure{images.error()};
  }
  HttpClient client(context.service_url);
  ProgressBar bar("verifying", images->size());
  const auto result =
      verify_device(client, flags.endpoint, *images, [&](std::size_t done) { bar.update(done); });
  if (!result.ok()) {
    return Failure{result.error()};
  }
  context.show(result->to_json(), [&] {
    std::cout << result->confusion_text()
              << fmt::format(
                     "{} on {}: accuracy {:.2f} %, outputs equal to the host's {} / {}, {:.1f} s\n",
                     result->model, flags.endpoint, 100 * result->accuracy(),
                     grouped(result->equal), grouped(result->total), result->seconds);
    if (result->adapted) {
      std::cout << "The device's model was adapted on the device: its outputs are its own. 'tinyml "
                   "adapt "
                << flags.endpoint << " --reset' brings back the ordered one.\n";
    }
  });
  if (result->equal != result->total) {
    context.exit_code = kExitDiffers;
  }
  return {};
}

} // namespace

void add_verify(CLI::App &app, Context &context) {
  CLI::App *verb = app.add_subcommand(
      "verify", "Prove that the device computes what the host computes, byte for byte");
  verb->footer("Examples:\n  tinyml verify mcu-1 --data mnist\n  tinyml verify mcu-1 --data "
               "fashion-mnist --count 1000\n"
               "Exit code 9 when an output differs.");
  auto flags = std::make_shared<VerifyFlags>();
  verb->add_option("ENDPOINT", flags->endpoint, "The device's endpoint name")->required();
  verb->add_option("--data", flags->data,
                   "mnist, fashion-mnist, or drawn (digits the program draws itself)")
      ->capture_default_str();
  verb->add_option("--count", flags->count, "How many test images")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  verb->callback([&context, flags] { run_verb(context, [&] { return verify(context, *flags); }); });
}

} // namespace tinyml::cli
