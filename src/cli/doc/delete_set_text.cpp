#include "cli/doc/delete_set_text.h"

#include <fmt/format.h>

#include "cli/json.h"
#include "cli/table.h"

namespace syncline::cli {

std::string delete_set_table(const crdt::DeleteSet& deletes) {
  Table table({{"CLIENT", Align::kRight}, {"CLOCK", Align::kRight}, {"LEN", Align::kRight}});
  for (const auto& [client, ranges] : deletes.clients()) {
    for (const crdt::ClockRange& range : ranges)
      table.row({std::to_string(client), std::to_string(range.clock), std::to_string(range.len)});
  }
  return table.print();
}

std::string delete_set_json(const crdt::DeleteSet& deletes, const std::string& file) {
  const std::string prefix =
      file.empty() ? "" : fmt::format(R"("file":{},)", compact_json(crdt::Any(file)));
  std::string out;
  for (const auto& [client, ranges] : deletes.clients()) {
    for (const crdt::ClockRange& range : ranges) {
      out += fmt::format("{{{}\"deleted\":{{\"client\":{},\"clock\":{},\"len\":{}}}}}\n", prefix,
                         client, range.clock, range.len);
    }
  }
  return out;
}

}  // namespace syncline::cli
