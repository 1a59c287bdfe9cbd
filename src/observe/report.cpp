#include "observe/report.h"

#include <algorithm>
#include <vector>

#include "base/qualified_name.h"

namespace syncline::observe {
namespace {

// Of a workspace of a tenant.
bool is_internal_name(const Field& field) {
  const auto* text = std::get_if<std::string_view>(&field.value);
  return text != nullptr && text->starts_with('/') && field.key.view() == "workspace";
}

}  // namespace

void Reporter::pass_on(const Report& report) const {
  const auto named = std::ranges::find_if(report.fields, is_internal_name);
  if (named == report.fields.end()) return sink_->report(report);
  std::vector<Field> fields(report.fields.begin(), report.fields.end());
  const auto [tenant, workspace] = split_name(std::get<std::string_view>(named->value));
  fields[static_cast<std::size_t>(named - report.fields.begin())].value = workspace;
  fields.push_back({"tenant", tenant});
  sink_->report({report.level, report.area, report.message, fields});
}

std::string_view to_string(Level level) {
  switch (level) {
    case Level::kError: return "error";
    case Level::kWarn: return "warn";
    case Level::kInfo: return "info";
    case Level::kDebug: return "debug";
  }
  return "";
}

std::string_view to_string(Area area) {
  switch (area) {
    case Area::kServer: return "server";
    case Area::kNet: return "net";
    case Area::kSession: return "session";
    case Area::kWorkspace: return "workspace";
    case Area::kStore: return "store";
    case Area::kApi: return "api";
  }
  return "";
}

}  // namespace syncline::observe
