// SPDX-License-Identifier: Apache-2.0
// The power of the parameter server fails at any of its writes and erases; its store wears out.
#include "device/parameter_server/test_runs.hpp"

namespace tinyml::device {
namespace {

RunSettings int4_settings() {
  RunSettings settings = settings_for(3, 4);
  set_coding(settings, Coding::kInt4);
  settings.server_momentum = 0.1F; // another vector that must not be lost
  return settings;
}

/// The model of an undisturbed run, and how many operations of the flash it takes.
struct Undisturbed {
  Vector model;
  std::uint32_t operations;
};
Undisturbed undisturbed() {
  const auto site = site_for(int4_settings());
  EXPECT_TRUE(site->finish());
  return {site->get_model(), site->power.operations()};
}

/// What the server had taken is found again and what it had not is sent again: the run goes on, and
/// as nothing is lost, to the same bits. But for one case: an update that was taken without the
/// worker learning of it, which then keeps its old residual.
TEST(ParameterServerPowerCut, EndsAsIfNothingHadHappenedWhereverItStruck) {
  const Undisturbed calm = undisturbed();
  constexpr std::uint32_t kStride = 5;
  std::uint32_t cuts = 0;
  std::uint32_t equal = 0;
  for (std::uint32_t at = 0; at < calm.operations; at += kStride) {
    Site site;
    const store::Torn torn = store::kAllTorn[at / kStride % std::size(store::kAllTorn)];
    site.power.cut_after(at, torn, at);
    const RunSettings settings = int4_settings();
    while (site.put_run(settings).code != coap::Code::kChanged ||
           (site.status().state == RunState::kNoModel &&
            site.put_model(drawn(1)).code != coap::Code::kChanged)) {
    }
    for (const Vector &target : targets_for(settings.workers)) {
      site.add_worker(settings, target);
    }
    ASSERT_TRUE(site.finish()) << at;
    cuts += site.power.cuts();
    const Vector model = site.get_model();
    equal += model == calm.model ? 1 : 0;
    ASSERT_LT(distance(model, calm.model), 0.1) << at;
    expect_all_hold_the_servers_model(site);
    EXPECT_EQ(site.flash.violations(), 0U) << at;
  }
  EXPECT_GT(cuts, calm.operations / kStride - 3);
  EXPECT_GT(equal, cuts * 9 / 10);
}

TEST(ParameterServerPowerCut, ManyCutsInOneRun) {
  const Undisturbed calm = undisturbed();
  const auto site = site_for(int4_settings());
  std::minstd_rand random(9);
  std::uint32_t cuts = 0;
  while (!site->finish(20)) {
    if (random() % 4 == 0) {
      const auto draw = [&](std::uint32_t below) {
        return static_cast<std::uint32_t>(random() % below);
      };
      site->power.cut_after(draw(12), store::kAllTorn[draw(4)], draw(999));
    }
    ASSERT_LT(++cuts, 10'000U);
  }
  EXPECT_GE(site->power.cuts(), 4U);
  EXPECT_LT(distance(site->get_model(), calm.model), 0.1);
  EXPECT_EQ(site->status().version, 4U);
}

TEST(ParameterServerPowerCut, RestartedAfterTheEndItStillHasTheModel) {
  const auto site = site_for(int4_settings());
  ASSERT_TRUE(site->finish());
  const Vector model = site->get_model();
  site->start_server();
  EXPECT_EQ(site->status().state, RunState::kDone);
  EXPECT_EQ(site->get_model(), model);
}

/// Sectors that do not take writes any more: reported, no crash, and the run ends or says that it
/// cannot go on.
TEST(ParameterServerWear, BadSectorsAreReported) {
  unsigned finished = 0;
  for (const store::Fault fault : {store::Fault::kEraseFails, store::Fault::kWriteFails}) {
    for (std::uint32_t sector = 0; sector < 40; sector += 3) {
      const auto site = site_for(int4_settings());
      site->flash.spoil(sector * 4096, fault, sector % 3);
      const bool ended = site->run_until(
          [&] {
            const RunState state = site->server->commit().state;
            return state == RunState::kDone || state == RunState::kFailed;
          },
          60'000);
      EXPECT_TRUE(ended) << sector;
      finished += site->server->commit().state == RunState::kDone ? 1 : 0;
    }
  }
  EXPECT_GT(finished, 14U);
}

} // namespace
} // namespace tinyml::device
