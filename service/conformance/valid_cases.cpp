// SPDX-License-Identifier: Apache-2.0
#include "service/conformance/material.hpp"

#include <nlohmann/json.hpp>

namespace tinyml::service::conformance {
namespace {

/// What quantising costs at most on drawn digits; a wrong kernel is below 5.
constexpr double kLeastSqnrDb = 15;

Case int8_case(const Material &m, const TestModel &model, const std::string &name,
               const std::string &what) {
  Case one = good_case(m, model, name, what);
  one.reference = model.real;
  one.reference->least_sqnr_db = kLeastSqnrDb;
  return one;
}

Case float_case(const Material &m) {
  Case one = good_case(m, m.dense, "float32", "a float model stays what it is");
  one.request["options"]["precision"] = "float32";
  one.request["calibration"] = nullptr;
  one.files.erase("calibration.f32");
  one.reference = m.dense.real;
  return one;
}

Case exact_case(const Material &m) {
  Case one = good_case(m, m.quantized, "given-scales",
                       "a model that gives every scale: the output codes are the given ones");
  one.reference = m.quantized.exact;
  return one;
}

Case no_model_case(const Material &m) {
  Case one = good_case(m, m.dense, "no-model", "an image without a model");
  one.request["model"] = nullptr;
  one.request["calibration"] = nullptr;
  one.request["program"] = "base";
  one.request["options"]["host_module"] = false;
  one.files.clear();
  return one;
}

Case same_case(const Material &m) {
  Case one = int8_case(m, m.dense, "same-again", "the same request gives the same payload");
  one.same_as = "int8";
  return one;
}

Case unknown_keys_case(const Material &m) {
  Case one = int8_case(m, m.dense, "unknown-keys", "keys of later versions are ignored");
  one.request["of_a_later_version"] = {{"nested", {1, 2, 3}}};
  one.request["options"]["also_later"] = "x";
  one.same_as = "int8";
  return one;
}

Case hostile_name_case(const Material &m) {
  Case one = int8_case(m, m.dense, "hostile-name", "a name that means something to shells and C++");
  one.request["model_name"] = "../\"; } $(touch pwned) `x` \n*/ \xC3\xA9 %s";
  return one;
}

} // namespace

std::vector<Case> valid_cases(const Material &m) {
  return {int8_case(m, m.dense, "int8", "a float model of fully connected layers becomes int8"),
          same_case(m),
          unknown_keys_case(m),
          hostile_name_case(m),
          float_case(m),
          exact_case(m),
          int8_case(m, m.images, "images", "a float model with convolutions becomes int8"),
          no_model_case(m)};
}

} // namespace tinyml::service::conformance
