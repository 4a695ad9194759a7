// SPDX-License-Identifier: Apache-2.0
#pragma once

// CLI11, as much of it as programs with flags and subcommands need.
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
