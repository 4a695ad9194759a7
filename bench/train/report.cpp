// SPDX-License-Identifier: Apache-2.0
#include "bench/train/figures.hpp"

#include <fmt/format.h>

namespace tinyml::bench_train {
namespace {

using nlohmann::json;

std::string rows_of_hosts(const json &figures) {
  std::string text = "| model | who | samples per CPU second | peak anonymous memory |\n"
                     "|---|---|---|---|\n";
  const auto row = [&](const json &one, const std::string &who) {
    text += fmt::format("| {} | {} | {:.0f} | {:.1f} MB |\n", one.at("model").get<std::string>(),
                        who, one.at("samples_per_cpu_second").get<double>(),
                        one.at("peak_anonymous_bytes").get<double>() / 1e6);
  };
  for (const json &one : figures.at("hosts")) {
    row(one, one.at("kernel_set").get<std::string>());
  }
  for (const json &one : figures.at("pytorch")) {
    row(one, fmt::format("PyTorch {} ({})", one.at("version").get<std::string>(),
                         one.at("blas").get<std::string>()));
  }
  for (const json &one : figures.at("ratios")) {
    text += fmt::format("\n{}: {:.1f} times PyTorch's samples, {:.0f} times less memory.\n",
                        one.at("model").get<std::string>(), one.at("speed").get<double>(),
                        one.at("memory").get<double>());
  }
  return text;
}

std::string rows_of_boards(const json &figures) {
  std::string text =
      "| program | board | model, parameters as | instructions a step | ROM | RAM |\n"
      "|---|---|---|---|---|---|\n";
  for (const char *list : {"boards", "workers"}) {
    for (const json &one : figures.at(list)) {
      const auto counted = one.find("instructions");
      text += fmt::format(
          "| {} | {} | {}, {} | {} | {} | {} |\n", counted == one.end() ? "worker" : "exec",
          one.at("board").get<std::string>(), one.at("model").get<std::string>(),
          one.at("storage").get<std::string>(), counted == one.end() ? "" : counted->dump(),
          one.at("rom_bytes").get<std::uint64_t>(), one.at("ram_bytes").get<std::uint64_t>());
    }
  }
  return text;
}

} // namespace

json ratios(const json &figures) {
  json list = json::array();
  for (const json &theirs : figures.at("pytorch")) {
    const json *best = nullptr;
    for (const json &ours : figures.at("hosts")) {
      const bool same = ours.at("model") == theirs.at("model");
      if (same && (best == nullptr || ours.at("samples_per_cpu_second").get<double>() >
                                          best->at("samples_per_cpu_second").get<double>())) {
        best = &ours;
      }
    }
    if (best != nullptr) {
      const auto share = [&](const json &of, const json &to, const char *key) {
        return of.at(key).get<double>() / to.at(key).get<double>();
      };
      list.push_back({{"model", theirs.at("model")},
                      {"speed", share(*best, theirs, "samples_per_cpu_second")},
                      {"memory", share(theirs, *best, "peak_anonymous_bytes")}});
    }
  }
  return list;
}

std::string to_markdown(const json &figures) {
  return "# What training costs\n"
         "Written by `make bench-train`; the keys are explained in bench/train/README.md.\n\n"
         "## On this machine: one core, 32 samples a step, the same bits on every kernel set\n" +
         rows_of_hosts(figures) + "\n## On boards: one sample a step\n" + rows_of_boards(figures);
}

} // namespace tinyml::bench_train
