// SPDX-License-Identifier: Apache-2.0
#include "host/files.hpp"
#include "image/packer.hpp"
#include "service/builds/backend_process.hpp"
#include "service/builds/builder.hpp"
#include "service/store/blob_folder.hpp"

#include <gtest/gtest.h>
#include <set>
#include <sys/stat.h>

namespace tinyml::service {
namespace {

namespace fs = std::filesystem;

constexpr const char *kReport =
    R"({"version":1,"status":"ok","report":{"arena_bytes":5,"weight_bytes":6,
 "macs":7,"rom_bytes_planned":8,"rom_bytes_linked":8,"ram_bytes_planned":90,"ram_bytes_linked":90,"stack_bytes":9,
 "inputs":[{"name":"i","type":"int8","shape":[4],"size_bytes":4}],
 "outputs":[{"name":"o","type":"int8","shape":[2],"size_bytes":2}]}})";

/// A kit, a model and a backend that is a shell script, so that every way to go wrong can be
/// played.
class BuilderTest : public testing::Test {
protected:
  void SetUp() override {
    fs::create_directories(root() / "kits/toy");
    write("kits/toy/kit.json",
          R"({"compiler": "env", "payload": "binary", "profile": {"board": "toy", "isa": "toy-1",
              "abi_version": 1, "image_address": 4096, "ram_free_bytes": 100, "slots": [{"address": 0, "size_bytes": 4000}]}})");
    write("kits/toy/inference.o", "object");
    environment_.kits = root() / "kits";
    environment_.scratch = root() / "scratch";
    environment_.search_path = "/usr/bin:/bin";
    environment_.blobs = &blobs_;
    environment_.key = &key_;
    backend(std::string("cat > \"$2/result.json\" <<'E'\n") + kReport +
            "\nE\nprintf payload > \"$2/payload.bin\"; printf module > \"$2/module.so\"\n"
            "cp \"$1/request.json\" " +
            (root() / "seen.json").string() + "; env > " + (root() / "env").string());
    wish_.model_name = "m";
    wish_.model_sha256 = *blobs_.put(as_bytes("model"));
    wish_.profile = {{"board", "toy"},        {"isa", "toy-1"},        {"abi_version", 1},
                     {"image_address", 4096}, {"ram_free_bytes", 60U}, {"clock_hz", 5}};
  }

  [[nodiscard]] const fs::path &root() const { return folder_.path(); }
  void write(const std::string &name, const std::string &text) {
    ASSERT_TRUE(host::write_text(root() / name, text));
  }
  void backend(const std::string &script) {
    write("backend", "#!/bin/sh\n" + script + "\n");
    environment_.backend = root() / "backend";
    ::chmod(environment_.backend.c_str(), 0755);
  }
  std::string id() {
    const auto build = identify_build(wish_, environment_, {});
    EXPECT_TRUE(build) << build.error().message;
    return build ? build->id : "";
  }
  BuildOutcome build() {
    const auto identified = identify_build(wish_, environment_, {});
    EXPECT_TRUE(identified) << identified.error().message;
    return run_build(*identified, environment_, 7, {});
  }
  void expect_failure(const std::string &script, const std::string &code, const std::string &part) {
    backend(script);
    const BuildOutcome outcome = build();
    ASSERT_TRUE(outcome.error.is_object()) << script;
    EXPECT_EQ(outcome.error["code"], code);
    EXPECT_NE(outcome.error["message"].get<std::string>().find(part), std::string::npos)
        << outcome.error["message"];
    EXPECT_TRUE(fs::is_empty(environment_.scratch)) << "a failed build left something behind";
  }

  host::TemporaryFolder folder_ = std::move(*host::TemporaryFolder::create("builder-test"));
  BlobFolder blobs_ = *BlobFolder::open(folder_.path() / "blobs");
  image::SigningKey key_ = std::move(*image::SigningKey::generate());
  BuildEnvironment environment_;
  BuildWish wish_;
};

TEST_F(BuilderTest, compiles_packs_signs_and_stores) {
  wish_.max_ram_bytes = 50;
  const std::string build_id = id();
  const BuildOutcome outcome = build();
  ASSERT_TRUE(outcome.error.is_null()) << outcome.error;
  const auto image = blobs_.get(outcome.image_sha256);
  ASSERT_TRUE(image);
  EXPECT_EQ(static_cast<std::int64_t>(image->size()), outcome.image_bytes);
  const auto info = image::read_info(*image);
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->board, "toy");
  EXPECT_EQ(info->model, "m");
  EXPECT_EQ(info->load_address, 4096U);
  EXPECT_EQ(info->stack_bytes, 9U);
  EXPECT_EQ(info->static_ram_bytes, 81U);
  EXPECT_EQ(info->version.build, 7U);
  EXPECT_EQ(info->build_id.size(), 16U);
  EXPECT_EQ(as_text(*image::payload_of(*image)), "payload");
  EXPECT_EQ(as_text(*blobs_.get(*outcome.module_sha256)), "module");
  EXPECT_EQ(outcome.report["arena_bytes"], 5);
  EXPECT_TRUE(fs::is_empty(environment_.scratch));

  const Json request = Json::parse(*host::read_text(root() / "seen.json"));
  EXPECT_EQ(request["version"], 1);
  EXPECT_EQ(request["model"], "model.onnx");
  EXPECT_EQ(request["build_id"], build_id.substr(0, 32));
  EXPECT_EQ(request["profile"]["ram_free_bytes"], 60) << "the device's smaller figure wins";
  EXPECT_EQ(request["options"]["max_ram_bytes"], 50);
  EXPECT_TRUE(request["options"]["max_rom_bytes"].is_null());
  EXPECT_TRUE(request["calibration"].is_null());
  EXPECT_EQ(request["program"], "inference");
}

TEST_F(BuilderTest, the_backend_sees_a_clean_environment) {
  ::setenv("SECRET_OF_THE_SERVICE", "1", 1);
  ASSERT_TRUE(build().error.is_null());
  const std::string environment = *host::read_text(root() / "env");
  EXPECT_EQ(environment.find("SECRET"), std::string::npos);
  EXPECT_EQ(environment.find("HOME"), std::string::npos);
  EXPECT_NE(environment.find("PATH=/usr/bin:/bin\n"), std::string::npos);
}

TEST_F(BuilderTest, the_id_changes_with_what_matters_and_with_nothing_else) {
  const std::string before = id();
  wish_.profile["clock_hz"] = 6;
  wish_.profile["serial"] = "x";
  EXPECT_EQ(id(), before);
  std::set<std::string> ids = {before};
  wish_.max_rom_bytes = 1000;
  ids.insert(id());
  wish_.precision = "float32";
  ids.insert(id());
  wish_.profile["ram_free_bytes"] = 50U;
  ids.insert(id());
  wish_.model_sha256 = *blobs_.put(as_bytes("another model"));
  ids.insert(id());
  write("kits/toy/inference.o", "another object");
  ids.insert(id());
  backend("exit 1");
  ids.insert(id());
  EXPECT_EQ(ids.size(), 7U);
}

TEST_F(BuilderTest, calibration_samples_reach_the_backend_and_the_id) {
  const std::string before = id();
  environment_.calibration = [](const std::string &name) -> Expected<Calibration> {
    return std::make_shared<const CalibrationSamples>(
        CalibrationSamples{.values = {1.0F, 2.0F}, .sha256 = name});
  };
  wish_.dataset = "digits";
  EXPECT_NE(id(), before);
  backend("cp \"$1/calibration.f32\" " + (root() / "seen.f32").string());
  (void)build();
  EXPECT_EQ(host::read_file(root() / "seen.f32")->size(), 8U);
}

TEST_F(BuilderTest, a_backend_that_misbehaves_is_told_from_one_that_refuses) {
  expect_failure(
      R"(echo '{"version":1,"status":"error","error":{"code":"does_not_fit","message":"too big",
                  "would_fit":["int8"]}}' > "$2/result.json")",
      "does_not_fit", "too big");
  expect_failure("echo something broke >&2; exit 3", "unavailable", "something broke");
  expect_failure("kill -SEGV $$", "unavailable", "signal 11");
  expect_failure("true", "unavailable", "no result.json");
  expect_failure("echo nonsense > \"$2/result.json\"", "unavailable", "contract");
  expect_failure("echo '{\"version\":2}' > \"$2/result.json\"", "unavailable", "version 1");
  expect_failure("echo '{\"version\":1,\"status\":\"error\"}' > \"$2/result.json\"", "unavailable",
                 "without code");
  expect_failure("echo '{\"version\":1,\"status\":\"ok\",\"report\":{}}' > \"$2/result.json\"",
                 "unavailable", "lacks");
  expect_failure(std::string("echo '") + kReport + "' > \"$2/result.json\"", "unavailable",
                 "payload.bin");
  environment_.limits.time = std::chrono::milliseconds(200);
  expect_failure("sleep 60", "unavailable", "time limit");
  environment_.limits = {};
  environment_.limits.file_bytes = 1000;
  expect_failure("head -c 100000 /dev/zero > \"$2/payload.bin\" || exit 9", "unavailable", "");
}

TEST_F(BuilderTest, an_image_larger_than_the_slot_is_refused) {
  expect_failure(std::string("echo '") + kReport +
                     "' > \"$2/result.json\"; head -c 5000 /dev/zero > \"$2/payload.bin\"",
                 "does_not_fit", "slots");
}

TEST_F(BuilderTest, what_is_missing_is_named) {
  const auto message = [this] { return identify_build(wish_, environment_, {}).error().message; };
  wish_.profile["isa"] = "toy-2";
  EXPECT_NE(message().find("\"isa\""), std::string::npos);
  wish_.profile["board"] = "unheard-of";
  EXPECT_NE(message().find("no kit for the board 'unheard-of'"), std::string::npos);
  wish_.profile["board"] = "../kits/toy"; // a device may claim anything
  EXPECT_NE(message().find("no kit for the board '../kits/toy'"), std::string::npos);
  wish_.profile["board"] = "toy";
  wish_.profile["isa"] = "toy-1";
  write("kits/toy/kit.json", R"({"compiler": "no-such-compiler-g++", "profile": {"board": "toy",
         "isa": "toy-1", "abi_version": 1, "image_address": 4096}})");
  EXPECT_NE(message().find("no-such-compiler-g++"), std::string::npos);
  EXPECT_NE(message().find("tools/setup"), std::string::npos);
}

TEST_F(BuilderTest, the_accelerator_in_the_profile_chooses_the_backend) {
  const std::string plain = id();
  write("vendor",
        "#!/bin/sh\ncp \"$1/request.json\" " + (root() / "vendor.json").string() + "; exit 3\n");
  ::chmod((root() / "vendor").c_str(), 0755);
  const auto given = parse_backend_registration("accelerator=npu:" + (root() / "vendor").string());
  ASSERT_TRUE(given) << given.error().message;
  environment_.accelerator_backends.insert(*given);
  EXPECT_EQ(id(), plain) << "a device without the accelerator is built as before";
  wish_.profile["accelerators"] = {"unheard-of", "npu"};
  EXPECT_NE(id(), plain);
  EXPECT_TRUE(build().error.is_object());
  const Json request = Json::parse(*host::read_text(root() / "vendor.json"));
  EXPECT_EQ(request["profile"]["accelerators"][1], "npu");
  wish_.profile["accelerators"] = {5, "unheard-of"};
  EXPECT_TRUE(build().error.is_null());
}

TEST(BackendRegistration, names_an_accelerator_and_a_program) {
  for (const char *wrong :
       {"", "npu:/bin/sh", "accelerator=:/bin/sh", "accelerator=npu", "accelerator=npu:"}) {
    EXPECT_EQ(parse_backend_registration(wrong).error().code, ErrorCode::kInvalidInput) << wrong;
  }
  EXPECT_EQ(parse_backend_registration("accelerator=npu:/no/such").error().code,
            ErrorCode::kNotFound);
}

TEST_F(BuilderTest, a_build_can_be_stopped) {
  backend("sleep 60");
  const auto identified = identify_build(wish_, environment_, {});
  std::stop_source stop;
  stop.request_stop();
  EXPECT_TRUE(run_build(*identified, environment_, 1, stop.get_token()).error.is_object());
}

} // namespace
} // namespace tinyml::service
