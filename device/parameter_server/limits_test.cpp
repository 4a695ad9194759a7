// SPDX-License-Identifier: Apache-2.0
// Many workers, small stores, noise on the wire.
#include "device/parameter_server/test_runs.hpp"

namespace tinyml::device {
namespace {

TEST(ParameterServer, AHundredWorkersAtOnce) {
  constexpr std::uint16_t kWorkers = 100;
  RunSettings settings = settings_for(kWorkers, 2);
  set_coding(settings, Coding::kInt4);
  const auto site = site_for(settings, {.max_delay_ms = 1});
  const coap::Millis start_ms = site->now_ms;
  ASSERT_TRUE(site->finish());
  const auto status = site->status();
  EXPECT_EQ(status.folded, 0);
  EXPECT_EQ(status.refused[static_cast<int>(training::Refusal::kNoRoom)], 0U);
  EXPECT_LT(site->now_ms - start_ms, 2000U) << "nobody had to wait for a second try";
  expect_all_hold_the_servers_model(*site);
}

/// Sectors from 512 bytes to 256 KB, program units from 1 to 32 bytes.
TEST(ParameterServer, WorksOnStoresOfAllKinds) {
  const RunSettings settings = [] {
    RunSettings wanted = settings_for(3, 3);
    set_coding(wanted, Coding::kInt4);
    return wanted;
  }();
  const auto calm = site_for(settings);
  ASSERT_TRUE(calm->finish());
  for (const hal::StoreInfo &info : {hal::StoreInfo{1U << 20, 512, 1},
                                     {1U << 20, 1024, 8},
                                     {2U << 20, 65'536, 32},
                                     {8U << 20, 256U << 10, 4}}) {
    Site site({.max_delay_ms = 3}, 1, info);
    ASSERT_EQ(site.put_run(settings).code, coap::Code::kChanged) << info.sector_bytes;
    ASSERT_EQ(site.put_model(drawn(1)).code, coap::Code::kChanged);
    for (const Vector &target : targets_for(settings.workers)) {
      site.add_worker(settings, target);
    }
    ASSERT_TRUE(site.finish()) << info.sector_bytes;
    EXPECT_EQ(site.get_model(), calm->get_model());
    EXPECT_EQ(site.flash.violations(), 0U);
  }
}

/// Blocks that the store cannot take one by one are refused; the store is none the worse for it.
TEST(ParameterServer, BlocksSmallerThanAProgramUnitAreRefused) {
  const RunSettings settings = settings_for(1, 2);
  Site site({.max_delay_ms = 3}, 1,
            {.size_bytes = 2U << 20, .sector_bytes = 4096, .program_bytes = 32});
  ASSERT_EQ(site.put_run(settings).code, coap::Code::kChanged);
  ASSERT_EQ(site.put_model(drawn(1)).code, coap::Code::kChanged);
  TestWorker &worker = site.add_worker(settings, drawn(2));
  worker.manners.block_szx = 0;
  ASSERT_TRUE(site.run_until([&] { return worker.refused() > 5; }));
  EXPECT_EQ(site.status().store_errors, 0U);
  worker.manners.block_szx = coap::kMaxSzx;
  ASSERT_TRUE(site.run_until([&] { return worker.done() || worker.taken() > 0; }));
}

/// A model of 61,706 parameters on the stores of the boards that train.
TEST(StorePlan, HasRoomForAHundredWorkersOfLeNet) {
  RunSettings settings = settings_for(100);
  settings.parameter_count = settings.learned_count = 61'706;
  settings.strategy = Strategy::kFedAdam;
  settings.server_momentum = 0.9F;
  set_coding(settings, Coding::kInt4);
  EXPECT_EQ(update_bytes(settings), 31'397U);
  EXPECT_EQ(delta_bytes(settings), 31'373U);
  const hal::StoreInfo small{.size_bytes = 16U << 20, .sector_bytes = 4096, .program_bytes = 16};
  const hal::StoreInfo large{
      .size_bytes = 32U << 20, .sector_bytes = 256U << 10, .program_bytes = 4};
  const auto plan = plan_store(settings, store::layout_of(small).user, small);
  ASSERT_TRUE(plan.has_value());
  EXPECT_FALSE(plan->folded);
  EXPECT_EQ(plan->slots.count, 102U);
  EXPECT_EQ(plan->deltas.count, 17U);
  const auto wide = plan_store(settings, store::layout_of(large).user, large);
  ASSERT_TRUE(wide.has_value());
  EXPECT_TRUE(wide->folded) << "a sector holds eight updates, but is erased as a whole";
  settings.workers = 80;
  EXPECT_FALSE(plan_store(settings, store::layout_of(large).user, large)->folded);
}

/// Places of a plan do not touch each other or leave the user area.
TEST(StorePlan, PlacesAreApart) {
  for (const unsigned workers : {1U, 3U, 12U, 100U}) {
    for (const bool edge : {false, true}) {
      RunSettings settings = settings_for(static_cast<std::uint16_t>(workers));
      settings.strategy = Strategy::kScaffold;
      settings.delta_coding = static_cast<std::uint8_t>(Coding::kInt8);
      settings.upstream.port = edge ? 5683 : 0;
      const store::Region user{8192, 300U << 10};
      const auto plan = plan_store(settings, user, kSmallSectors);
      ASSERT_TRUE(plan.has_value()) << workers;
      std::vector<bool> taken(kSmallSectors.size_bytes / 4096, false);
      for (const RegionRow *row :
           {&plan->commits, &plan->models, &plan->residual, &plan->first, &plan->second,
            &plan->control, &plan->sums, &plan->outgoing, &plan->deltas, &plan->slots}) {
        for (std::uint32_t at = row->offset; at < row->offset + row->stride_bytes * row->count;
             at += 4096) {
          ASSERT_TRUE(at >= user.offset && at < user.end());
          EXPECT_FALSE(taken[at / 4096]);
          taken[at / 4096] = true;
        }
      }
    }
  }
}

/// Whatever is sent, by whomever, the server answers and the run goes on.
TEST(ParameterServer, NoiseDoesNoHarm) {
  const RunSettings settings = settings_for(2, 3);
  const auto site = site_for(settings);
  std::minstd_rand random(4);
  const auto draw = [&](std::uint32_t below) {
    return static_cast<std::uint32_t>(random()) % below;
  };
  const char *const paths[] = {"train/run",   "train/model",  "train/join",   "train/task",
                               "train/delta", "train/update", "train/status", "train/control"};
  const char *const queries[] = {"w=0", "w=1", "w=77", "w=-1", "w=999999999999", "v=0", "v=x", "v"};
  const coap::Code methods[] = {coap::Code::kGet, coap::Code::kPut, coap::Code::kPost};
  for (int i = 0; i < 20'000; ++i) {
    std::uint8_t bytes[1152];
    coap::MessageBuilder message(bytes, coap::Type::kConfirmable, methods[draw(3)],
                                 static_cast<std::uint16_t>(i), coap::Token());
    message.path(paths[draw(8)]).query(queries[draw(8)]);
    if (draw(2) == 0) {
      const auto option = draw(2) == 0 ? coap::OptionNumber::kBlock1 : coap::OptionNumber::kBlock2;
      message.option_uint(option, draw(4) == 0 ? static_cast<std::uint32_t>(random()) : draw(64));
    }
    const ByteSpan room = message.begin_payload();
    const std::uint32_t size = draw(2) == 0 ? 0 : draw(static_cast<std::uint32_t>(room.size()));
    std::generate_n(room.begin(), size, [&] { return static_cast<std::uint8_t>(draw(256)); });
    if (size > 2) {
      room[0] = 1;
      room[1] = static_cast<std::uint8_t>(draw(12));
    }
    message.end_payload(size);
    site->network.put(peer_of_worker(static_cast<std::uint16_t>(7 + draw(3))), kServerPeer,
                      message.bytes(), site->now_ms);
    site->step();
  }
  ASSERT_TRUE(site->finish());
  EXPECT_EQ(site->status().version, settings.rounds);
  expect_all_hold_the_servers_model(*site);
}

} // namespace
} // namespace tinyml::device
