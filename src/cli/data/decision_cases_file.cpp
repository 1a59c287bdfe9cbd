#include "cli/data/decision_cases_file.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "cedar/decision_cases.h"
#include "cli/files.h"
#include "cli/table.h"

namespace syncline::cli {
namespace {

namespace fs = std::filesystem;

// Where the file is that a test in `folder` names; as if it were in that folder, if it is nowhere.
fs::path find_named(const fs::path& folder, const fs::path& name) {
  if (name.is_absolute()) return name;
  std::error_code failed;
  const fs::path absolute = fs::absolute(folder, failed);
  for (fs::path around = absolute;; around = around.parent_path()) {
    if (fs::is_regular_file(around / name, failed)) return around / name;
    if (around == around.parent_path()) return folder / name;
  }
}

Result<std::string> read_named_file(const std::string& test, std::string_view name) {
  const fs::path folder = test == "-" ? fs::path() : fs::path(test).parent_path();
  const auto text = read_file(find_named(folder, name).string(), cedar::kMaxSourceBytes);
  if (!text) return std::unexpected(text.error());
  return std::string(as_text(*text));
}

std::string shown_case(const cedar::ExpectedDecision& expected, std::size_t number) {
  const std::string& description = expected.description;
  return fmt::format("request {}{}", number,
                     description.empty() ? "" : " (" + visible(description) + ")");
}

}  // namespace

int run_decision_cases(const std::string& file, std::string_view text, Console& console) {
  auto test = cedar::read_decision_cases(
      text, [&](std::string_view name) { return read_named_file(file, name); });
  if (!test) {
    console.message(fmt::format("{}: {}", shown_name(file), test.error().message));
    return kFailed;
  }
  const std::string invalid = cedar::validation_difference(*test, test->policies);
  if (!invalid.empty())
    console.message(fmt::format("{}: validation: {}", shown_name(file), visible(invalid)));
  const cedar::Authorizer policies(std::make_shared<cedar::PolicySet>(std::move(test->policies)));
  cedar::Arena scratch;
  cedar::Answer answer;
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < test->requests.size(); ++i) {
    const cedar::ExpectedDecision& each = test->requests[i];
    const std::string differs = decision_difference(*test, each, policies, scratch, answer);
    if (differs.empty()) continue;
    ++wrong;
    console.message(
        fmt::format("{}: {}: {}", shown_name(file), shown_case(each, i + 1), visible(differs)));
  }
  const std::size_t count = test->requests.size();
  console.line(
      fmt::format("{}: {} of {} decisions as expected", shown_name(file), count - wrong, count));
  return wrong == 0 && invalid.empty() ? kDone : kFailed;
}

}  // namespace syncline::cli
