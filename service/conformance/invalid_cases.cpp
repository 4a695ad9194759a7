// SPDX-License-Identifier: Apache-2.0
#include "service/conformance/material.hpp"

#include <nlohmann/json.hpp>

namespace tinyml::service::conformance {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// The good request with one thing wrong.
class Wrong {
public:
  explicit Wrong(const Material &material) : material_(material) {}

  template <typename Change>
  void add(const std::string &name, const std::string &what, std::vector<std::string> codes,
           Change change) {
    Case one = good_case(material_, material_.dense, name, what);
    one.wanted = Wanted::kRefusal;
    one.codes = std::move(codes);
    change(one);
    cases_.push_back(std::move(one));
  }
  std::vector<Case> take() { return std::move(cases_); }

private:
  const Material &material_;
  std::vector<Case> cases_;
};

/// A model file whose only field claims two gigabytes that are not there.
Bytes huge_claim() { return {0x08, 0x07, 0x3A, 0x80, 0x80, 0x80, 0x80, 0x08, 0x0A, 0x01}; }

Bytes text(const std::string &letters) { return {letters.begin(), letters.end()}; }

void add_malformed_requests(Wrong &wrong) {
  const std::vector<std::string> invalid = {"invalid_input"};
  wrong.add("not-json", "request.json is no JSON", invalid,
            [](Case &c) { c.raw_request = "{\"version\": 1, "; });
  wrong.add("not-object", "request.json is a number", {"invalid_input", "unsupported"},
            [](Case &c) { c.raw_request = "5"; });
  wrong.add("deep-json", "request.json is a hundred thousand brackets", invalid,
            [](Case &c) { c.raw_request = std::string(100000, '['); });
  for (const char *key : {"version", "model", "kit"}) {
    wrong.add(std::string("key-") + key, std::string("the key \"") + key + "\" is missing",
              {"invalid_input", "unsupported"}, [&](Case &c) { c.request.erase(key); });
  }
  wrong.add("wrong-kinds", "options and version have values of other kinds",
            {"invalid_input", "unsupported"}, [](Case &c) {
              c.request["options"] = 5;
              c.request["build_id"] = {1, 2};
            });
  wrong.add("later-version", "version 999 of the interface", {"unsupported"},
            [](Case &c) { c.request["version"] = 999; });
  wrong.add("file-outside", "the model's name leads out of the request folder", invalid,
            [](Case &c) { c.request["model"] = "../request/model.onnx"; });
}

void add_unusable_wishes(Wrong &wrong) {
  wrong.add("unknown-precision", "a precision that nobody has", {"invalid_input", "unsupported"},
            [](Case &c) { c.request["options"]["precision"] = "int3"; });
  wrong.add("unknown-board", "there is no kit where the request says",
            {"not_found", "invalid_input", "unsupported", "unavailable"},
            [](Case &c) { c.request["kit"] = c.request["kit"].get<std::string>() + "-no-such"; });
  wrong.add("unknown-program", "the kit has no such program",
            {"not_found", "invalid_input", "unsupported"},
            [](Case &c) { c.request["program"] = "no-such-program"; });
  wrong.add("no-rom", "1,000 bytes of ROM are not enough", {"does_not_fit"},
            [](Case &c) { c.request["options"]["max_rom_bytes"] = 1000; });
  wrong.add("no-ram", "16 bytes of RAM are not enough", {"does_not_fit"},
            [](Case &c) { c.request["options"]["max_ram_bytes"] = 16; });
  wrong.add("no-samples", "int8 of a float model without samples", {"invalid_input"},
            [](Case &c) { c.request["calibration"] = nullptr; });
}

void add_broken_files(Wrong &wrong) {
  const std::vector<std::string> codes = {"invalid_input", "unsupported"};
  wrong.add("no-file", "the model's file is not there",
            {"invalid_input", "not_found", "unavailable"},
            [](Case &c) { c.files.erase("model.onnx"); });
  wrong.add("empty-model", "the model's file is empty", codes,
            [](Case &c) { c.files["model.onnx"] = {}; });
  wrong.add("garbage-model", "the model's file is something else", codes, [](Case &c) {
    c.files["model.onnx"] = text("This is no model, whatever its name says.");
  });
  wrong.add("half-model", "the model's file ends in the middle", codes, [](Case &c) {
    Bytes &model = c.files["model.onnx"];
    model.resize(model.size() / 2);
  });
  wrong.add("huge-claim", "ten bytes that claim two gigabytes", codes,
            [](Case &c) { c.files["model.onnx"] = huge_claim(); });
  wrong.add("odd-samples", "the samples end within a number", codes,
            [](Case &c) { c.files["calibration.f32"].resize(4 * 784 + 3); });
  wrong.add("half-samples", "the samples end within a sample", codes,
            [](Case &c) { c.files["calibration.f32"].resize(4 * 100); });
}

} // namespace

std::vector<Case> invalid_cases(const Material &material) {
  Wrong wrong(material);
  add_malformed_requests(wrong);
  add_unusable_wishes(wrong);
  add_broken_files(wrong);
  std::vector<Case> cases = wrong.take();
  for (const int moment_ms : {20, 150, 600}) {
    Case one = good_case(material, material.dense, "killed-" + std::to_string(moment_ms),
                         "killed after " + std::to_string(moment_ms) + " ms, then asked again");
    one.wanted = Wanted::kKill;
    one.kill_after = std::chrono::milliseconds(moment_ms);
    one.same_as = "int8";
    cases.push_back(std::move(one));
  }
  return cases;
}

} // namespace tinyml::service::conformance
