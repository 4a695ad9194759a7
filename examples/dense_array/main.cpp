// SPDX-License-Identifier: Apache-2.0
// A compiler backend for devices with a dense array (README.md): it wraps tinyml-backend.
#include "examples/dense_array/kit_overlay.hpp"
#include "examples/dense_array/run_program.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdlib.h>

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char *kAccelerator = "dense-array";
/// Layers that run on the array, and those that the processor does beside it.
constexpr const char *kOnTheArray = "fully_connected";
constexpr const char *kBeside[] = {"reshape", "relu",     "clip",       "softmax",
                                   "add",     "quantize", "dequantize", "requantize"};

json refusal(const char *code, const std::string &message) {
  return {{"version", 1},
          {"status", "error"},
          {"error", {{"code", code}, {"message", message}, {"would_fit", json::array()}}}};
}

json read_json(const fs::path &file) {
  std::ifstream in(file);
  return json::parse(in, nullptr, false);
}

/// Beside its place first: a reader never sees half a result.
bool write_json(const fs::path &file, const json &value) {
  const fs::path fresh = file.string() + ".new";
  std::ofstream out(fresh);
  out << value.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
  out.close();
  std::error_code error;
  fs::rename(fresh, file, error);
  return out && !error;
}

/// A folder in TMPDIR that goes with the object.
class Workplace {
public:
  Workplace() {
    std::error_code error;
    std::string name = (fs::temp_directory_path(error) / "dense-array-XXXXXX").string();
    if (!error && ::mkdtemp(name.data()) != nullptr) {
      folder_ = name;
    }
  }
  Workplace(const Workplace &) = delete;
  Workplace &operator=(const Workplace &) = delete;
  ~Workplace() {
    std::error_code ignored;
    if (exists()) {
      fs::remove_all(folder_, ignored);
    }
  }
  [[nodiscard]] bool exists() const { return !folder_.empty(); }
  [[nodiscard]] fs::path part(const char *name) const { return folder_ / name; }

private:
  fs::path folder_;
};

bool has_array(const json &profile) {
  const json accelerators = profile.is_object() ? profile.value("accelerators", json()) : json();
  return accelerators.is_array() &&
         std::find(accelerators.begin(), accelerators.end(), kAccelerator) != accelerators.end();
}

/// What is wrong with a request before anything is compiled; null when nothing is.
json check(const json &request) {
  if (!request.is_object()) {
    return refusal("invalid_input", "request.json is no JSON object");
  }
  if (request.value("version", json()) != 1) {
    return refusal("unsupported", "this backend speaks version 1 of the interface");
  }
  if (!request.contains("kit") || !request["kit"].is_string()) {
    return refusal("invalid_input", "request.json names no kit");
  }
  if (!has_array(request.value("profile", json()))) {
    return refusal("unsupported", "this backend compiles for devices with the accelerator "
                                  "'dense-array', and the profile names none");
  }
  return {};
}

/// The first layer that neither the array nor this backend's rest of the device computes.
json check_layers(const json &layers) {
  for (const json &layer : layers) {
    const std::string op = layer.value("op", "");
    const bool known = op == kOnTheArray ||
                       std::find(std::begin(kBeside), std::end(kBeside), op) != std::end(kBeside);
    if (!known) {
      return refusal("unsupported", "the dense array computes fully connected nets; layer '" +
                                        layer.value("name", "") + "' is a " + op);
    }
  }
  return {};
}

/// The request with our kit in place of the board's, in a folder of its own.
bool write_inner_request(const fs::path &from, const fs::path &to, json request,
                         const fs::path &kit) {
  std::error_code error;
  fs::copy(from, to, fs::copy_options::recursive, error);
  fs::remove(to / "request.json", error);
  request["kit"] = kit.string();
  return write_json(to / "request.json", request);
}

void describe_array(json &report) {
  json on_array = json::array();
  for (const json &layer : report["layers"]) {
    if (layer.value("op", "") == kOnTheArray) {
      on_array.push_back(layer.value("name", ""));
    }
  }
  report["accelerator"] = {{"name", kAccelerator}, {"layers", on_array}};
  report["tolerance"] = {{"codes", 0}, {"relative", 1e-5}}; // sums are exact
}

/// Moves everything but result.json, which is written last and by the caller.
bool hand_over(const fs::path &from, const fs::path &to) {
  std::error_code error;
  for (const auto &entry : fs::directory_iterator(from, error)) {
    if (entry.path().filename() != "result.json") {
      fs::copy(entry.path(), to / entry.path().filename(), fs::copy_options::recursive, error);
    }
    if (error) {
      return false;
    }
  }
  return !error;
}

/// The answer to a checked request; files are in `result` when it is ok.
json compile(const fs::path &request_folder, const json &request, const fs::path &result) {
  const Workplace work;
  if (!work.exists()) {
    return refusal("resource_full", "there is no room in TMPDIR");
  }
  const fs::path inner = work.part("result");
  std::error_code error;
  fs::create_directory(inner, error);
  if (const auto problem =
          dense_array::overlay_kit(request["kit"].get<std::string>(), work.part("kit"))) {
    return refusal("not_found", *problem);
  }
  if (!write_inner_request(request_folder, work.part("request"), request, work.part("kit"))) {
    return refusal("resource_full", "the request cannot be copied to TMPDIR");
  }
  const int status = dense_array::run_program(
      {dense_array::find_program("tinyml-backend"), work.part("request").string(), inner.string()});
  json answer = read_json(inner / "result.json");
  if (status != 0 || !answer.is_object()) {
    return refusal("internal", "tinyml-backend, which this backend wraps, failed");
  }
  if (answer.value("status", "") != "ok") {
    return answer;
  }
  if (const json refused = check_layers(answer["report"]["layers"]); !refused.is_null()) {
    return refused;
  }
  describe_array(answer["report"]);
  if (fs::exists(inner / "sources", error)) {
    if (const auto problem = dense_array::add_headers(work.part("kit"), inner / "sources")) {
      return refusal("resource_full", *problem);
    }
  }
  return hand_over(inner, result) ? answer
                                  : refusal("resource_full", "the result cannot be written");
}

} // namespace

int main(int argc, char **argv) {
  if (argc != 3) {
    std::fputs("usage: tinyml-dense-array REQUEST_DIR RESULT_DIR (see docs/backend.md)\n", stderr);
    return 2;
  }
  const json request = read_json(fs::path(argv[1]) / "request.json");
  json answer = check(request);
  if (answer.is_null()) {
    answer = compile(argv[1], request, argv[2]);
  }
  return write_json(fs::path(argv[2]) / "result.json", answer) ? 0 : 1;
}
