// SPDX-License-Identifier: Apache-2.0
#include "compiler/link/elf.hpp"
#include "compiler/link/kernel_choice.hpp"
#include "compiler/link/layout.hpp"
#include "compiler/link/stack_bound.hpp"
#include "host/files.hpp"

#include <gtest/gtest.h>

namespace tinyml::link {
namespace {

std::string node(const std::string &name, const std::string &frame) {
  return "node: { title: \"" + name + "\" label: \"" + name + "()\\nx.cpp:1:1\\n" + frame +
         "\" }\n";
}
std::string edge(const std::string &from, const std::string &to) {
  return "edge: { sourcename: \"" + from + "\" targetname: \"" + to + "\" label: \"x.cpp:1:1\" }\n";
}

Expected<StackBound> bound_of(const std::string &body, const StackRules &rules = {}) {
  CallGraph graph;
  const auto added = graph.add("graph: { title: \"x.cpp\"\n" + body + "}\n");
  EXPECT_TRUE(added.ok());
  return stack_bound(graph, rules);
}

TEST(StackBound, AddsTheFramesOfTheDeepestChain) {
  const auto bound = bound_of(node("main", "16 bytes (static)") + node("a", "100 bytes (static)") +
                              node("b", "40 bytes (dynamic,bounded)") + edge("main", "a") +
                              edge("main", "b") + edge("b", "c") + node("c", "80 bytes (static)"));
  ASSERT_TRUE(bound.ok()) << bound.error().message;
  EXPECT_EQ(bound->bytes, 136U);
  EXPECT_EQ(bound->deepest_chain, (std::vector<std::string>{"main", "b", "c"}));
}

TEST(StackBound, CountsWhatLargeFramesLoseToTheAlignmentOfVectors) {
  const auto bound = bound_of(node("main", "16 bytes (static)") + edge("main", "a") +
                                  node("a", "100 bytes (static)"),
                              {.realignment_bytes = 48});
  ASSERT_TRUE(bound.ok());
  EXPECT_EQ(bound->bytes, 16U + 100U + 48U);
}

TEST(StackBound, CountsLibraryFunctionsWithTheirAllowance) {
  const auto bound = bound_of(node("main", "16 bytes (static)") + edge("main", "__aeabi_fadd"));
  ASSERT_TRUE(bound.ok());
  EXPECT_EQ(bound->bytes, 16U + 128U);
}

TEST(StackBound, PutsOneInterruptOnTop) {
  const StackRules rules{.interrupts = {"tick", "net"}, .interrupt_frame_bytes = 32};
  const auto bound = bound_of(node("main", "16 bytes (static)") + node("tick", "8 bytes (static)") +
                                  node("net", "24 bytes (static)"),
                              rules);
  ASSERT_TRUE(bound.ok());
  EXPECT_EQ(bound->bytes, 16U + 24U + 32U);
}

TEST(StackBound, RefusesWhatHasNoBound) {
  const std::string main = node("main", "16 bytes (static)");
  EXPECT_NE(bound_of(main + edge("main", "main")).error().message.find("recursion main -> main"),
            std::string::npos);
  EXPECT_NE(bound_of(main + edge("main", "v") + node("v", "8 bytes (dynamic)"))
                .error()
                .message.find("'v' has no fixed size"),
            std::string::npos);
  EXPECT_NE(bound_of(main + edge("main", "__indirect_call")).error().message.find("'main' calls"),
            std::string::npos);
  EXPECT_FALSE(bound_of(node("other", "16 bytes (static)")).ok());
}

TEST(StackBound, AllowsIndirectCallsThatTheBoardCovers) {
  const StackRules rules{.indirect_call_bytes = 2048};
  const auto bound =
      bound_of(node("main", "16 bytes (static)") + edge("main", "__indirect_call"), rules);
  ASSERT_TRUE(bound.ok());
  EXPECT_EQ(bound->bytes, 2064U);
}

ElfSection section(const char *name, std::uint64_t size, std::uint64_t alignment) {
  return {.name = name,
          .size_bytes = size,
          .alignment = alignment,
          .allocated = true,
          .has_content = true};
}

LayoutRules usual_rules() {
  return {.rom = {{{".vectors"}, 4}, {{".text.*", ".rodata.*"}, 4}},
          .data = {{{".data.*"}, 4}},
          .zero = {{{".bss.*"}, 8}},
          .discarded = {".ARM.exidx*"}};
}

TEST(Layout, AddsSectionsWithTheirAlignment) {
  const ElfFile object{.sections = {section(".rodata.a", 5, 1), section(".text.a", 2, 2),
                                    section(".vectors", 64, 4), section(".text.b", 6, 4),
                                    section(".data.x", 3, 1), section(".bss.y", 16, 16),
                                    section(".ARM.exidx.b", 8, 4)}};
  const auto sizes = plan_layout(object, usual_rules());
  ASSERT_TRUE(sizes.ok()) << sizes.error().message;
  EXPECT_EQ(sizes->rom_bytes, 64U + (2U + 2U + 6U + 5U + 1U) + 4U);
  EXPECT_EQ(sizes->static_ram_bytes, 16U + 16U);
}

TEST(Layout, RefusesWhatItCannotPlace) {
  const ElfFile strange{.sections = {section(".magic", 4, 4)}};
  EXPECT_NE(plan_layout(strange, usual_rules()).error().message.find(".magic"), std::string::npos);
  ElfSection strings = section(".rodata.str1.1", 4, 1);
  strings.mergeable = true;
  EXPECT_FALSE(plan_layout({.sections = {strings}}, usual_rules()).ok());
}

TEST(Elf, ReadsThisProgramAndRefusesEveryTruncationOfItsHeaders) {
  const auto self = host::read_file("/proc/self/exe");
  ASSERT_TRUE(self.ok());
  const auto elf = parse_elf(*self);
  ASSERT_TRUE(elf.ok()) << elf.error().message;
  EXPECT_FALSE(elf->segments.empty());
  const auto is_text = [](const ElfSection &s) { return s.name == ".text" && s.size_bytes > 0; };
  EXPECT_EQ(std::count_if(elf->sections.begin(), elf->sections.end(), is_text), 1);
  for (std::size_t length = 0; length < 200; ++length) {
    EXPECT_FALSE(parse_elf(ByteView(*self).first(length)).ok());
  }
}

TEST(Kit, NamesTheKeyThatIsMissing) {
  const auto folder = host::TemporaryFolder::create("kit");
  ASSERT_TRUE(folder.ok());
  EXPECT_EQ(load_kit(folder->path()).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(host::write_text(folder->path() / "kit.json", R"({"kit_version": 1})").ok());
  EXPECT_NE(load_kit(folder->path()).error().message.find("board"), std::string::npos);
}

const std::vector<KernelChoice> kChoices = {
    {"avx2", {"avx2"}, {"-mavx2"}},
    {"avx512vnni", {"avx2", "avx512f", "avx512vnni"}, {"-mavx512f"}}};

Kit scalar_kit() {
  Kit kit;
  kit.isa = "scalar";
  kit.compile_flags = {"-Os", "-DTINYML_ISA=scalar", "-std=c++20"};
  kit.link_flags = {"-static"};
  return kit;
}

TEST(KernelChoice, KeepsTheKitsKernelsWhereTheProcessorHasNothingMore) {
  using Words = std::vector<std::string>;
  for (const Words &words : {Words{}, Words{"avx512f", "avx512vnni"}, Words{"sse9"}}) {
    const Kit same = with_kernels_for(scalar_kit(), kChoices, words);
    EXPECT_EQ(same.isa, "scalar");
    EXPECT_EQ(same.compile_flags, scalar_kit().compile_flags);
    EXPECT_EQ(same.link_flags, scalar_kit().link_flags);
  }
}

TEST(KernelChoice, TakesTheFastestKernelsThatTheProcessorExecutes) {
  using Words = std::vector<std::string>;
  const Kit avx2 = with_kernels_for(scalar_kit(), kChoices, {"avx2", "avx512f"});
  EXPECT_EQ(avx2.isa, "avx2");
  EXPECT_EQ(avx2.compile_flags, (Words{"-Os", "-std=c++20", "-mavx2", "-DTINYML_ISA=avx2"}));
  EXPECT_EQ(avx2.link_flags, (Words{"-static", "-Wl,--defsym=tinyml_needed_extensions=1"}));
  EXPECT_EQ(avx2.stack.realignment_bytes, 48U) << "vectors lie at multiples of a cache line";
  const Kit wide =
      with_kernels_for(scalar_kit(), kChoices, {"avx512vnni", "avx512f", "avx2", "unheard-of"});
  EXPECT_EQ(wide.isa, "avx512vnni");
  EXPECT_EQ(wide.compile_flags,
            (Words{"-Os", "-std=c++20", "-mavx512f", "-DTINYML_ISA=avx512vnni"}));
  EXPECT_EQ(wide.link_flags.back(), "-Wl,--defsym=tinyml_needed_extensions=35");
}

TEST(KernelChoice, IsReadFromTheKitAndMayBeAbsentOrDamaged) {
  const auto folder = host::TemporaryFolder::create("kit");
  ASSERT_TRUE(folder.ok());
  Kit kit = scalar_kit();
  kit.folder = folder->path();
  const auto with = [&](const char *text) {
    EXPECT_TRUE(host::write_text(folder->path() / "kit.json", text).ok());
    return for_processor(kit, {"avx2"});
  };
  EXPECT_EQ(with("{}")->isa, "scalar");
  EXPECT_EQ(with(R"({"kernel_choices": [{"isa": "avx2", "extensions": ["avx2"],
                     "compile_flags": []}]})")
                ->isa,
            "avx2");
  const auto damaged = with(R"({"kernel_choices": [{"isa": 5}]})");
  ASSERT_FALSE(damaged.ok());
  EXPECT_NE(damaged.error().message.find("kernel choices"), std::string::npos);
}

TEST(Kit, ListsTheKnownBoardsWhenOneIsUnknown) {
  const auto folder = host::TemporaryFolder::create("kits");
  ASSERT_TRUE(folder.ok());
  std::filesystem::create_directories(folder->path() / "here");
  ASSERT_TRUE(host::write_text(folder->path() / "here" / "kit.json", "{}").ok());
  const auto kit = find_kit(folder->path(), "elsewhere");
  ASSERT_FALSE(kit.ok());
  EXPECT_NE(kit.error().message.find("there are: here"), std::string::npos);
}

} // namespace
} // namespace tinyml::link
