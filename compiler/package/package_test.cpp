// SPDX-License-Identifier: Apache-2.0
// Names, targets, what lies where, and that a folder appears whole or not at all.
#include "compiler/package/test_model.hpp"
#include "compiler/package/write_tree.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tinyml::package {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

std::string id_of(std::string_view name) { return names_of(name, "")->id; }

TEST(Names, BecomeIdentifiers) {
  EXPECT_EQ(id_of("mnist-lenet"), "mnist_lenet");
  EXPECT_EQ(id_of("ResNet (v1) 8x8"), "resnet_v1_8x8");
  EXPECT_EQ(id_of("2nd"), "model_2nd");
  EXPECT_EQ(id_of(""), "unnamed_model");
  EXPECT_EQ(id_of("\xff\xfe/../"), "unnamed_model");
  EXPECT_EQ(id_of("../../etc/passwd"), "etc_passwd");
  EXPECT_LE(id_of(std::string(500, 'x')).size(), 40U);
  EXPECT_EQ(names_of("mnist-lenet", "")->macro, "MNIST_LENET");
}

TEST(Names, KeepClearOfHeadersKeywordsAndTargets) {
  for (const char *word : {"math", "string", "main", "test", "int", "std", "stdio", "model"}) {
    EXPECT_EQ(id_of(word), std::string(word) + "_model");
  }
}

TEST(Names, AWantedIdentifierIsOneOrIsRefused) {
  EXPECT_EQ(names_of("anything", "kws2")->id, "kws2");
  for (const char *bad : {"Kws", "2kws", "a__b", "a-b", "a/b", "stdio", "a_", "a;b"}) {
    const auto names = names_of("anything", bad);
    ASSERT_FALSE(names.ok()) << bad;
    EXPECT_EQ(names.error().code, ErrorCode::kInvalidInput);
  }
}

TEST(Names, TextForPeopleEndsNoCommentAndNoString) {
  EXPECT_EQ(display_text("a*/ b\"\n$(x)`<c>|\\?\?/"), "a_/ b____x___c_____/");
  EXPECT_EQ(display_text("//x"), "/_x");
  EXPECT_EQ(names_of("\n\n", "")->display, "unnamed_model");
}

TEST(Filled, ReplacesKnownWordsOnly) {
  EXPECT_EQ(filled("a @x@ b@y@", {{"x", "1"}, {"y", "@x@"}}), "a 1 b@x@");
  EXPECT_EQ(filled("me@home and @x", {{"x", "1"}}), "me@home and @x");
}

TEST(Targets, FamiliesAndKernelSetsAreKnownByName) {
  const auto m4 = target_named("ARMv7E-M");
  ASSERT_TRUE(m4.ok()) << m4.error().message;
  EXPECT_EQ(m4->compiler, "arm-none-eabi-g++");
  EXPECT_THAT(m4->flags, Contains("-mcpu=cortex-m4"));
  EXPECT_EQ(target_named("scalar")->kernel_set, "scalar");
  const auto none = target_named("6502");
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(none.error().message, HasSubstr("rv32imc"));
}

TEST(Targets, ABoardsKitSaysHowToCompile) {
  link::Kit kit;
  kit.board = "b";
  kit.compiler = "arm-none-eabi-g++";
  kit.compile_flags = {"-mcpu=cortex-m4", "-Os",        "-std=c++20", "-DTINYML_ISA=dsp",
                       "-isystem",        "/x/include", "-nostdinc++"};
  const Target target = target_of(kit);
  EXPECT_EQ(target.kernel_set, "dsp");
  EXPECT_EQ(target.flags, std::vector<std::string>{"-mcpu=cortex-m4"});
  EXPECT_EQ(target.header_flags,
            (std::vector<std::string>{"-isystem", "/x/include", "-nostdinc++"}));
}

/// A package in a folder that goes with the test.
class Package : public ::testing::Test {
protected:
  Package() : folder_(*host::TemporaryFolder::create("package-test")) {}

  Expected<nlohmann::json> write(Kind kind, const std::string &name,
                                 std::string_view model = kInt8Model) {
    auto options = options_for(kind, name);
    options.target.compiler = "no-such-compiler"; // sizes are package_build_test's
    return write_package(compiled(model, name), options, folder_.path() / "out");
  }
  std::string text(const std::string &path) const {
    const auto read = host::read_text(folder_.path() / "out" / path);
    return read.ok() ? *read : read.error().message;
  }
  std::vector<std::string> left_in(const fs::path &folder) const {
    std::vector<std::string> names;
    for (const auto &entry : fs::directory_iterator(folder)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

  host::TemporaryFolder folder_;
};

TEST_F(Package, HoldsOnlyTheKernelsThatTheModelNeeds) {
  const auto report = write(Kind::kCMake, "tiny");
  ASSERT_TRUE(report.ok()) << report.error().message;
  const auto files = report->at("files").get<std::vector<std::string>>();
  EXPECT_THAT(files, Contains("src/kernels/generic/conv2d.hpp"));
  EXPECT_THAT(files, Contains("src/kernels/generic/softmax.hpp"));
  EXPECT_THAT(files, Not(Contains("src/kernels/generic/matmul.hpp")));
  EXPECT_THAT(files, Not(Contains("src/kernels/isa/isa.hpp")));
  for (const std::string &file : files) {
    EXPECT_TRUE(fs::exists(folder_.path() / "out" / file)) << file;
  }
}

TEST_F(Package, CarriesItsNameIntoEverySymbol) {
  ASSERT_TRUE(write(Kind::kCMake, "tiny").ok());
  for (const auto &entry : fs::recursive_directory_iterator(folder_.path() / "out" / "src")) {
    if (!entry.is_regular_file()) {
      continue;
    }
    const std::string source = *host::read_text(entry.path());
    for (const char *shared : {"namespace tinyml {", "namespace tinyml::", "tinyml_model",
                               "tinyml_module_", "TINYML_ISA", "\"kernels/"}) {
      EXPECT_THAT(source, Not(HasSubstr(std::string("\n") + shared)));
      if (entry.path().filename() != "api.cpp" && entry.path().filename() != "model.cpp") {
        EXPECT_THAT(source, Not(HasSubstr(shared))) << entry.path();
      }
    }
  }
  EXPECT_THAT(text("src/model.cpp"), HasSubstr("void tiny_run() {"));
  EXPECT_THAT(text("src/model.cpp"), HasSubstr("] TINY_ARENA_ATTRIBUTES;"));
}

TEST_F(Package, SaysWhatTheModelIs) {
  ASSERT_TRUE(write(Kind::kCMake, "tiny").ok());
  const std::string header = text("include/tiny.h");
  EXPECT_THAT(header, HasSubstr("#define TINY_INPUT_0_SCALE 0.5f\n"));
  EXPECT_THAT(header, HasSubstr("#define TINY_INPUT_0_ZERO_POINT (3)\n"));
  EXPECT_THAT(header, HasSubstr("static inline int8_t *tiny_input_0(void)"));
  EXPECT_THAT(header, HasSubstr("#define TINY_OUTPUT_0_COUNT 27u\n"));
  const std::string readme = text("README.md");
  EXPECT_THAT(readme, HasSubstr("not measured: no-such-compiler is not installed"));
  EXPECT_THAT(readme, HasSubstr("| 0 | `/c1/Conv` | conv2d |"));
  EXPECT_THAT(text("LICENSE"), HasSubstr("Apache License"));
}

TEST_F(Package, HasTheFilesThatEachBuildSystemLooksFor) {
  const std::map<Kind, std::vector<std::string>> wanted = {
      {Kind::kCMake, {"CMakeLists.txt", "cmake/tiny-config.cmake", "example/main.c"}},
      {Kind::kArduino,
       {"library.properties", "src/tiny.h", "src/tiny/model.cpp",
        "examples/tiny_test/tiny_test.ino"}},
      {Kind::kZephyr,
       {"zephyr/module.yml", "zephyr/CMakeLists.txt", "zephyr/Kconfig",
        "samples/tiny_test/prj.conf", "samples/tiny_test/sample.yaml"}},
      {Kind::kEspIdf,
       {"CMakeLists.txt", "idf_component.yml", "examples/tiny_test/main/idf_component.yml",
        "examples/tiny_test/main/main.c"}}};
  for (const auto &[kind, files] : wanted) {
    auto options = options_for(kind, "tiny");
    options.target.compiler = "no-such-compiler";
    const fs::path out = folder_.path() / name_of(kind);
    const auto report = write_package(compiled(kInt8Model, "tiny"), options, out);
    ASSERT_TRUE(report.ok()) << report.error().message;
    for (const std::string &file : files) {
      EXPECT_TRUE(fs::exists(out / file)) << name_of(kind) << ": " << file;
    }
    EXPECT_TRUE(fs::exists(out / "README.md") && fs::exists(out / "LICENSE"));
  }
}

TEST_F(Package, LeavesNoWordOfATemplateUnfilled) {
  for (const Kind kind : {Kind::kCMake, Kind::kArduino, Kind::kZephyr, Kind::kEspIdf}) {
    auto options = options_for(kind, "tiny");
    options.target.compiler = "no-such-compiler";
    const fs::path out = folder_.path() / name_of(kind);
    ASSERT_TRUE(write_package(compiled(kInt8Model, "tiny"), options, out).ok());
    for (const auto &entry : fs::recursive_directory_iterator(out)) {
      if (entry.is_regular_file() && entry.path().extension() != ".bin") {
        EXPECT_THAT(*host::read_text(entry.path()), Not(HasSubstr("@"))) << entry.path();
      }
    }
  }
}

TEST_F(Package, HostileNamesStayWords) {
  const std::string name = "x\"; $(touch /tmp/evil) `id`\n#error ${CMAKE} */ <script> | \\";
  std::string model(kInt8Model);
  const std::string evil = R"(%image "*/ #error $(id) \x22;\x0a|`<b>")";
  model.replace(model.find("%image"), 6, evil);
  for (const Kind kind : {Kind::kCMake, Kind::kArduino, Kind::kZephyr, Kind::kEspIdf}) {
    auto options = options_for(kind, name);
    options.target.compiler = "no-such-compiler";
    const fs::path out = folder_.path() / name_of(kind);
    const auto report = write_package(compiled(model, name), options, out);
    ASSERT_TRUE(report.ok()) << report.error().message;
    EXPECT_EQ(report->at("name"), "x_touch_tmp_evil_id_error_cmake_script");
    for (const auto &entry : fs::recursive_directory_iterator(out)) {
      // model.cpp's own literals and comments are codegen_test's.
      if (!entry.is_regular_file() || entry.path().filename() == "model.cpp" ||
          entry.path().extension() == ".bin") {
        continue;
      }
      const std::string file = *host::read_text(entry.path());
      for (const char *word :
           {"#error", "${CMAKE}", "$(", "<script", "<b>", "`id`", "*/ _", "\\x22"}) {
        EXPECT_THAT(file, Not(HasSubstr(word))) << entry.path();
      }
    }
  }
}

TEST_F(Package, DoesNotTakeAFolderThatHasOtherThings) {
  const fs::path out = folder_.path() / "out";
  fs::create_directories(out);
  ASSERT_TRUE(write(Kind::kCMake, "tiny").ok()) << "an empty folder is fine";
  const auto again = write(Kind::kCMake, "tiny");
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
  EXPECT_THAT(again.error().message, HasSubstr("--force"));

  ASSERT_TRUE(host::write_text(out / "mine.txt", "x").ok());
  auto options = options_for(Kind::kArduino, "tiny");
  options.target.compiler = "no-such-compiler";
  options.replace = true;
  ASSERT_TRUE(write_package(compiled(kInt8Model, "tiny"), options, out).ok());
  EXPECT_TRUE(fs::exists(out / "library.properties"));
  EXPECT_FALSE(fs::exists(out / "CMakeLists.txt"));

  ASSERT_TRUE(fs::remove(out / kMarker));
  const auto foreign = write_package(compiled(kInt8Model, "tiny"), options, out);
  ASSERT_FALSE(foreign.ok()) << "even --force replaces packages only";
  EXPECT_TRUE(fs::exists(out / "library.properties"));
  EXPECT_EQ(left_in(folder_.path()), std::vector<std::string>{"out"});
}

TEST_F(Package, LeavesNothingBehindWhenItFails) {
  auto options = options_for(Kind::kCMake, "tiny");
  options.include_folder = folder_.path() / "nowhere";
  const auto report = write_package(compiled(kInt8Model, "tiny"), options, folder_.path() / "out");
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(report.error().message, HasSubstr("kernels/"));
  EXPECT_TRUE(left_in(folder_.path()).empty());
}

TEST_F(Package, SaysWhenItCannotWrite) {
  if (::geteuid() == 0) {
    const auto report = write_package(compiled(kInt8Model, "tiny"), options_for(Kind::kCMake, "t1"),
                                      "/proc/no/package");
    ASSERT_FALSE(report.ok());
    EXPECT_THAT(report.error().message, HasSubstr("cannot create '/proc/no/package'"));
    return;
  }
  ::chmod(folder_.path().c_str(), 0500);
  const auto report = write(Kind::kCMake, "tiny");
  ::chmod(folder_.path().c_str(), 0700);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, ErrorCode::kUnavailable);
}

TEST_F(Package, WasmIsForWasmAlone) {
  auto options = options_for(Kind::kWasm, "tiny");
  options.target = *target_named("armv7-m");
  const auto report = write_package(compiled(kInt8Model, "tiny"), options, folder_.path() / "out");
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, ErrorCode::kInvalidInput);
}

TEST_F(Package, RefusesAModelThatWasPackedForOtherKernels) {
  auto options = options_for(Kind::kCMake, "tiny");
  options.target = *target_named("dsp");
  const auto report = write_package(compiled(kInt8Model, "tiny"), options, folder_.path() / "out");
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(report.error().message, HasSubstr("compiled for the kernel set 'scalar'"));
}

TEST_F(Package, TellsWhatAWasmPackageNeeds) {
  const std::string path = ::getenv("PATH");
  ::setenv("PATH", folder_.path().c_str(), 1);
  const auto report = write(Kind::kWasm, "tiny");
  ::setenv("PATH", path.c_str(), 1);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(report.error().message, HasSubstr("clang-16 and lld-16"));
  EXPECT_TRUE(left_in(folder_.path()).empty());
}

} // namespace
} // namespace tinyml::package
