// Options: the command line of a benchmark program, pairs of --name and value.
//
// An unknown name is an error, so that a misspelt option is not ignored.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace syncline::bench {

class Options {
 public:
  // Parses argv[first] and everything after it. Ends the process with status 2 if these are not
  // pairs.
  Options(int argc, char** argv, int first);

  std::string text(const std::string& name, std::string_view fallback);
  double number(const std::string& name, double fallback);
  std::size_t count(const std::string& name, std::size_t fallback);

  // Call it after all options were read. Ends the process with status 2 if another option was
  // given.
  void all_known() const;

 private:
  std::map<std::string, std::string> given_;
  std::set<std::string> known_;
};

}  // namespace syncline::bench
