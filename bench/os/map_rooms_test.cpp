// SPDX-License-Identifier: Apache-2.0
#include "bench/os/map_rooms.hpp"

#include <gtest/gtest.h>

namespace tinyml::bench_os {
namespace {

constexpr std::string_view kProgram = "device/CMakeFiles/program_base.dir/base/main.cpp.obj";

TEST(MapRooms, FollowFolders) {
  EXPECT_EQ(room_of("protocol/coap/libtinyml_coap.a(block.cpp.obj)", ".text.x"), "CoAP");
  EXPECT_EQ(room_of("image/libtinyml_mbedtls_small.a(ecp.c.o)", ".text.x"), "crypto");
  EXPECT_EQ(room_of("image/libtinyml_image.a(header.cpp.obj)", ".text.x"), "image");
  EXPECT_EQ(room_of("/usr/lib/gcc/arm/12/libgcc.a(x.o)", ".text"), "compiler library");
  EXPECT_EQ(room_of("somewhere/new.a(x.o)", ".text"), "other");
}

TEST(MapRooms, TellTheNetworkDriverFromTheBoard) {
  EXPECT_EQ(room_of("os/boards/CMakeFiles/tinyml_os_board.dir/mps/net.cpp.obj", ".text.x"),
            "network driver");
  EXPECT_EQ(room_of("os/boards/CMakeFiles/tinyml_os_board.dir/mps/clock.cpp.obj", ".text.x"),
            "board");
  EXPECT_EQ(room_of("os/boards/CMakeFiles/tinyml_os_board.dir/mps/store.cpp.obj",
                    ".text._ZNK6tinyml7drivers9NorMemory4readEj"),
            "drivers");
  EXPECT_EQ(
      room_of("os/boards/CMakeFiles/tinyml_os_board.dir/__/cpu/armv7m/fault.cpp.obj", ".text.x"),
      "processor");
}

TEST(MapRooms, PutTemplatesOfTheProgramWhereTheirNamespaceIs) {
  EXPECT_EQ(room_of(kProgram, ".text._ZN6tinyml4coap8EndpointINS0_12FixedStorageE4pollEy"), "CoAP");
  EXPECT_EQ(
      room_of(kProgram, ".text._ZZN6tinyml5lwm2m6ClientINS_4coap1XEE12mark_changesEvENKUltE_clEt"),
      "LwM2M");
  EXPECT_EQ(room_of(kProgram, ".text._ZNK6tinyml5store9BootState8on_trialEv"), "store");
  EXPECT_EQ(room_of(kProgram, ".text._ZN6tinyml10ByteWriter3putE"), "base");
  EXPECT_EQ(room_of(kProgram, ".rodata..LC12"), "device");
  EXPECT_EQ(room_of(kProgram, ".text._ZNSt11__copy_moveE"), "device");
}

TEST(MapRooms, SumUpAMap) {
  const Rooms rooms =
      rooms_of_map("Discarded input sections\n"
                   " .text.gone     0x00000000       0x99 os/net/libtinyml_net.a(x.cpp.obj)\n"
                   "Linker script and memory map\n"
                   ".text           0x00000000     0xa0e0\n"
                   " *(.text .text.*)\n"
                   " .text.memcpy   0x00000910       0x3e os/freestanding/memory.cpp.obj\n"
                   "                0x00000910                memcpy\n"
                   " *fill*         0x0000094e        0x2 \n"
                   " .text._ZN6tinyml3net3oneEv\n"
                   "                0x00000a00       0x10 os/net/libtinyml_net.a(x.cpp.obj)\n"
                   " .data.table    0x00000000        0x8 os/net/libtinyml_net.a(x.cpp.obj)\n"
                   " .bss.buffer    0x00000008       0x20 os/net/libtinyml_net.a(x.cpp.obj)\n"
                   " .debug_info    0x00000008      0x200 os/net/libtinyml_net.a(x.cpp.obj)\n");
  ASSERT_EQ(rooms.size(), 2U);
  EXPECT_EQ(rooms.at("runtime").rom, 0x3EU);
  EXPECT_EQ(rooms.at("net").rom, 0x18U);
  EXPECT_EQ(rooms.at("net").ram, 0x28U);
  EXPECT_EQ(network_rom_bytes(rooms), 0x18U);
}

TEST(MapRooms, TakeAnyText) {
  EXPECT_TRUE(rooms_of_map("").empty());
  EXPECT_TRUE(rooms_of_map("Linker script and memory map").empty());
  EXPECT_TRUE(rooms_of_map("Linker script and memory map\n .text\n").empty());
  EXPECT_TRUE(rooms_of_map("Linker script and memory map\n .text 0xZZ 0x10 x.o\n").empty());
}

} // namespace
} // namespace tinyml::bench_os
