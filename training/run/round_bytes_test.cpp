// SPDX-License-Identifier: Apache-2.0
#include "training/run/round_bytes.hpp"

#include <gtest/gtest.h>

namespace tinyml::coordinator {
namespace {

TEST(RoundBytes, BelongToTheRoundThatTheyWereFor) {
  RoundBytes bytes;
  bytes.begin(0, 0);
  bytes.count(100);
  bytes.assign(1, 1, 100);
  bytes.count(140); // a piece of the second round's
  EXPECT_EQ(bytes.take(1), 100U);
  EXPECT_EQ(bytes.waiting(), 40U);
  bytes.count(200);
  bytes.assign(2, 2, 100);
  EXPECT_EQ(bytes.take(2), 100U);
  EXPECT_EQ(bytes.take(2), 0U) << "once";
}

TEST(RoundBytes, RoundsThatPassedBetweenTwoLooksShareThem) {
  RoundBytes bytes;
  bytes.begin(0, 0);
  bytes.count(301);
  bytes.assign(4, 6, 0);
  EXPECT_EQ(bytes.take(4), 100U);
  EXPECT_EQ(bytes.take(6), 201U) << "nothing is lost";
}

TEST(RoundBytes, TheBeginningOfTheNextRoundWaits) {
  RoundBytes bytes;
  bytes.begin(0, 0);
  bytes.count(230);
  bytes.assign(1, 2, 100);
  EXPECT_EQ(bytes.take(1), 100U);
  EXPECT_EQ(bytes.take(2), 100U);
  bytes.count(300);
  bytes.assign(3, 3, 100);
  EXPECT_EQ(bytes.take(3), 100U);
  bytes.count(2300); // a whole model
  bytes.assign(4, 4, 100);
  EXPECT_EQ(bytes.take(4), 2000U);
}

TEST(RoundBytes, WhatComesBeforeTheFirstRoundDoesNotCount) {
  RoundBytes bytes;
  bytes.begin(50, 1000);
  bytes.count(550);
  EXPECT_EQ(bytes.waiting(), 0U);
  bytes.count(1150);
  EXPECT_EQ(bytes.waiting(), 100U);
}

TEST(RoundBytes, ACounterMayBeginAnew) {
  RoundBytes bytes;
  bytes.begin(0, 0);
  bytes.count(700);
  bytes.count(30); // its server was started again
  EXPECT_EQ(bytes.waiting(), 730U);
}

} // namespace
} // namespace tinyml::coordinator
