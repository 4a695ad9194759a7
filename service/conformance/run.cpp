// SPDX-License-Identifier: Apache-2.0
#include "service/conformance/run.hpp"

#include "host/files.hpp"
#include "service/builds/backend_process.hpp"
#include "service/builds/backend_result.hpp"
#include "service/conformance/folder_print.hpp"
#include "service/store/digest.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

namespace tinyml::service::conformance {
namespace {

namespace fs = std::filesystem;

struct Judgement {
  Verdict verdict = Verdict::kFailed;
  std::string reason;
};

Judgement failed(std::string why) { return {Verdict::kFailed, std::move(why)}; }

class Runner {
public:
  explicit Runner(const RunOptions &options) : options_(options) {}

  Judgement judge(const Case &one) {
    try {
      return judge_once(one);
    } catch (const Json::exception &error) { // a value of the report is of another kind
      return failed(std::string("result.json is malformed: ") + error.what());
    }
  }

private:
  Judgement judge_once(const Case &one) {
    auto place = BackendWorkplace::create(options_.scratch);
    if (!place) {
      return failed(place.error().message);
    }
    if (const auto written = write_request(one, place->request()); !written) {
      return failed(written.error().message);
    }
    if (one.wanted == Wanted::kKill) {
      const std::string wrong = kill(one, *place);
      return wrong.empty() ? after_kill(one) : failed(wrong);
    }
    const fs::path kit = one.request.value("kit", "");
    const FolderPrint request = print_of(place->request());
    const FolderPrint before = print_of(kit);
    const auto outcome = run_backend_program(call(*place, options_.limits));
    if (!outcome) {
      return failed(outcome.error().message);
    }
    if (const std::string changed = first_change(request, print_of(place->request()));
        !changed.empty()) {
      return failed("it wrote into the request folder: " + changed);
    }
    if (const std::string changed = first_change(before, print_of(kit)); !changed.empty()) {
      return failed("it wrote into the kit: " + changed);
    }
    if (const std::string stray = stray_entry(*place); !stray.empty()) {
      return failed("it wrote beside the result folder: " + stray);
    }
    return outcome->succeeded() ? judge_result(one, place->result())
                                : failed(backend_failed(*outcome).message);
  }

  static Expected<void> write_request(const Case &one, const fs::path &folder) {
    for (const auto &[name, bytes] : one.files) {
      if (auto written = host::write_file(folder / name, bytes); !written) {
        return written;
      }
    }
    return host::write_text(folder / "request.json",
                            one.raw_request ? *one.raw_request : one.request.dump(2));
  }

  [[nodiscard]] BackendCall call(const BackendWorkplace &place, const BackendLimits &limits) const {
    return {.program = options_.backend,
            .request = place.request(),
            .result = place.result(),
            .temporary = place.temporary(),
            .search_path = options_.search_path,
            .limits = limits};
  }

  static std::string stray_entry(const BackendWorkplace &place) {
    std::error_code error;
    for (const auto &entry : fs::directory_iterator(place.folder(), error)) {
      const std::string name = entry.path().filename().string();
      if (name != "request" && name != "result" && name != "tmp") {
        return name;
      }
    }
    return {};
  }

  Judgement judge_result(const Case &one, const fs::path &folder) {
    const bool has_model = one.request.contains("model") && !one.request["model"].is_null();
    const auto result = read_backend_result(folder, has_model);
    if (!result) {
      return failed(result.error().message);
    }
    if (one.wanted == Wanted::kRefusal) {
      const Complaint wrong = result->error.is_null() ? Complaint("it built what it had to refuse")
                                                      : check_refusal(result->error, one.codes);
      return wrong.empty() ? Judgement{Verdict::kPassed, {}} : failed(wrong);
    }
    if (!result->error.is_null()) {
      const Complaint wrong = check_refusal(result->error, {"unsupported"});
      return wrong.empty() ? Judgement{Verdict::kRefused, result->error.value("message", "")}
                           : failed(wrong);
    }
    const Complaint wrong = check_build(one, *result, folder);
    return wrong.empty() ? Judgement{Verdict::kPassed, {}} : failed(wrong);
  }

  Complaint check_build(const Case &one, const BackendResult &result, const fs::path &folder) {
    payloads_[one.name] = sha256_hex(result.payload);
    if (one.same_as && payloads_.contains(*one.same_as) &&
        payloads_[*one.same_as] != payloads_[one.name]) {
      return "the payload is not that of the case '" + *one.same_as + "'";
    }
    if (Complaint wrong = check_report(one, result.report, folder); !wrong.empty()) {
      return wrong;
    }
    if (one.request["model"].is_null() || one.same_as) {
      return {};
    }
    if (Complaint wrong = check_sources(one, folder, options_.tools); !wrong.empty()) {
      return wrong;
    }
    return one.reference ? check_outputs(*one.reference, result.report, folder, options_.tools)
                         : Complaint();
  }

  /// What is wrong after the program was killed in the middle.
  std::string kill(const Case &one, const BackendWorkplace &place) {
    BackendLimits limits = options_.limits;
    limits.time = one.kill_after;
    const auto outcome = run_backend_program(call(place, limits));
    if (!outcome) {
      return outcome.error().message;
    }
    constexpr auto kPatience = std::chrono::milliseconds(2000);
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (has_process_in(place.folder())) {
      if (std::chrono::steady_clock::now() > deadline) {
        return "a process of it is left running";
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    const auto text = host::read_text(place.result() / "result.json");
    return text && !Json::accept(*text) ? "killed, it left half a result.json" : "";
  }

  /// The same request must work as if nothing had happened.
  Judgement after_kill(Case one) {
    one.wanted = Wanted::kResult;
    return judge_once(one);
  }

  const RunOptions &options_;
  std::map<std::string, std::string> payloads_; ///< digests by case
};

/// A backend that refuses all that is asked of it answers every request properly, and is of no use.
void require_a_build(const std::vector<Case> &cases, std::vector<CaseResult> &results) {
  const auto is_valid = [](const Case &one) { return one.wanted == Wanted::kResult; };
  const auto first = std::find_if(cases.begin(), cases.end(), is_valid);
  bool built = first == cases.end();
  for (std::size_t i = 0; i < cases.size(); ++i) {
    built = built || (is_valid(cases[i]) && results[i].verdict == Verdict::kPassed);
  }
  if (!built) {
    CaseResult &result = results[static_cast<std::size_t>(first - cases.begin())];
    result.verdict = Verdict::kFailed;
    result.reason = "it refuses every valid request: " + result.reason;
  }
}

} // namespace

std::vector<CaseResult> run_cases(const std::vector<Case> &cases, const RunOptions &options) {
  Runner runner(options);
  std::vector<CaseResult> results;
  for (const Case &one : cases) {
    const auto begun = std::chrono::steady_clock::now();
    Judgement judgement = runner.judge(one);
    results.push_back({.name = one.name,
                       .what = one.what,
                       .verdict = judgement.verdict,
                       .reason = std::move(judgement.reason),
                       .took = std::chrono::duration_cast<std::chrono::milliseconds>(
                           std::chrono::steady_clock::now() - begun)});
    if (options.on_result) {
      options.on_result(results.back());
    }
  }
  require_a_build(cases, results);
  return results;
}

bool all_passed(const std::vector<CaseResult> &results) {
  return std::none_of(results.begin(), results.end(),
                      [](const CaseResult &result) { return result.verdict == Verdict::kFailed; });
}

} // namespace tinyml::service::conformance
