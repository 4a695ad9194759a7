// SPDX-License-Identifier: Apache-2.0
// What crosses the network in a training run: never a piece of a sample, unless the shards are
// sent.
#include "tests/e2e/train_stage.hpp"

#include <set>

namespace tinyml::e2e {
namespace {

constexpr std::size_t kPieceBytes = 16;
/// Pieces of less variety (the black around a digit) are in any file.
constexpr std::size_t kLeastDifferent = 6;

std::uint64_t mix(const std::uint8_t *piece) {
  const auto low = load_le<std::uint64_t>(piece);
  const auto high = load_le<std::uint64_t>(piece + 8);
  return (low * 0x9E3779B97F4A7C15ULL) ^ (high * 0xC2B2AE3D27D4EB4FULL);
}

bool is_telling(ByteView piece) {
  return std::set<std::uint8_t>(piece.begin(), piece.end()).size() >= kLeastDifferent;
}

/// All telling pieces of all samples, as sorted numbers.
std::vector<std::uint64_t> pieces_of(const datasets::ImageSet &set) {
  std::vector<std::uint64_t> pieces;
  for (std::size_t i = 0; i < set.size(); ++i) {
    const ByteView image = set.image(i);
    for (std::size_t at = 0; at + kPieceBytes <= image.size(); ++at) {
      if (is_telling(image.subspan(at, kPieceBytes))) {
        pieces.push_back(mix(image.data() + at));
      }
    }
  }
  std::sort(pieces.begin(), pieces.end());
  return pieces;
}

std::size_t pieces_found(ByteView capture, const std::vector<std::uint64_t> &pieces) {
  std::size_t found = 0;
  for (std::size_t at = 0; at + kPieceBytes <= capture.size(); ++at) {
    found += std::binary_search(pieces.begin(), pieces.end(), mix(capture.data() + at)) ? 1 : 0;
  }
  return found;
}

class TrainWire : public testing::Test {
protected:
  /// All frames of a short run whose shards are `share`.
  std::vector<std::uint8_t> frames_of(const std::string &share) {
    const bool kvm = ::access("/dev/kvm", R_OK | W_OK) == 0;
    const auto capture = stage.folder() / (share + ".pcap");
    const host::Outcome done = stage.train({"mnist-mlp",
                                            "--on",
                                            kvm ? "kvm" : "mps2-an386",
                                            "--workers",
                                            "2",
                                            "--rounds",
                                            "1",
                                            "--server-on",
                                            kvm ? "kvm" : "mps2-an386",
                                            "--samples",
                                            "200",
                                            "--board-samples",
                                            "50",
                                            "--share",
                                            share,
                                            "--publish",
                                            "none",
                                            "--capture",
                                            capture.string(),
                                            "--state",
                                            (stage.folder() / share).string()});
    EXPECT_EQ(done.exit_code, 0) << done.output << stage.consoles(share);
    const auto bytes = host::read_file(capture);
    EXPECT_TRUE(bytes.ok());
    return bytes.ok() ? *bytes : std::vector<std::uint8_t>();
  }

  TrainStage stage;
};

TEST_F(TrainWire, NoPieceOfASampleLeavesItsWorker) {
  const auto pieces = pieces_of(stage.training_digits());
  ASSERT_GT(pieces.size(), 100'000U);
  const auto local = frames_of("local");
  EXPECT_GT(local.size(), 300'000U) << "model and updates are there";
  EXPECT_EQ(pieces_found(local, pieces), 0U);
}

TEST_F(TrainWire, PiecesAreFoundWhereTheShardsAreSent) {
  const auto pieces = pieces_of(stage.training_digits());
  EXPECT_GT(pieces_found(frames_of("given"), pieces), 1000U);
}

} // namespace
} // namespace tinyml::e2e
