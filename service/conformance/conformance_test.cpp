// SPDX-License-Identifier: Apache-2.0
// The test of backends, tested: ours and the example pass it, and broken ones do not. Needs the kit
// of the board linux.
#include "service/conformance/run.hpp"

#include "host/files.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

namespace tinyml::service::conformance {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

const fs::path kPrograms = fs::path(TINYML_BINARY_DIR) / "bin";

Material material(const std::vector<std::string> &accelerators = {}) {
  auto made = prepare_material({.kit = fs::path(TINYML_SOURCE_DIR) / "build/kits/linux",
                                .zoo = fs::path(TINYML_SOURCE_DIR) / "zoo",
                                .accelerators = accelerators});
  EXPECT_TRUE(made) << made.error().message;
  return made ? *made : Material{};
}

class Conformance : public testing::Test {
protected:
  std::vector<CaseResult> run(const fs::path &backend, const std::vector<Case> &cases) {
    return run_cases(cases, {.backend = backend,
                             .scratch = folder_.path() / "scratch",
                             .search_path = "/usr/local/bin:/usr/bin:/bin",
                             .tools = {.module_runner = kPrograms / "tinyml-module-run"}});
  }

  /// A shell script that may call ours as $BACKEND.
  fs::path script(const std::string &text) {
    const fs::path file = folder_.path() / "backend.sh";
    EXPECT_TRUE(
        host::write_text(file, "#!/bin/sh\nBACKEND=" + (kPrograms / "tinyml-backend").string() +
                                   "\n" + text + "\n"));
    ::chmod(file.c_str(), 0755);
    return file;
  }

  /// What a broken backend is told about the first of the cases.
  std::string complaint(const std::string &text, const Case &one) {
    const auto results = run(script(text), {one});
    return results[0].verdict == Verdict::kFailed ? results[0].reason : "passed";
  }

  host::TemporaryFolder folder_ = std::move(*host::TemporaryFolder::create("conformance-test"));
};

void expect_all_pass(const std::vector<CaseResult> &results, std::size_t refused) {
  std::size_t refusals = 0;
  for (const CaseResult &result : results) {
    EXPECT_NE(result.verdict, Verdict::kFailed) << result.name << ": " << result.reason;
    refusals += result.verdict == Verdict::kRefused ? 1 : 0;
  }
  EXPECT_EQ(refusals, refused);
}

TEST_F(Conformance, OursPassesEveryCase) {
  const Material m = material();
  std::vector<Case> cases = valid_cases(m);
  for (Case &one : invalid_cases(m)) {
    cases.push_back(std::move(one));
  }
  expect_all_pass(run(kPrograms / "tinyml-backend", cases), 0);
}

TEST_F(Conformance, TheExamplePassesAndRefusesWhatItsArrayCannotDo) {
  const Material m = material({"dense-array"});
  std::vector<Case> cases = valid_cases(m);
  for (Case &one : invalid_cases(m)) {
    cases.push_back(std::move(one));
  }
  const auto results = run(kPrograms / "tinyml-dense-array", cases);
  expect_all_pass(results, 1);
  for (const CaseResult &result : results) {
    if (result.verdict == Verdict::kRefused) {
      EXPECT_EQ(result.name, "images");
      EXPECT_THAT(result.reason, HasSubstr("the dense array computes fully connected nets"));
    }
  }
}

TEST_F(Conformance, TheExampleIsForDevicesThatNameItsAccelerator) {
  const auto results = run(kPrograms / "tinyml-dense-array", {valid_cases(material()).front()});
  EXPECT_THAT(results[0].reason, HasSubstr("it refuses every valid request"));
}

TEST_F(Conformance, BrokenBackendsAreCaught) {
  const Material m = material();
  const Case exact = valid_cases(m)[5];
  ASSERT_EQ(exact.name, "given-scales");
  EXPECT_THAT(complaint("exit 3", exact), HasSubstr("exited with 3"));
  EXPECT_THAT(complaint("kill -SEGV $$", exact), HasSubstr("signal 11"));
  EXPECT_THAT(complaint("true", exact), HasSubstr("no result.json"));
  EXPECT_THAT(complaint("echo '[]' > $2/result.json", exact), HasSubstr("no JSON object"));
  EXPECT_THAT(complaint("$BACKEND $1 $2; echo >> $1/model.onnx", exact),
              HasSubstr("wrote into the request folder: model.onnx"));
  EXPECT_THAT(complaint("$BACKEND $1 $2; echo > $2/../notes", exact),
              HasSubstr("beside the result folder: notes"));
  EXPECT_THAT(complaint("$BACKEND $1 $2; rm $2/module.so", exact), HasSubstr("module.so"));
  EXPECT_THAT(complaint("$BACKEND $1 $2; echo nonsense >> $2/sources/model.cpp", exact),
              HasSubstr("does not compile"));
  EXPECT_THAT(complaint("$BACKEND $1 $2; sed -i 's/\"zero_point\": -7/\"zero_point\": 7/' "
                        "$2/result.json",
                        exact),
              HasSubstr("and the reference says"));
  EXPECT_THAT(
      complaint("$BACKEND $1 $2; sed -i 's/\"rom_bytes_linked\": /&1/' $2/result.json", exact),
      HasSubstr("planned and linked sizes differ"));
}

TEST_F(Conformance, WrongRefusalsAndLeftoversAreCaught) {
  const Material m = material();
  for (Case &one : invalid_cases(m)) {
    if (one.name == "no-rom") {
      const std::string wrong = R"(echo '{"version": 1, "status": "error", "error": {"code": )";
      EXPECT_THAT(complaint(wrong + R"("oops", "message": "x"}}' > $2/result.json)", one),
                  HasSubstr("no error code 'oops'"));
      EXPECT_THAT(complaint(wrong + R"("internal", "message": "x"}}' > $2/result.json)", one),
                  HasSubstr("wanted: does_not_fit"));
      EXPECT_THAT(complaint(wrong + R"("does_not_fit", "message": "x"}}' > $2/result.json)", one),
                  HasSubstr("does not say what would fit"));
    }
    if (one.name == "killed-150") {
      EXPECT_THAT(complaint("setsid sleep 5 & $BACKEND $1 $2; sleep 1", one),
                  HasSubstr("left running"));
    }
  }
  Case again = valid_cases(m)[1];
  ASSERT_EQ(again.same_as, "int8");
  const auto results =
      run(script("$BACKEND $1 $2; date +%N >> $2/payload.bin"), {valid_cases(m)[0], again});
  EXPECT_EQ(results[0].verdict, Verdict::kPassed) << results[0].reason;
  EXPECT_THAT(results[1].reason, HasSubstr("is not that of the case 'int8'"));
}

} // namespace
} // namespace tinyml::service::conformance
