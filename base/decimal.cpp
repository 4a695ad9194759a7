// SPDX-License-Identifier: Apache-2.0
#include "base/decimal.hpp"

#include "base/divide.hpp"

void tinyml::put_decimal(ByteWriter &out, std::uint64_t number) {
  char digits[20];
  std::size_t start = sizeof(digits);
  do {
    digits[--start] = static_cast<char>('0' + divide_in_place(number, 10));
  } while (number != 0);
  out.put(std::string_view(digits + start, sizeof(digits) - start));
}
