// SPDX-License-Identifier: Apache-2.0
#include "compiler/link/stack_bound.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace tinyml::link {
namespace {

constexpr std::string_view kIndirectCall = "__indirect_call";

/// The quoted text after `key:`; VCG has no escapes for quotes in what GCC writes.
std::optional<std::string_view> quoted(std::string_view line, std::string_view key) {
  const std::size_t at = line.find(key);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  const std::size_t begin = line.find('"', at + key.size());
  const std::size_t end = begin == std::string_view::npos ? begin : line.find('"', begin + 1);
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  return line.substr(begin + 1, end - begin - 1);
}

struct Frame {
  std::uint32_t bytes = 0;
  bool dynamic = false;
};

/// A definition's label ends in "N bytes (static|dynamic|dynamic,bounded)".
std::optional<Frame> frame_of(std::string_view label) {
  const std::size_t words = label.rfind(" bytes (");
  if (words == std::string_view::npos) {
    return std::nullopt;
  }
  std::size_t begin = words;
  while (begin > 0 && label[begin - 1] >= '0' && label[begin - 1] <= '9') {
    --begin;
  }
  Frame frame;
  const auto parsed = std::from_chars(label.data() + begin, label.data() + words, frame.bytes);
  if (parsed.ec != std::errc{} || begin == words) {
    return std::nullopt;
  }
  frame.dynamic = label.substr(words).starts_with(" bytes (dynamic)");
  return frame;
}

/// Depth-first search with memory: the deepest chain below each function.
class Walk {
public:
  Walk(const CallGraph &graph, const StackRules &rules) : graph_(graph), rules_(rules) {}

  Expected<StackBound> from(const std::string &name) {
    if (const auto known = done_.find(name); known != done_.end()) {
      return known->second;
    }
    if (const auto again = std::find(path_.begin(), path_.end(), name); again != path_.end()) {
      return recursion(name);
    }
    path_.push_back(name);
    Expected<StackBound> bound = below(name);
    path_.pop_back();
    if (bound.ok()) {
      done_.emplace(name, *bound);
    }
    return bound;
  }

private:
  Expected<StackBound> below(const std::string &name) {
    if (name == kIndirectCall) {
      return indirect();
    }
    const auto found = graph_.functions().find(name);
    if (found == graph_.functions().end() || !found->second.defined) {
      return StackBound{rules_.library_call_bytes, {name}};
    }
    if (found->second.dynamic) {
      return fail(ErrorCode::kUnsupported,
                  "no stack bound: the frame of '" + name + "' has no fixed size");
    }
    StackBound deepest;
    for (const std::string &callee : found->second.callees) {
      Expected<StackBound> bound = from(callee);
      if (!bound.ok()) {
        return bound;
      }
      if (bound->bytes > deepest.bytes) {
        deepest = *std::move(bound);
      }
    }
    deepest.bytes += found->second.frame_bytes;
    if (found->second.frame_bytes >= rules_.realignment_bytes) {
      deepest.bytes += rules_.realignment_bytes;
    }
    deepest.deepest_chain.insert(deepest.deepest_chain.begin(), name);
    return deepest;
  }

  Expected<StackBound> indirect() const {
    if (rules_.indirect_call_bytes == 0) {
      const std::string caller = path_.size() > 1 ? path_[path_.size() - 2] : "?";
      return fail(ErrorCode::kUnsupported,
                  "no stack bound: '" + caller + "' calls through a pointer");
    }
    return StackBound{rules_.indirect_call_bytes, {std::string(kIndirectCall)}};
  }

  Expected<StackBound> recursion(const std::string &name) const {
    std::string chain;
    for (auto at = std::find(path_.begin(), path_.end(), name); at != path_.end(); ++at) {
      chain += *at + " -> ";
    }
    return fail(ErrorCode::kUnsupported, "no stack bound: recursion " + chain + name);
  }

  const CallGraph &graph_;
  const StackRules &rules_;
  std::map<std::string, StackBound> done_;
  std::vector<std::string> path_;
};

Expected<StackBound> deepest_of(Walk &walk, const std::vector<std::string> &names) {
  StackBound deepest;
  for (const std::string &name : names) {
    Expected<StackBound> bound = walk.from(name);
    if (!bound.ok()) {
      return bound;
    }
    if (bound->bytes > deepest.bytes) {
      deepest = *std::move(bound);
    }
  }
  return deepest;
}

} // namespace

Expected<void> CallGraph::add(std::string_view text) {
  if (!text.starts_with("graph:")) {
    return fail(ErrorCode::kInvalidInput, "not a call-graph file: it does not begin with 'graph:'");
  }
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with("node:")) {
      const auto title = quoted(line, "title:");
      const auto frame = frame_of(quoted(line, "label:").value_or(""));
      if (title && frame) {
        Function &function = functions_[std::string(*title)];
        // A function that several files define inline counts with its largest frame.
        function.frame_bytes = std::max(function.frame_bytes, frame->bytes);
        function.dynamic |= frame->dynamic;
        function.defined = true;
      }
    } else if (line.starts_with("edge:")) {
      const auto source = quoted(line, "sourcename:");
      const auto target = quoted(line, "targetname:");
      if (!source || !target) {
        return fail(ErrorCode::kInvalidInput, "a call-graph edge without its ends");
      }
      functions_[std::string(*source)].callees.emplace(*target);
    }
  }
  return {};
}

Expected<StackBound> stack_bound(const CallGraph &graph, const StackRules &rules) {
  Walk walk(graph, rules);
  for (const std::string &entry : rules.entries) {
    const auto found = graph.functions().find(entry);
    if (found == graph.functions().end() || !found->second.defined) {
      return fail(ErrorCode::kInternal,
                  "no stack bound: the call graph does not define the entry '" + entry + "'");
    }
  }
  Expected<StackBound> program = deepest_of(walk, rules.entries);
  if (!program.ok() || rules.interrupts.empty()) {
    return program;
  }
  Expected<StackBound> interrupt = deepest_of(walk, rules.interrupts);
  if (!interrupt.ok()) {
    return interrupt;
  }
  program->bytes += interrupt->bytes + rules.interrupt_frame_bytes;
  return program;
}

} // namespace tinyml::link
