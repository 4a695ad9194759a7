// SPDX-License-Identifier: Apache-2.0
// Kernel sets that this machine cannot execute, on boards that can.
#include "os/conformance/run_board.hpp"

#include <gtest/gtest.h>

namespace tinyml::conformance {
namespace {

class KernelSet : public testing::TestWithParam<const char *> {};

TEST_P(KernelSet, FinishesSumsAsPlainCodeDoes) {
  if (!std::filesystem::exists(board_file(GetParam(), "kernel_set.elf"))) {
    GTEST_SKIP() << "board " << GetParam() << " is not built";
  }
  const auto folder = host::TemporaryFolder::create("kernel-set");
  ASSERT_TRUE(folder.ok());
  const auto machine = start_board(GetParam(), "kernel_set.elf", folder->path() / "store");
  ASSERT_TRUE(machine.ok()) << machine.error().message;
  const auto ended = (*machine)->wait(std::chrono::seconds(60));
  ASSERT_TRUE(ended.has_value()) << (*machine)->console();
  EXPECT_EQ(ended->code, 0) << (*machine)->console();
}

INSTANTIATE_TEST_SUITE_P(On, KernelSet, testing::Values("mps3-an547", "virt-rv64v"),
                         [](const auto &board) { return test_name(board.param); });

} // namespace
} // namespace tinyml::conformance
