// Stamp: who stands behind a state of presence, as the server writes it into the state that it passes on. Without
// it, a client could show any name, and others could not tell.
//
// States are JSON. All published bindings show the member `user` of a state. A stamped state has in it:
//   "id"        the principal of the connection
//   "verified"  true if a token vouches for that; false for "anonymous" and for tokens that many share
//   "name"      if verified: the name that the token says, or else the id; otherwise what the client says
// Everything else stays as the client sent it. A state that is no object stays, too: it says nothing of a user.
//
// A server that does not stamp passes states on unchanged, but never `user.verified`.
//
// Costs: a state without a stamp is searched for one word. Rewriting parses and prints it once; the caller bounds
// how much he has parsed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "identity/principal.h"
#include "syncline/error.h"

namespace syncline::workspace {

struct Stamp {
  std::string id;
  std::string name;  // "": what the client says holds
  bool verified = false;

  bool operator==(const Stamp&) const = default;
};

Stamp stamp_of(const identity::Principal& principal);

// The state with the stamp; nullopt if it is no object. kMalformed if it is no JSON, or nested too deeply.
Result<std::optional<std::string>> stamped(std::string_view state, const Stamp& stamp);

// The state without `user.verified`; nullopt if it has none, so it can be passed on as it is. kMalformed as above,
// for a state that may have one.
Result<std::optional<std::string>> without_claim(std::string_view state);

// `user.name`, or `user` if that is a text; "" if the state names nobody.
std::string claimed_name(std::string_view state);

}  // namespace syncline::workspace
