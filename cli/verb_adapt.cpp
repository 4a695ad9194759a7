// SPDX-License-Identifier: Apache-2.0
#include "cli/verb_adapt.hpp"

#include "cli/adaptation.hpp"
#include "cli/arguments.hpp"
#include "cli/terminal.hpp"

#include <fmt/format.h>
#include <iostream>
#include <optional>

namespace tinyml::cli {
namespace {

using nlohmann::json;

std::string percent(const json &share) {
  return share.is_number() ? fmt::format("{:.1f} %", 100 * share.get<double>()) : "unknown";
}

/// A bar over the steps; the rest is quick.
class FitProgress {
public:
  void show(const json &status) {
    const auto steps = status.value("steps", std::uint64_t{0});
    if (status.value("state", "") != "training" || steps == 0) {
      return;
    }
    if (!bar_) {
      bar_.emplace("learning", steps);
    }
    const json loss = status.value("mean_loss", json());
    bar_->update(status.value("step", std::uint64_t{0}),
                 loss.is_number() ? fmt::format("loss {:.3f}", loss.get<double>()) : "");
  }

private:
  std::optional<ProgressBar> bar_;
};

Expected<void> adapt(const Context &context, const AdaptWish &wish) {
  HttpClient client(context.service_url);
  Expected<json> status = json();
  {
    FitProgress progress;
    status = adapt_device(client, wish, [&](const json &now) { progress.show(now); });
  }
  if (!status.ok()) {
    return Failure{status.error()};
  }
  context.show(*status, [&] {
    std::cout << fmt::format(
        "{} learned from {} samples in {} steps: accuracy on {} held-out ones "
        "{} before, {} after; kept as model {}\n",
        wish.endpoint, status->value("samples", 0), status->value("steps", 0),
        status->value("test_samples", 0), percent(status->value("accuracy_before", json())),
        percent(status->value("accuracy_after", json())), status->value("generation", 0));
  });
  return {};
}

Expected<void> reset(const Context &context, const std::string &endpoint) {
  HttpClient client(context.service_url);
  const auto status = reset_device(client, endpoint);
  if (!status.ok()) {
    return Failure{status.error()};
  }
  context.show(*status,
               [&] { std::cout << endpoint << " has the model again that was ordered\n"; });
  return {};
}

} // namespace

void add_adapt(CLI::App &app, Context &context) {
  CLI::App *verb = app.add_subcommand(
      "adapt", "Fine-tune a device's model where it runs, on samples that are sent to it");
  verb->footer("The model was ordered with --adapt. Examples:\n"
               "  tinyml adapt dev-1 --data my-digits/ --samples 200 --epochs 10\n"
               "  tinyml adapt dev-1 --reset");
  auto wish = std::make_shared<AdaptWish>();
  auto back = std::make_shared<bool>(false);
  verb->add_option("ENDPOINT", wish->endpoint, "The device's endpoint name")->required();
  verb->add_option("--data", wish->data,
                   "mnist, fashion, a folder of pictures (a folder a class) or a CSV file; "
                   "the model's own data set when left out");
  verb->add_option("--samples", wish->samples, "How many samples to learn from")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
  verb->add_option("--held-out", wish->held_out, "How many others to test with")
      ->capture_default_str()
      ->check(CLI::Range(0, 100'000));
  verb->add_option("--epochs", wish->epochs, "How often to go through them")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000));
  verb->add_option("--rate", wish->rate, "Learning rate of one sample's step")
      ->capture_default_str()
      ->check(CLI::Range(1e-9, 100.0));
  verb->add_option("--seed", wish->seed, "Of the order of samples")->capture_default_str();
  verb->add_flag("--reset", *back, "Back to the model as it was ordered");
  verb->callback([&context, wish, back] {
    run_verb(context,
             [&] { return *back ? reset(context, wish->endpoint) : adapt(context, *wish); });
  });
}

} // namespace tinyml::cli
