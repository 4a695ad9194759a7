// SPDX-License-Identifier: Apache-2.0
#include "training/run/recipe.hpp"
#include "training/run/run_folder.hpp"
#include "training/run/run_plan.hpp"

#include "host/files.hpp"

#include <cmath>
#include <gmock/gmock.h>

namespace tinyml::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Wish, BoardsRepeatUntilEveryWorkerHasOne) {
  RunWish wish{.workers = 5, .boards = *parse_boards("kvm,kvm,mps2-an386")};
  EXPECT_THAT(wish.boards, ElementsAre("kvm-x86_64", "kvm-x86_64", "mps2-an386"));
  EXPECT_EQ(wish.board_of(2), "mps2-an386");
  EXPECT_EQ(wish.board_of(4), "kvm-x86_64");
  EXPECT_FALSE(parse_boards("kvm,,linux").ok());
  EXPECT_FALSE(parse_boards("").ok());
}

TEST(Wish, BarriersAndStrategiesAreWords) {
  EXPECT_EQ(parse_barrier("ssp:3")->staleness, 3);
  EXPECT_EQ(parse_barrier("psp:2")->sampled_peers, 2);
  EXPECT_EQ(parse_barrier("asp")->barrier, training::Barrier::kNone);
  for (const char *wrong :
       {"", "ssp", "ssp:", "ssp:0", "ssp:x", "ssp:1x", "psp:99999", "lockstep"}) {
    EXPECT_FALSE(parse_barrier(wrong).ok()) << wrong;
  }
  EXPECT_EQ(parse_strategy("median")->aggregation, training::Aggregation::kMedian);
  EXPECT_EQ(parse_strategy("scaffold")->strategy, training::Strategy::kScaffold);
  EXPECT_THAT(parse_strategy("sgd").error().message, HasSubstr("fedyogi"));
  EXPECT_THAT(parse_coding("int3").error().message, HasSubstr("int4"));
}

TEST(Wish, EveryWrongWordIsNamed) {
  const auto message_of = [](RunWish wish) {
    const auto checked = check(wish);
    return checked.ok() ? std::string() : checked.error().message;
  };
  EXPECT_EQ(message_of({}), "");
  EXPECT_THAT(message_of({.boards = {"esp32"}}), HasSubstr("no board 'esp32'"));
  EXPECT_THAT(message_of({.split = "shards:0"}), HasSubstr("shards"));
  EXPECT_THAT(message_of({.workers = 0}), HasSubstr("--workers"));
  EXPECT_THAT(message_of({.workers = 129}), HasSubstr("128"));
  EXPECT_EQ(message_of({.workers = 200, .edges = 2}), "");
  EXPECT_THAT(message_of({.workers = 1, .boards = {"linux", "linux"}}), HasSubstr("--workers 2"));
  EXPECT_THAT(message_of({.rounds = 0}), HasSubstr("--rounds"));
  EXPECT_THAT(message_of({.share = "stolen"}), HasSubstr("--share"));
  EXPECT_THAT(message_of({.local_epochs = 1, .local_steps = 5}), HasSubstr("--local-steps"));
  EXPECT_THAT(message_of({.edges = 1}), HasSubstr("--edges"));
  EXPECT_THAT(message_of({.rate = std::nan("")}), HasSubstr("--rate"));
  EXPECT_THAT(message_of({.clip = std::nan("")}), HasSubstr("--clip"));
  EXPECT_THAT(message_of({.barrier = "asp", .edges = 2}), HasSubstr("bsp"));
  EXPECT_THAT(message_of({.strategy = "scaffold", .barrier = "ssp:2"}), HasSubstr("bsp"));
  EXPECT_THAT(message_of({.strategy = "median", .barrier = "asp"}), HasSubstr("bsp"));
  EXPECT_THAT(message_of({.workers = 3, .barrier = "psp:3"}), HasSubstr("at most 2"));
  EXPECT_EQ(message_of({.workers = 3, .barrier = "psp:2"}), "");
}

TEST(Wish, SurvivesItsFile) {
  RunWish wish{.model = "mnist-mlp",
               .data = "mnist",
               .workers = 7,
               .boards = {"linux"},
               .split = "shards:2",
               .rate = 0.03,
               .seed = 1ULL << 40U,
               .publish = "digits",
               .svg = "/tmp/curves.svg"};
  const auto back = wish_from_json(to_json(wish));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(to_json(*back), to_json(wish));
  EXPECT_FALSE(wish_from_json({{"model", 3}}).ok());
}

TEST(Wish, BecomesSettingsThatTheProtocolTakes) {
  const ModelFacts facts{.parameter_count = 100, .learned_count = 90};
  for (const char *strategy : {"fedavg", "fedprox", "fedadam", "fedyogi", "scaffold", "median"}) {
    for (const char *barrier : {"bsp", "asp"}) {
      RunWish wish{.strategy = strategy, .barrier = barrier};
      if (wish.barrier != "bsp" && (wish.strategy == "median" || wish.strategy == "scaffold")) {
        continue; // the protocol knows no such run
      }
      const auto settings = settings_of(wish, recipe_for(wish), facts, 7);
      EXPECT_TRUE(settings.ok()) << strategy << " " << barrier << ": " << settings.error().message;
    }
  }
}

TEST(Wish, TheSplitChoosesWhatARunLearnsBy) {
  const ModelFacts facts{.parameter_count = 100, .learned_count = 90, .class_biases = true};
  const auto text_for = [&](const std::string &split, const std::string &barrier) {
    RunWish wish{.rounds = 20, .split = split, .barrier = barrier};
    wish.strategy = strategy_for(split, barrier);
    const auto settings = settings_of(wish, recipe_for(wish), facts, 7);
    return settings.ok() ? recipe_text(*settings) : settings.error().message;
  };
  EXPECT_EQ(text_for("iid", "bsp"), "fedavg, rate 0.2 to 0.01 for batches of 32");
  EXPECT_EQ(text_for("shards:2", "bsp"),
            "scaffold, rate 0.1 to 0.002 for batches of 32, label calibration 1, score balance 4");
  const Recipe slower = recipe_for({.rounds = 20, .strategy = "scaffold", .rate = 0.05});
  EXPECT_EQ(slower.rate, 0.05F);
  EXPECT_NEAR(slower.rate * std::pow(slower.rate_end, 19), 0.001F, 1e-5F);
  EXPECT_EQ(recipe_for({.rounds = 1, .strategy = "scaffold"}).schedule,
            training::RateSchedule::kConstant);
  EXPECT_EQ(text_for("disjoint", "bsp"),
            "fedadam, rate 0.04 to 0.004 for batches of 32, label calibration 0.5");
  EXPECT_EQ(text_for("shards:2", "asp"), text_for("disjoint", "bsp"));
}

TEST(RunPlan, TheServerIsWhereItsWorkersReachIt) {
  EXPECT_EQ(*choose_server_board({.boards = {"linux"}}), "linux");
  EXPECT_EQ(*choose_server_board({.boards = {"linux", "mps2-an386"}}), "linux");
  EXPECT_FALSE(choose_server_board({.boards = {"linux"}, .server_board = "mps2-an386"}).ok());
  EXPECT_EQ(*choose_server_board({.boards = {"mps2-an386"}, .server_board = "mps2-an386"}),
            "mps2-an386");
}

TEST(RunPlan, SlowBoardsAndSmallStoresGetFewerSamples) {
  datasets::DataSet set{.name = "tiny", .shape = {28, 28, 1}, .classes = {"a", "b"}};
  for (std::uint32_t i = 0; i < 4000; ++i) {
    set.train.labels.push_back(i % 2);
    set.test.labels.push_back(i % 2);
  }
  set.train.bytes.resize(set.train.size() * set.sample_bytes());
  set.test.bytes.resize(set.test.size() * set.sample_bytes());
  const RunWish wish{.workers = 2, .boards = {"linux", "mps2-an386"}, .emulated_samples = 100};
  const auto parts = divide(set, wish, {.bytes = 250'000});
  ASSERT_TRUE(parts.ok()) << parts.error().message;
  EXPECT_EQ((*parts)[0].train.size(), 2000U);
  EXPECT_EQ((*parts)[1].train.size(), 100U);
  EXPECT_FALSE(divide(set, wish, {.bytes = 1U << 30U}).ok()) << "the model alone fills it";
}

TEST(RunPlan, EmulatedBoardsGetWhatTheyTrainOnInReasonableTime) {
  const RunWish wish;
  constexpr std::uint64_t kMacs = 2'000'000;
  const std::uint32_t with_unit = emulated_samples(wish, "mps2-an386", kMacs);
  const std::uint32_t soft = emulated_samples(wish, "virt-rv32", kMacs);
  EXPECT_GT(with_unit, soft);
  EXPECT_EQ(emulated_samples({.local_epochs = 2}, "virt-rv32", kMacs), soft / 2);
  EXPECT_EQ(emulated_samples(wish, "virt-rv32", 1U << 30U), 8U) << "a huge model";
  EXPECT_EQ(emulated_samples(wish, "virt-rv32", 1), 300U) << "a tiny one";
  EXPECT_EQ(emulated_samples({.emulated_samples = 7}, "virt-rv32", kMacs), 7U);
}

TEST(RunFolder, KeepsWhatARunNeedsToGoOn) {
  const auto temporary = host::TemporaryFolder::create("run");
  ASSERT_TRUE(temporary.ok());
  const RunFolder folder(temporary->path() / "run");
  EXPECT_EQ(folder.load().error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(folder.create().ok());
  RunState state{.wish = {.model = "m"}, .run_id = 77};
  state.rounds.push_back({.round = 1, .accuracy = 98.5, .workers = {{.id = 1, .board = "linux"}}});
  state.rounds[0].workers[0].personal_after = 97.25;
  ASSERT_TRUE(folder.save(state).ok());
  const auto back = folder.load();
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(back->run_id, 77U);
  EXPECT_EQ(to_json(back->rounds[0]), to_json(state.rounds[0]));
  EXPECT_FALSE(back->finished);
  EXPECT_EQ(to_json(back->wish), to_json(state.wish));
  state.finished = true;
  ASSERT_TRUE(folder.save(state).ok());
  EXPECT_TRUE(folder.load()->finished);
  EXPECT_EQ(folder.create().error().code, ErrorCode::kConflict) << "it is not written over";
  ASSERT_TRUE(host::write_text(folder.path() / "run.json", "{\"version\": 1}").ok());
  EXPECT_EQ(folder.load().error().code, ErrorCode::kInvalidInput);
}

TEST(RunFolder, DoesNotMoveIntoAFolderOfOtherThings) {
  const auto temporary = host::TemporaryFolder::create("run");
  ASSERT_TRUE(temporary.ok());
  const RunFolder folder(temporary->path());
  EXPECT_TRUE(folder.create().ok()) << "an empty one is welcome";
  EXPECT_TRUE(folder.check_room(1).ok());
  EXPECT_EQ(folder.check_room(1ULL << 60U).error().code, ErrorCode::kResourceFull);
  ASSERT_TRUE(host::write_text(temporary->path() / "diary.txt", "mine").ok());
  EXPECT_EQ(folder.create().error().code, ErrorCode::kConflict);
}

} // namespace
} // namespace tinyml::coordinator
