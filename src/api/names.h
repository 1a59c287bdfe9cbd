// Names: the names of those whom an answer mentions, as they are kept beside the logs (identity/person.h).
//
// A principal with a verified name is shown with it, for every event of his. Somebody else is shown with the name that
// the connection gave itself, by its actor.
//
// Costs: one read for each different principal of an answer, and one for each different actor of those without a
// verified name. What cannot be read is shown without a name: history is right without.
//
// Thread-safety: a Names object is a plain value. look_up() answers on the loop of the store.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/route.h"
#include "log/directory_store.h"
#include "protocol/event_json.h"

namespace syncline::api {

// Who made an event.
struct Maker {
  std::string principal;
  std::string actor = {};  // "": a single request made it

  auto operator<=>(const Maker&) const = default;
};

class Names {
 public:
  // Empty if no name is known.
  const protocol::ShownName& of(const std::string& principal, const std::string& actor = {}) const;

 private:
  friend class LookingUp;

  std::map<std::string, protocol::ShownName> people_;  // by principal; also those without a name
  std::map<std::string, protocol::ShownName> guests_;  // by actor
};

// Whose names are meant: a person's is of his tenant, a guest's of the workspace.
struct NamesOf {
  log::DirectoryStore& directory;
  std::string tenant;
  std::string workspace;
};

// For the answer to a request; on the loop of the shard, or of the worker.
NamesOf names_of(const Call& call);
NamesOf names_of(const Inquiry& inquiry);

// Adds to `known` the names of those makers that it does not have.
void look_up(const NamesOf& where, std::vector<Maker> makers, Names known,
             std::move_only_function<void(Names)> done);

}  // namespace syncline::api
