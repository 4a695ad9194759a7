// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"
#include "cli/context.hpp"
#include "cli/terminal.hpp"
#include "host/files.hpp"
#include "service/conformance/run.hpp"

#include <cstdlib>
#include <fmt/format.h>
#include <iostream>

namespace tinyml::cli {
namespace {

namespace conformance = service::conformance;
using nlohmann::json;

struct BackendTestFlags {
  std::string program;
  std::string board = "linux";
  std::vector<std::string> accelerators;
  std::vector<std::string> only;
  bool list = false;
};

const char *word_of(conformance::Verdict verdict) {
  switch (verdict) {
  case conformance::Verdict::kPassed:
    return "passed";
  case conformance::Verdict::kRefused:
    return "refused";
  case conformance::Verdict::kFailed:
    break;
  }
  return "FAILED";
}

Expected<std::vector<conformance::Case>> chosen_cases(const Context &context,
                                                      const BackendTestFlags &flags) {
  const auto kits = context.kits_folder();
  const auto zoo = context.zoo_folder();
  if (!kits.ok() || !zoo.ok()) {
    return Failure{kits.ok() ? zoo.error() : kits.error()};
  }
  const auto material = conformance::prepare_material(
      {.kit = *kits / flags.board, .zoo = *zoo, .accelerators = flags.accelerators});
  if (!material.ok()) {
    return Failure{material.error()};
  }
  std::vector<conformance::Case> cases = conformance::valid_cases(*material);
  for (conformance::Case &one : conformance::invalid_cases(*material)) {
    cases.push_back(std::move(one));
  }
  if (!flags.only.empty()) {
    std::erase_if(cases, [&](const conformance::Case &one) {
      return std::find(flags.only.begin(), flags.only.end(), one.name) == flags.only.end();
    });
  }
  return cases.empty() ? Expected<std::vector<conformance::Case>>(fail(
                             ErrorCode::kNotFound, "no case has such a name; --list names all"))
                       : cases;
}

Expected<void> list_cases(const Context &context, const std::vector<conformance::Case> &cases) {
  json all = json::array();
  Table table({"CASE", "WHAT"});
  for (const conformance::Case &one : cases) {
    all.push_back({{"name", one.name}, {"what", one.what}});
    table.add({one.name, one.what});
  }
  context.show({{"cases", all}}, [&] { std::cout << table.text(); });
  return {};
}

void print_results(const std::vector<conformance::CaseResult> &results) {
  Table table({"CASE", "WHAT", "VERDICT", ">MS", "REASON"});
  for (const conformance::CaseResult &one : results) {
    table.add(
        {one.name, one.what, word_of(one.verdict), std::to_string(one.took.count()), one.reason});
  }
  std::cout << table.text();
}

json results_json(const std::vector<conformance::CaseResult> &results) {
  json all = json::array();
  for (const conformance::CaseResult &one : results) {
    all.push_back({{"name", one.name},
                   {"what", one.what},
                   {"passed", one.verdict != conformance::Verdict::kFailed},
                   {"refused", one.verdict == conformance::Verdict::kRefused},
                   {"reason", one.reason},
                   {"ms", one.took.count()}});
  }
  return {{"passed", conformance::all_passed(results)}, {"cases", all}};
}

Expected<void> backend_test(Context &context, const BackendTestFlags &flags) {
  const auto cases = chosen_cases(context, flags);
  if (!cases.ok()) {
    return Failure{cases.error()};
  }
  if (flags.list) {
    return list_cases(context, *cases);
  }
  const auto scratch = host::TemporaryFolder::create("backend-test");
  if (!scratch.ok()) {
    return Failure{scratch.error()};
  }
  std::error_code error;
  const auto here = std::filesystem::canonical("/proc/self/exe", error).parent_path();
  const char *path = std::getenv("PATH");
  ProgressBar bar("asking the backend", cases->size());
  std::uint64_t done = 0;
  const auto results = conformance::run_cases(
      *cases,
      {.backend = flags.program,
       .scratch = scratch->path(),
       .search_path = path == nullptr ? "/usr/bin:/bin" : path,
       .tools = {.module_runner = here / "tinyml-module-run"},
       .on_result = [&](const conformance::CaseResult &one) { bar.update(++done, one.name); }});
  context.show(results_json(results), [&] { print_results(results); });
  if (!conformance::all_passed(results)) {
    context.exit_code = kExitDiffers;
  }
  return {};
}

} // namespace

void add_backend_test(CLI::App &app, Context &context) {
  CLI::App *verb = app.add_subcommand(
      "backend-test", "Hold a compiler backend against the interface of docs/backend.md");
  verb->footer(
      "Exit code 9 when a case failed. A valid request may be refused as unsupported.\n"
      "Examples:\n  tinyml backend-test ./vendor-backend\n"
      "  tinyml backend-test ./vendor-backend --board mps2-an385 --accelerator npu --json\n"
      "  tinyml backend-test ./vendor-backend --only int8 --only killed-150");
  auto flags = std::make_shared<BackendTestFlags>();
  verb->add_option("PROGRAM", flags->program, "The backend")->required()->check(CLI::ExistingFile);
  verb->add_option("--board", flags->board, "Board whose kit the requests name")
      ->capture_default_str();
  verb->add_option("--accelerator", flags->accelerators,
                   "An accelerator that the requests' profiles have; may be repeated");
  verb->add_option("--only", flags->only, "Run only this case; may be repeated");
  verb->add_flag("--list", flags->list, "List the cases instead of running them");
  verb->callback(
      [&context, flags] { run_verb(context, [&] { return backend_test(context, *flags); }); });
}

} // namespace tinyml::cli
