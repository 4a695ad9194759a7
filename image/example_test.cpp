// SPDX-License-Identifier: Apache-2.0
// Holds the example of docs/image-format.md against the packer.
#include "image/packer.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <sys/stat.h>

namespace tinyml::image {
namespace {

/// The published key of RFC 6979, appendix A.2.5: no secret of anyone's.
constexpr std::string_view kPublishedKey =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MHcCAQEEIMmvqdhFunUWa1whV2ex1pNOUMPbNuibEnuKYisSD2choAoGCCqGSM49\n"
    "AwEHoUQDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Z5A/4QCLi8\n"
    "maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==\n"
    "-----END EC PRIVATE KEY-----\n";

SigningKey published_key() {
  char pattern[] = "/tmp/tinyml-example-XXXXXX";
  const std::filesystem::path folder = ::mkdtemp(pattern);
  const auto file = folder / "key.pem";
  std::ofstream(file) << kPublishedKey;
  ::chmod(file.c_str(), 0600);
  auto key = SigningKey::load(file);
  std::filesystem::remove_all(folder);
  return std::move(key).value();
}

std::vector<std::uint8_t> documented_example() {
  std::ifstream in(TINYML_SOURCE_DIR "/docs/image-format.md");
  std::string line;
  while (std::getline(in, line) && line != "```hex") {
  }
  std::vector<std::uint8_t> bytes;
  while (std::getline(in, line) && line != "```") {
    std::istringstream row(line);
    for (std::string hex; row >> hex;) {
      bytes.push_back(static_cast<std::uint8_t>(std::stoul(hex, nullptr, 16)));
    }
  }
  return bytes;
}

std::string as_rows(ByteView bytes) {
  std::string text;
  char hex[4];
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::snprintf(hex, sizeof(hex), "%02x%c", bytes[i], i % 16 == 15 ? '\n' : ' ');
    text += hex;
  }
  return text;
}

TEST(Example, TheDocumentShowsWhatThePackerMakes) {
  std::vector<std::uint8_t> payload(16);
  for (std::uint8_t i = 0; i < 16; ++i) {
    payload[i] = i;
  }
  ImageInfo info;
  info.board = "example";
  info.abi_version = 1;
  info.version = {1, 2, 3, 4};
  info.load_address = 0x8000;
  info.model = "none";
  const auto image = pack(payload, info, published_key());
  ASSERT_TRUE(image.ok());
  EXPECT_EQ(documented_example(), *image) << as_rows(*image);
}

} // namespace
} // namespace tinyml::image
