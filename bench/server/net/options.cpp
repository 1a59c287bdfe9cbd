#include "net/options.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

#include "net/process.h"

namespace syncline::bench {

Options::Options(int argc, char** argv, int first) {
  for (int i = first; i < argc; i += 2) {
    const std::string_view name = argv[i];
    if (!name.starts_with("--") || i + 1 == argc)
      give_up(fmt::format("expected --name value at {}", name));
    given_.insert_or_assign(std::string(name.substr(2)), argv[i + 1]);
  }
}

std::string Options::text(const std::string& name, std::string_view fallback) {
  known_.insert(name);
  const auto found = given_.find(name);
  return found == given_.end() ? std::string(fallback) : found->second;
}

double Options::number(const std::string& name, double fallback) {
  const std::string given = text(name, {});
  if (given.empty()) return fallback;
  char* end = nullptr;
  const double value = std::strtod(given.c_str(), &end);
  if (*end != '\0' || !std::isfinite(value) || value < 0)
    give_up(fmt::format("--{} takes a number, not {}", name, given));
  return value;
}

std::size_t Options::count(const std::string& name, std::size_t fallback) {
  return static_cast<std::size_t>(number(name, static_cast<double>(fallback)));
}

void Options::all_known() const {
  for (const auto& [name, value] : given_)
    if (!known_.contains(name)) give_up(fmt::format("unknown option --{}", name));
}

}  // namespace syncline::bench
