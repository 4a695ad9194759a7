// SPDX-License-Identifier: Apache-2.0
#include "compiler/driver/backend.hpp"

#include <cstdio>

int main(int argc, char **argv) {
  if (argc != 3) {
    std::fputs("usage: tinyml-backend REQUEST_DIR RESULT_DIR (see docs/backend.md)\n", stderr);
    return 2;
  }
  const auto done = tinyml::driver::run_backend(argv[1], argv[2]);
  if (!done.ok()) {
    std::fprintf(stderr, "tinyml-backend: %s\n", done.error().message.c_str());
    return 1;
  }
  return 0;
}
