// Warden: who gives rights, and takes them. In some worlds, one workspace has policies and shares, which the warden
// changes over the HTTP API while everything breaks: roles for people, groups and everyone, on the workspace, a folder
// or a document; policies that allow or forbid acts, at places in documents, also for some groups only. Eight members
// (sim/member.h) work there.
//
// In other worlds, these are two workspaces of a tenant, on a server with several loops. There, the tenant has policies,
// too, which hold in both: the warden sets and removes them, and audit rules. It makes links, which strangers use, and undoes
// them. When all is quiet, everything that was refused over HTTP is asked for again.
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

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "identity/access.h"
#include "limits/tenants.h"
#include "sim/api_user.h"
#include "sim/audit_watch.h"
#include "sim/network.h"
#include "sim/rule_logs.h"
#include "sim/rules_oracle.h"
#include "sim/server.h"
#include "sim/world.h"
#include "store/tables.h"

namespace syncline::sim {

class Member;

struct WardenSettings {
  bool on = false;
  std::uint64_t act_every_us = 0;  // on average
  bool of_tenant = false;          // two workspaces of a tenant, which has policies of its own
};

class Warden {
 public:
  static constexpr std::string_view kWorkspace = "ward";
  static constexpr std::string_view kFolder = "notes/";
  static constexpr std::array<std::string_view, 2> kObjects = {"notes/plan", "open"};
  static constexpr std::size_t kMembers = 8;
  static constexpr std::size_t kStrangers = 4;  // where there is a tenant

  // Of all members, for Rights.
  static std::vector<identity::Token> tokens(const WardenSettings& settings);
  static std::vector<limits::TenantRecord> tenants();
  static std::string object_of(std::size_t member);

  // `first`: the number of the first member's path through the network.
  Warden(World& world, Network& network, Server& server, const WardenSettings& settings,
         std::size_t first);
  ~Warden();

  void start();
  // The members only look from now on, and nobody changes the rules.
  void stop();
  // A process has recovered.
  void recovered();
  // When all has healed: what is still missing, "" if nothing is.
  std::string why_not();
  // When all is quiet. `tables` with the payloads of all events.
  void check(const store::Tables& tables) { oracle_.check(tables); }

  // ---- for members. A workspace is named by its index, a person by the number that the oracle gave him

  std::size_t ward_of(std::size_t member) const;
  std::string_view workspace_of(std::size_t ward) const;  // its public name
  // Who a member is that connects now.
  struct Pass {
    std::size_t person = 0;
    std::string token;
  };
  Pass pass_of(std::size_t member) const;
  RuleSpan now(std::size_t ward) { return logs_.now(ward); }
  RuleSpan until_now(std::size_t ward, const RuleSpan& since) {
    return logs_.until_now(ward, since);
  }
  std::weak_ptr<const int> process() const { return logs_.process(); }
  // How many changes of rules have begun; nullopt: one is under way. If it says the same before and after something, it is
  // known by which rules that was judged.
  std::optional<std::uint64_t> still() const;
  std::uint64_t draw_mark(std::size_t person, std::size_t ward, const std::string& object);
  void shown(std::size_t person, std::size_t ward, std::string_view bytes, const RuleSpan& came);
  void saved(std::uint64_t mark) { oracle_.saved(mark); }
  void refused(const std::string& object, RulesOracle::Asked asked,
               const std::weak_ptr<const int>& by);
  void told_of_refusal(std::size_t person, std::size_t ward, std::string_view right,
                       const std::string& object, const std::weak_ptr<const int>& by);
  // Somebody has the document open. `since`: as still() said when he came.
  void opened(std::size_t person, std::size_t ward, const std::string& object, std::uint64_t since,
              const std::weak_ptr<const int>& by);
  void ask_something(const Member& member, Dice& dice);
  void give_something(const Member& member, Dice& dice);
  void restore_something(const Member& member, Dice& dice);

 private:
  struct Route;
  struct Question;
  // Of a rule. `log`: of which workspace, or of the tenant. `named`: what the audit log says was changed.
  struct Change {
    std::string_view method;
    std::size_t log = 0;
    std::string rest;
    std::string_view route;
    std::string named = {};
    std::string body = {};
  };

  void act_later();
  void act();
  void act_for_tenant();
  void look_at_metrics();
  void share(std::size_t ward);
  void unshare(std::size_t ward);
  void set_policy(std::size_t log);
  void set_audit_rule(std::size_t log);
  void remove_policy(std::size_t log);
  void set_policy(std::size_t log, const std::string& name, std::vector<Statement> statements);
  void make_link();
  void take_link(std::size_t stranger, const std::string& object, const std::string& role,
                 const ApiUser::Answer& answer);
  void undo_link();
  // Changes a rule, and checks what is answered.
  void change(Change asked);
  void begin_change() { ++begun_, ++under_way_; }
  void end_change() { under_way_ -= under_way_ > 0 ? 1 : 0; }

  // Not a matter of rights: the disk refuses, or somebody asked too often.
  static bool says_later(const ApiUser::Answer& answer) {
    return answer.status >= 500 || answer.status == 429;
  }
  static bool is_stranger(const Member& member);
  bool is_link(std::size_t person) const { return links_.contains(person); }
  std::string token_of_person(std::size_t person) const;
  void ask(const Question& question);
  void answered(const Question& question, const ApiUser::Answer& answer);
  void told_of_refusal(const Question& question);
  void check_read(const Question& question, bool granted);
  AuditWatch::Key key_of_read(const Question& question) const;
  std::string role_asked(Dice& dice) const;
  std::string grantee(Dice& dice) const;
  std::string resource(Dice& dice) const;
  Statement draw_statement(std::size_t log);
  std::string what_lacks(Member& member);
  // Asks again for what was refused; what is not answered yet.
  std::string try_refusals_again();
  void broken(std::string_view invariant, std::string what) const;

  World& world_;
  Server& server_;
  const WardenSettings settings_;
  ApiUser operator_;
  ApiUser admin_;  // who changes the rules; the operator, if there is no tenant
  Dice dice_;
  AuditWatch audit_;
  RulesOracle oracle_;
  RuleLogs logs_;
  std::vector<std::unique_ptr<Member>> members_;  // and strangers
  std::vector<Pass> strangers_;
  std::map<std::size_t, std::string> links_;  // tickets, by person
  std::uint64_t last_change_ = 0;
  std::uint64_t begun_ = 0;  // changes of rules
  std::uint64_t under_way_ = 0;
  // Documents as the log says them, up to a position.
  struct Replica;
  std::map<std::pair<std::size_t, std::string>, std::unique_ptr<Replica>> replicas_;
  bool stopped_ = false;
  bool tried_again_ = false;
  std::uint64_t trying_ = 0;  // questions that are not answered yet
};

}  // namespace syncline::sim
