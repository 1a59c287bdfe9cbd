#include "sim/time_travel.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "log/rules.h"
#include "sim/canonical_json.h"
#include "sim/invariants.h"
#include "sim/oracle.h"
#include "sim/stored_log.h"
#include "syncline/crdt/snapshot.h"

namespace syncline::sim {
namespace {

constexpr double kLooks = 3;  // for each object, on average

crdt::Doc make_doc(bool gc) {
  crdt::Doc doc({.gc = gc, .clean_formats = false});
  doc.text("content");
  doc.map("meta");
  doc.array("list");
  doc.xml_fragment("tree");
  return doc;
}

struct Look {
  log::Position position = 0;
  crdt::Snapshot snapshot;
  std::string content;
};

struct Object {
  crdt::Doc replayed = make_doc(true);
  crdt::Doc keeping = make_doc(false);
  std::vector<Look> looks;
};

}  // namespace

void check_checkouts(World& world, const store::Tables& tables, const std::string& workspace) {
  const auto events = read_log(tables, workspace);
  if (!events) return;  // another oracle reports this
  Dice dice = world.dice.fork("checkouts");
  std::map<std::string, std::size_t> lengths;
  for (const log::Event& event : *events) ++lengths[event.object];
  std::map<std::string, Object> objects;
  for (const log::Event& event : *events) {
    if (log::is_system_object(event.object)) continue;  // no document
    Object& object = objects[event.object];
    static_cast<void>(object.replayed.apply_update(event.intent));
    static_cast<void>(object.keeping.apply_update(event.intent));
    if (!dice.chance(kLooks / static_cast<double>(lengths[event.object]))) continue;
    object.looks.push_back({event.position, crdt::take_snapshot(object.keeping),
                            canonical_json(object.replayed.to_json())});
  }
  for (auto& [name, object] : objects)
    for (const Look& look : object.looks) {
      auto update = crdt::update_at(object.keeping, look.snapshot);
      crdt::Doc then = make_doc(true);
      const bool applied = update && then.apply_update(*update);
      const bool same = applied && canonical_json(then.to_json()) == look.content;
      if (!same && !is_confused(world, {workspace, name}, *events, look.position))
        return world.violated(
            kTimeTravel,
            fmt::format("{}/{}: the checkout of {} differs from the log replayed up to there",
                        workspace, name, look.position));
      world.hit(Probe::checked_out);
    }
}

}  // namespace syncline::sim
