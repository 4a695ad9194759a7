// SPDX-License-Identifier: Apache-2.0
#include "training/run/curves.hpp"
#include "training/run/live_table.hpp"
#include "training/run/model_follower.hpp"
#include "training/run/process_figures.hpp"

#include "base/crc32.hpp"
#include "training/coding/coding.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <unistd.h>

namespace tinyml::coordinator {
namespace {

using testing::HasSubstr;
using testing::Not;

RunRecord sample_run(unsigned rounds) {
  RunRecord run{.model = "mnist <lenet>"};
  for (unsigned round = 0; round <= rounds; ++round) {
    RoundRecord record{.round = round,
                       .accuracy = 99.2 - 89 * std::exp(-1.5 * round),
                       .loss = 2.3 * std::exp(-0.9 * round) + 0.03,
                       .bytes_up = 31405,
                       .bytes_down = 31373,
                       .seconds = 3.5};
    for (unsigned id = 1; id <= 3; ++id) {
      record.workers.push_back({.id = id,
                                .board = "kvm-x86_64",
                                .state = "trains",
                                .loss = record.loss * (0.8 + 0.2 * id),
                                .samples_per_second = 21'000,
                                .samples = 20'000,
                                .personal_after = record.accuracy - id});
    }
    run.rounds.push_back(record);
  }
  return run;
}

TEST(Curves, AreAnSvgForRunsOfAnyLength) {
  for (const unsigned rounds : {0U, 1U, 5U, 200U}) {
    const std::string svg = curves_svg(sample_run(rounds), "mnist, 3 workers");
    EXPECT_TRUE(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    EXPECT_THAT(svg, HasSubstr("mnist &lt;lenet&gt;"));
    EXPECT_THAT(svg, Not(HasSubstr("nan")));
  }
  EXPECT_TRUE(curves_svg({.model = "none"}, "").starts_with("<svg "));
}

TEST(LiveTable, FitsTheTerminal) {
  LiveState state{.phase = "trains", .round = 2, .rounds = 5, .workers = {}, .done = {}};
  const RunRecord run = sample_run(2);
  state.done = run.rounds;
  for (unsigned id = 1; id <= 100; ++id) {
    state.workers.push_back(run.rounds[2].workers[0]);
  }
  const std::string text = table_text(state, 60, 24);
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 24);
  EXPECT_THAT(text, HasSubstr("more workers"));
  std::size_t start = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', start)) {
    EXPECT_LE(end - start, 60U);
    start = end + 1;
  }
}

TEST(Deltas, AddUpAsAtTheWorkers) {
  VersionedModel model{4, std::vector<float>(600, 1.0F)};
  std::vector<float> step(600);
  for (std::size_t i = 0; i < step.size(); ++i) {
    step[i] = static_cast<float>(i) / 1000 - 0.3F;
  }
  const training::DeltaHeader header{
      .run_id = 9, .version = 4, .coding = 2, .parameter_count = 600};
  std::vector<std::uint8_t> message(training::DeltaHeader::kBytes);
  (void)training::encode(header, message);
  std::vector<float> decoded;
  for (std::size_t first = 0; first < step.size(); first += training::kBlockValues) {
    const auto count = std::min<std::size_t>(training::kBlockValues, step.size() - first);
    std::vector<std::uint8_t> code(
        training::coded_block_bytes(training::Coding::kInt4, static_cast<std::uint32_t>(count)));
    ASSERT_TRUE(training::encode_block(training::Coding::kInt4,
                                       std::span(step).subspan(first, count), code));
    std::vector<float> values(count);
    ASSERT_TRUE(training::decode_block(training::Coding::kInt4, code, values));
    decoded.insert(decoded.end(), values.begin(), values.end());
    message.insert(message.end(), code.begin(), code.end());
  }
  message.resize(message.size() + 4);
  store_le(message.data() + message.size() - 4, crc32(ByteView(message).first(message.size() - 4)));
  auto damaged = message;
  damaged[100] ^= 1;
  EXPECT_FALSE(add_delta(damaged, model));
  ASSERT_TRUE(add_delta(message, model));
  EXPECT_EQ(model.version, 5U);
  EXPECT_EQ(model.values[599], 1.0F + decoded[599]);
  EXPECT_FALSE(add_delta(message, model)) << "it starts from version 4";
}

TEST(ProcessFigures, AreThoseOfProc) {
  const auto own = figures_of(::getpid());
  ASSERT_TRUE(own);
  EXPECT_GT(own->anonymous_bytes, 100'000U);
  EXPECT_FALSE(figures_of(-1));
  ProcessMeter meter;
  meter.look(::getpid());
  const double before = meter.cpu_seconds();
  volatile double sum = 0;
  for (int i = 0; i < 20'000'000; ++i) {
    sum = sum + i;
  }
  meter.look(::getpid());
  EXPECT_GE(meter.cpu_seconds(), before);
  EXPECT_GT(meter.peak_anonymous_bytes(), 100'000U);
}

} // namespace
} // namespace tinyml::coordinator
