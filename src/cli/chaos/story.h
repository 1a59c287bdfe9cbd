// Story: what happened in a run, in order: faults and processes, with the time since the start. It
// omits messages and edits, because there are too many.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/chaos/chaos_plan.h"
#include "sim/plan.h"
#include "sim/timeline.h"
#include "sim/trace.h"

namespace syncline::cli {

class Story {
 public:
  explicit Story(const sim::Timeline& timeline) : timeline_(timeline) {}

  void process(std::string_view who, std::string text) {
    note(sim::Kind::kProcess, who, std::move(text));
  }
  // The fault was carried out, so it is counted.
  void fault(const sim::Fault& fault) {
    ++counts_[std::string(sim::to_string(fault.kind))];
    note(sim::Kind::kFault, "nemesis", describe_real(fault));
  }
  void check(std::string text) { note(sim::Kind::kCheck, "oracle", std::move(text)); }

  const std::vector<sim::TraceEntry>& entries() const { return entries_; }
  const std::map<std::string, std::uint64_t>& counts() const { return counts_; }

 private:
  void note(sim::Kind kind, std::string_view who, std::string text) {
    entries_.push_back({.time_us = timeline_.now_us(),
                        .kind = kind,
                        .who = std::string(who),
                        .to = {},
                        .text = std::move(text)});
  }

  const sim::Timeline& timeline_;
  std::vector<sim::TraceEntry> entries_;
  std::map<std::string, std::uint64_t> counts_;
};

}  // namespace syncline::cli
