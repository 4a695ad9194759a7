// SPDX-License-Identifier: Apache-2.0
#include "host/files.hpp"
#include "service/store/blob_folder.hpp"

#include <fstream>
#include <gtest/gtest.h>

namespace tinyml::service {
namespace {

TEST(BlobFolderTest, gives_back_what_was_put_and_names_it_by_content) {
  const auto folder = host::TemporaryFolder::create("blob-test");
  const auto blobs = BlobFolder::open(folder->path() / "blobs");
  ASSERT_TRUE(blobs);
  const auto name = blobs->put(as_bytes("abc"));
  ASSERT_TRUE(name);
  // FIPS 180-2, appendix B.1.
  EXPECT_EQ(*name, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(*blobs->put(as_bytes("abc")), *name);
  EXPECT_EQ(as_text(*blobs->get(*name)), "abc");
  EXPECT_EQ(blobs->get(std::string(64, '0')).error().code, ErrorCode::kNotFound);
}

TEST(BlobFolderTest, notices_a_blob_that_changed_on_disk) {
  const auto folder = host::TemporaryFolder::create("blob-test");
  const auto blobs = BlobFolder::open(folder->path());
  const auto name = blobs->put(as_bytes("abc"));
  std::ofstream(blobs->path_of(*name)) << "abd";
  EXPECT_EQ(blobs->get(*name).error().code, ErrorCode::kInternal);
}

TEST(BlobFolderTest, removes_what_a_crash_left_half_written) {
  const auto folder = host::TemporaryFolder::create("blob-test");
  const auto leftover = folder->path() / "0123.new-77";
  std::ofstream(leftover) << "half";
  ASSERT_TRUE(BlobFolder::open(folder->path()));
  EXPECT_FALSE(std::filesystem::exists(leftover));
}

} // namespace
} // namespace tinyml::service
