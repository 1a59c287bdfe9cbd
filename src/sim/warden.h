// Warden: who gives rights, and takes them. In some worlds, one workspace has policies and shares, which the warden
// changes over the HTTP API while everything breaks: roles for people, groups and everyone, on the workspace, a folder
// or a document; policies that allow or forbid acts, at places in documents, also for some groups only. Eight members
// (sim/member.h) work there.
//
//   I25 rules      nothing is done, read or shown that the rules forbid, and nothing refused that they allow
//                  (sim/rules_oracle.h). What was confirmed holds from its event on. When all is quiet, whoever may
//                  read has the document open as the log says it, and nobody else has it open.
//   I26 audit log  the acts of the warden and of members, the refusals and the exports are in the audit log
//                  (sim/audit_watch.h)
//
// The worlds of a warden have no older copies of the disk: what was given and taken there, nobody knows afterwards.
//
// Thread-safety: none. The world, the network and the server must outlive it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "identity/access.h"
#include "sim/api_user.h"
#include "sim/audit_watch.h"
#include "sim/network.h"
#include "sim/rules_oracle.h"
#include "sim/server.h"
#include "sim/world.h"
#include "store/tables.h"

namespace syncline::sim {

class Member;

struct WardenSettings {
  bool on = false;
  std::uint64_t act_every_us = 0;  // on average
};

class Warden {
 public:
  static constexpr std::string_view kWorkspace = "ward";
  static constexpr std::size_t kMembers = 8;

  // Of all members, for Rights.
  static std::vector<identity::Token> tokens();
  static std::string token_of(std::size_t member);
  static std::string object_of(std::size_t member);

  // `first`: the number of the first member's path through the network.
  Warden(World& world, Network& network, Server& server, const WardenSettings& settings,
         std::size_t first);
  ~Warden();

  void start();
  // The members only look from now on, and nobody changes the rules.
  void stop();
  // A process has recovered.
  void recovered() { audit_.started(); }
  // When all has healed: what is still missing, "" if nothing is.
  std::string why_not();
  // When all is quiet. `tables` with the payloads of all events.
  void check(const store::Tables& tables) { oracle_.check(tables); }

  // ---- for members; a member is named by its number among them

  log::Position end();                    // of the log on the disk, as far as anybody knows
  LogSpan until_now(log::Position from);  // from that end of it
  std::weak_ptr<const int> process() const;
  std::uint64_t draw_mark(std::size_t member);
  void shown(std::size_t member, std::string_view bytes, log::Position came);
  void saved(std::uint64_t mark) { oracle_.saved(mark); }
  void refused(std::size_t member, const std::string& object, RulesOracle::Asked asked,
               const std::weak_ptr<const int>& by);
  void told_of_refusal(std::size_t member, std::string_view right, const std::string& object,
                       const std::weak_ptr<const int>& by);
  void ask_something(std::size_t member, Dice& dice);
  void give_something(std::size_t member, Dice& dice);
  void restore_something(std::size_t member, const std::string& object, Dice& dice);

 private:
  struct Route;

  void act_later();
  void act();
  void share();
  void unshare();
  void set_policy();
  void remove_policy();
  // Changes a rule, and checks what is answered. `named`: what the audit log says was changed.
  void change(std::string_view method, const std::string& rest, const std::string& route,
              const std::string& named, std::string body);
  void ask(std::size_t member, const Route& route, const std::string& object);
  std::string role_asked(Dice& dice) const;
  std::string grantee(Dice& dice) const;
  std::string resource(Dice& dice) const;
  Statement draw_statement();
  // Reads the changes of the rules that are new on the disk.
  void read_on();
  std::string what_lacks(std::size_t member);
  void broken(std::string_view invariant, std::string what) const;

  World& world_;
  Server& server_;
  const WardenSettings settings_;
  ApiUser operator_;
  Dice dice_;
  AuditWatch audit_;
  RulesOracle oracle_;
  std::vector<std::unique_ptr<Member>> members_;
  log::Position end_ = 0;
  log::Position read_ = 0;  // changes of rules up to there were read
  AccessModel now_;
  std::set<std::string, std::less<>> reasons_;  // of the changes that were read
  std::uint64_t last_change_ = 0;
  // Documents as the log says them, up to a position.
  struct Replica;
  std::map<std::string, std::unique_ptr<Replica>, std::less<>> replicas_;
  bool stopped_ = false;
};

}  // namespace syncline::sim
