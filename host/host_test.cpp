// SPDX-License-Identifier: Apache-2.0
#include "host/child.hpp"
#include "host/files.hpp"
#include "host/process.hpp"

#include <gtest/gtest.h>

namespace tinyml::host {
namespace {

Command shell(const std::string &script) { return Command{.argv = {"sh", "-c", script}}; }

TEST(Process, KeepsOutputAndExitCode) {
  const auto outcome = run(shell("echo out; echo err >&2; exit 3"));
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->exit_code, 3);
  EXPECT_EQ(outcome->output, "out\nerr\n");
}

TEST(Process, SaysWhenTheProgramIsMissing) {
  const auto outcome = run(Command{.argv = {"no-such-program-anywhere"}});
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(outcome.error().message.find("no-such-program-anywhere"), std::string::npos);
}

TEST(Process, IsStoppedAtItsTimeLimitWithItsChildren) {
  Command command = shell("sleep 60 & sleep 60");
  command.timeout = std::chrono::milliseconds(100);
  const auto outcome = run(command);
  ASSERT_TRUE(outcome.ok());
  EXPECT_TRUE(outcome->timed_out);
}

TEST(Process, IsHeldToItsFileLimit) {
  Command command = shell("head -c 100000 /dev/zero > big");
  const auto folder = TemporaryFolder::create("limit");
  ASSERT_TRUE(folder.ok());
  command.working_directory = folder->path();
  command.file_limit_bytes = 1000;
  const auto outcome = run(command);
  ASSERT_TRUE(outcome.ok());
  EXPECT_FALSE(outcome->succeeded());
  EXPECT_LE(std::filesystem::file_size(folder->path() / "big"), 1000U);
}

TEST(Process, SeesOnlyTheGivenEnvironment) {
  Command command{.argv = {"env"}};
  command.environment = std::vector<std::string>{"PATH=/usr/bin:/bin", "ONLY=this"};
  const auto outcome = run(command);
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->output, "PATH=/usr/bin:/bin\nONLY=this\n");
}

TEST(Child, IsStoppedWithItsGroupAndKeepsItsOutput) {
  const auto folder = TemporaryFolder::create("child");
  ASSERT_TRUE(folder.ok());
  const auto log = folder->path() / "log";
  auto child = Child::start({.argv = {"sh", "-c", "echo here; sleep 60"}, .output_file = log});
  ASSERT_TRUE(child.ok()) << child.error().message;
  while (std::filesystem::file_size(log) == 0) {
    ASSERT_TRUE(child->running());
  }
  child->stop(std::chrono::milliseconds(200));
  EXPECT_FALSE(child->running());
  EXPECT_EQ(*read_text(log), "here\n");
}

TEST(Child, TellsItsExitCodeAndWhenItIsMissing) {
  auto child = Child::start({.argv = {"sh", "-c", "exit 7"}});
  ASSERT_TRUE(child.ok());
  while (!child->ended()) {
  }
  EXPECT_EQ(child->ended(), 7);
  EXPECT_EQ(Child::start({.argv = {"no-such-program-anywhere"}}).error().code,
            ErrorCode::kUnavailable);
}

TEST(Files, ReadsBackWhatItWroteAndReplacesWhole) {
  const auto folder = TemporaryFolder::create("files");
  ASSERT_TRUE(folder.ok());
  const auto path = folder->path() / "file";
  ASSERT_TRUE(write_text(path, "first").ok());
  ASSERT_TRUE(write_text(path, "second").ok());
  EXPECT_EQ(*read_text(path), "second");
  EXPECT_EQ(read_text(path, 3).error().code, ErrorCode::kInvalidInput);
  EXPECT_EQ(read_text(folder->path() / "none").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder->path()), {}), 1);
}

TEST(TemporaryFolder, IsGoneAtTheEnd) {
  std::filesystem::path path;
  {
    const auto folder = TemporaryFolder::create("gone");
    ASSERT_TRUE(folder.ok());
    path = folder->path();
    ASSERT_TRUE(write_text(path / "file", "x").ok());
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

} // namespace
} // namespace tinyml::host
