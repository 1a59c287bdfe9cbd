// RecordingSink: keeps what rooms report, as lines without the time: "info session refused code=4401".
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "observe/line.h"
#include "observe/report.h"

namespace syncline::testing {

class RecordingSink final : public observe::Sink {
 public:
  bool wants(observe::Level, observe::Area) const override { return true; }

  void report(const observe::Report& report) override {
    std::string line = observe::text_line(report, 0, 0, {});
    const std::size_t message = line.find(report.message.view());
    line = std::string(observe::to_string(report.level)) + " " + line.substr(message);
    line.pop_back();
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
  }

  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

  // The first line that contains this; "" if there is none.
  std::string line_with(std::string_view part) const {
    for (const std::string& line : lines())
      if (line.find(part) != line.npos) return line;
    return {};
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace syncline::testing
