// AccessModel: what the policies and shares of a workspace, and the policies of its tenant, allow, decided in the plainest
// way that does. The oracle of the warden (sim/warden.h) compares the server with it, so it shares no code with the product: a rule is data, not a
// language, and a decision looks at one rule after the other.
//
// The warden writes each rule as a policy in the Cedar language. It uses a small part of that language, so a model of
// a page is enough.
//
// A plain value. Thread-safety: pure functions.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncline::sim {

// What somebody can do. A set of these is their sum.
using Acts = unsigned;
inline constexpr Acts kMayRead = 1;
inline constexpr Acts kMayHistory = 2;
inline constexpr Acts kMayPresence = 4;
inline constexpr Acts kMayExport = 8;
inline constexpr Acts kMayInsert = 16;
inline constexpr Acts kMayDelete = 32;
inline constexpr Acts kMayFormat = 64;
inline constexpr Acts kMaySet = 128;
inline constexpr Acts kMayRestore = 256;
inline constexpr Acts kMayShare = 512;
inline constexpr Acts kMayPin = 1024;
inline constexpr Acts kMayWrite = kMayInsert | kMayDelete | kMayFormat | kMaySet;
inline constexpr Acts kMayLook = kMayRead | kMayHistory | kMayPresence | kMayExport;
inline constexpr Acts kMayAll = 2047;

// For people: "insert, set".
std::string names_of(Acts acts);

struct Person {
  std::string name;
  std::vector<std::string> groups = {};
  bool may_write = true;  // says his token
  // Of a link: the only object that it opens. It may do something only while some share names it. "": he has a token.
  std::string link_to = {};
};

// What is asked about: the workspace (""), a folder ("notes/"), an object, or a place in an object.
struct Spot {
  std::string object = {};
  std::string path = {};
};

// Allows or forbids something. What is empty means: whoever, whatever, wherever.
struct Statement {
  bool forbids = false;
  std::string to = {};  // "principal:m1", "group:team"
  Acts acts = kMayAll;
  std::string of = {};      // a folder or an object, with all that is in it
  std::string path = {};    // "/plan": that place and all below it, of every object that `of` names
  std::string unless = {};  // a group to which it does not apply
  bool looks_around = false;  // it has a condition on the context, which always holds
  bool audits = false;  // it decides nothing: what somebody may read, and it fits, is written down
  std::string workspace = {};  // of a policy of the tenant: the only workspace that it is about
};

// The text of a policy that says the same.
std::string cedar_text(const std::vector<Statement>& statements);

// What a share of that role says.
std::vector<Statement> statements_of_share(std::string_view of, std::string_view to,
                                           std::string_view role);

class AccessModel {
 public:
  using Of = std::pair<std::string, std::string>;  // what is shared, and with whom

  // `workspace`: its public name. "": that of no statement.
  explicit AccessModel(std::string workspace = {}) : workspace_(std::move(workspace)) {}

  void set_policy(std::string name, std::vector<Statement> statements);
  void remove_policy(const std::string& name);
  void share(Of of, std::string_view role);
  void unshare(const Of& of);

  const std::map<std::string, std::vector<Statement>>& policies() const { return policies_; }
  const std::map<Of, std::vector<Statement>>& shares() const { return shares_; }
  bool empty() const { return policies_.empty() && shares_.empty(); }
  // These rules and those of the tenant together.
  AccessModel with(const AccessModel& tenant) const;

  // One act, at one spot.
  bool allows(const Person& person, Acts act, const Spot& spot) const;
  // Something that replaces or removes what is at that place with all that is below it: each of `needed` must be allowed
  // for all of that by one statement, and none of `touched` forbidden anywhere there.
  bool allows_below(const Person& person, Acts needed, Acts touched, const Spot& spot) const;
  // Whether it is written down that somebody has read that, or its history, who may.
  bool audits(const Person& person, Acts act, const Spot& spot) const;

 private:
  void gather();
  bool opens(const Person& person, std::string_view object) const;
  bool is_about(const Statement& statement, const Person& person, Acts act, const Spot& spot) const;

  std::map<std::string, std::vector<Statement>> policies_;  // by name
  std::map<Of, std::vector<Statement>> shares_;
  std::string workspace_;
  std::vector<Statement> all_;  // that decide
  std::vector<Statement> audits_;
};

}  // namespace syncline::sim
