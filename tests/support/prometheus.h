// A strict parser of the text format of Prometheus, version 0.0.4: for pages that the program makes.
//
// It takes what the format demands and nothing that a scraper would merely tolerate: HELP and TYPE
// before the samples of a name, each name once, known types, labels with valid escapes, no sample
// twice, counters that end with "_total", and histograms whose buckets grow, end with +Inf, and
// agree with their count.
#pragma once

#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace syncline::testing {

class PrometheusPage {
 public:
  explicit PrometheusPage(const std::string& text) {
    std::size_t from = 0;
    while (from < text.size() && error_.empty()) {
      const std::size_t end = text.find('\n', from);
      if (end == text.npos) {
        fail("the last line does not end");
        return;
      }
      line_ = text.substr(from, end - from);
      from = end + 1;
      take_line();
    }
    finish_family();
  }

  const std::string& error() const { return error_; }  // "": the page is valid

  // The value of a sample as the page shows it: "syncline_slow_turns_total{what=\"change\"}". NaN if
  // it is not there.
  double value(const std::string& sample) const {
    const auto found = samples_.find(sample);
    return found == samples_.end() ? std::numeric_limits<double>::quiet_NaN() : found->second;
  }
  bool has(const std::string& sample) const { return samples_.contains(sample); }
  const std::set<std::string>& names() const { return families_; }

 private:
  void fail(const std::string& what) {
    if (error_.empty()) error_ = what + ": " + line_;
  }

  void take_line() {
    static const std::regex help(R"(# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (([^\\]|\\\\|\\n)+))");
    static const std::regex type(R"(# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram))");
    static const std::regex sample(
        R"RE(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{([a-zA-Z_][a-zA-Z0-9_]*)="(([^"\\]|\\\\|\\"|\\n)*)"\})? (\S+))RE");
    std::smatch match;
    if (std::regex_match(line_, match, help)) {
      finish_family();
      name_ = match[1];
      type_.clear();
      if (!families_.insert(name_).second) fail("a name comes twice");
    } else if (std::regex_match(line_, match, type)) {
      if (match[1] != name_ || !type_.empty()) fail("TYPE does not follow HELP");
      type_ = match[2];
      if (type_ == "counter" && !name_.ends_with("_total")) fail("a counter without _total");
      if (type_ != "counter" && name_.ends_with("_total")) fail("_total, and no counter");
    } else if (std::regex_match(line_, match, sample)) {
      take_sample(match);
    } else {
      fail("not understood");
    }
  }

  void take_sample(const std::smatch& match) {
    const std::string name = match[1];
    const std::string label = match[3];
    const std::string number = match[6];
    double value = 0;
    if (number == "+Inf" || number == "NaN") return fail("no number");
    const auto [end, code] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (code != std::errc{} || end != number.data() + number.size()) return fail("no number");
    if (value < 0) return fail("negative");
    if (type_.empty()) return fail("a sample without a type");
    if (!samples_.emplace(name + match[2].str(), value).second) return fail("a sample twice");
    if (type_ != "histogram") {
      if (name != name_) fail("a sample of another name");
      return;
    }
    if (name == name_ + "_bucket") {
      if (label != "le") return fail("a bucket without le");
      const std::string bound = match[4];
      double up_to = std::numeric_limits<double>::infinity();
      if (bound != "+Inf") std::from_chars(bound.data(), bound.data() + bound.size(), up_to);
      if (!buckets_.empty() && (up_to <= buckets_.back().first || value < buckets_.back().second))
        return fail("buckets do not grow");
      buckets_.emplace_back(up_to, value);
    } else if (name == name_ + "_sum") {
      sum_ = true;
    } else if (name == name_ + "_count") {
      if (buckets_.empty() || !std::isinf(buckets_.back().first) || buckets_.back().second != value)
        fail("the count is not that of the last bucket");
      counted_ = true;
    } else {
      fail("a sample of another name");
    }
  }

  void finish_family() {
    if (!name_.empty() && type_.empty()) fail("HELP without TYPE");
    if (type_ == "histogram" && (!sum_ || !counted_)) fail("a histogram without sum or count");
    buckets_.clear();
    sum_ = counted_ = false;
  }

  std::string line_;
  std::string error_;
  std::string name_;
  std::string type_;
  std::set<std::string> families_;
  std::map<std::string, double> samples_;
  std::vector<std::pair<double, double>> buckets_;
  bool sum_ = false;
  bool counted_ = false;
};

}  // namespace syncline::testing
