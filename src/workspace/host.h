// Host: the owner of the workspaces on one loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "identity/caller.h"
#include "limits/who.h"
#include "merge/effect.h"
#include "syncline/error.h"
#include "workspace/workspace.h"

namespace syncline::workspace {

// Gate: decides whether a workspace admits a caller now. Called on the host's loop. kUnavailable
// while the workspace is being imported.
using Gate =
    std::function<Result<void>(const identity::Caller& caller, const std::string& workspace)>;

// Whether somebody is let into a workspace that is deleted: who undeletes it, who erases it, and who looks at what is kept
// of it.
enum class Deleted : bool { kRefused, kTaken };

class Host {
 public:
  // As long as the host lives, it sweeps every few seconds: it drops workspaces that nobody needs,
  // and looks after the objects of the others (Workspace::look_after), some in each turn. Without a gate,
  // everybody is admitted.
  explicit Host(Services services, Gate gate = {});
  ~Host();

  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // Is this workspace open to this caller now? Whoever serves somebody asks this first, in the turn in which it
  // begins: sessions when they join, the HTTP API before a handler runs. If an object that holds the workspace's
  // rules is in quarantine, it is closed to everybody but the local operator. kGone: it is deleted.
  Result<void> admit(const identity::Caller& caller, const std::string& name,
                     Deleted deleted = Deleted::kRefused) const;

  // The same for one request, with the right that it needs for an object ("": for the whole
  // workspace). This also asks the deciders, and the policies of the workspace, which are read for it. Answers when the
  // rules that they used are durable. `lists`: the request lists objects whose names begin with `object`.
  void admit(const identity::Caller& caller, identity::Right right, const std::string& name,
             std::string_view object, Done<void> done, bool lists = false,
             Deleted deleted = Deleted::kRefused);

  // Whether there may be something in the workspace that the caller may read (policy/workspace_policy.h), for lists of
  // workspaces. He must have the right to read.
  void may_show(const identity::Caller& caller, const std::string& name, Done<bool> done);

  // Something that a caller might ask for later. Without an effect, a change is one that could be allowed.
  struct Wish {
    identity::Right right;
    merge::Effect effect = {};
  };
  // What would be answered to each wish about the object, for whoever shows this. Nobody has asked for it yet, so no
  // refusal is recorded. Answers when the rules that were used are durable.
  void foresee(const identity::Caller& caller, const std::string& name, std::string object,
               std::vector<Wish> wishes, Done<std::vector<Result<void>>> done);

  // Whether rules decide in the workspace, its own or those of its tenant. Otherwise the token alone does.
  void is_ruled(const std::string& name, Done<bool> done);

  // The policies and shares of a workspace, for somebody who may see them. Answers when they are durable.
  struct Access {
    log::HeldPolicies policies;
    log::HeldShares shares;
  };
  void read_access(const std::string& name, Done<Access> done);

  // The policies and shares of a workspace alone, compiled, as they are durable.
  void read_own_rules(const std::string& name, Done<policy::RulesAt> done);

  // From now on, this holds for a tenant. Its workspaces in memory take it up, some in each turn; then `done` is called.
  void take_tenant_rules(std::string tenant, policy::RulesAt rules, Task done);

  // The workspace with that (checked) name; created if it is not in memory. It is valid while
  // somebody subscribes to one of its objects. Otherwise do not keep it beyond the turn.
  Workspace& get(const std::string& name);
  // True if it is in memory. It is, as long as anybody needs it, and a few seconds longer.
  bool has(const std::string& name) const { return workspaces_.contains(name); }

  // True if something that clients of any workspace sent is not durable yet.
  bool busy() const;

  std::size_t workspaces() const { return workspaces_.size(); }
  const state::ObjectCache& cache() const { return services_.cache; }
  const Counters& counters() const { return services_.counters; }
  ShutList& shut() { return shut_; }
  const ShutList& shut() const { return shut_; }
  Scheduler& scheduler() { return services_.scheduler; }
  MemoryLevel memory() const {
    return services_.memory == nullptr ? MemoryLevel::kEasy : services_.memory->level();
  }
  // True if an answer of so many bytes should wait, because those under way use up their part of the
  // memory, and there is little left of all. If none is under way, it would wait for nothing.
  bool crowded(std::size_t answer) const {
    MemoryBudget* memory = services_.memory;
    if (memory == nullptr) return false;
    const MemoryCell& answers = memory->cell(MemoryUse::kAnswers);
    return answers.used() > 0 && !answers.has_room(answer) && !memory->has_room(answer);
  }
  template <typename Look>
  void each_open(Look look) const {
    for (const auto& [name, workspace] : workspaces_)
      if (workspace->is_open()) look(*workspace);
  }
  // nullptr: it is not open here.
  const Workspace* find_open(const std::string& workspace) const {
    const auto found = workspaces_.find(workspace);
    return found != workspaces_.end() && found->second->is_open() ? found->second.get() : nullptr;
  }
  // The account of a principal that comes from this peer; nullptr: there are none.
  SharedAccount account_of(const identity::Principal& principal, std::string_view peer) const {
    if (services_.accounts == nullptr) return nullptr;
    return services_.accounts->account_of(limits::who_is(principal, peer));
  }
  // Takes a place for a connection to a workspace. kUnavailable with the reason: its tenant has as many, or as
  // much memory, as it may. Without tenants there is always one.
  Result<limits::Place> take_place(const std::string& workspace);
  // Would there be one? For handshakes, which can be refused before they are a connection.
  Result<void> has_place(const std::string& workspace) const;
  // What a caller holds is charged there: to his account, which also charges the process. nullptr: nothing
  // is charged.
  SharedCell cell_of(const identity::Caller& caller, MemoryUse use) const {
    if (caller.account != nullptr) return syncline::cell_of(caller.account, use);
    return services_.memory == nullptr ? nullptr : lasting(&services_.memory->cell(use));
  }
  observe::Sink* reports() const { return services_.reports; }
  log::EventLog& log() { return services_.log; }

 private:
  static constexpr std::size_t kSweptAtOnce = 256;  // steps of a turn: workspaces and objects

  using SharedPolicy = std::shared_ptr<const policy::WorkspacePolicy>;
  // The rules of a workspace that is not open.
  struct KnownRules {
    policy::RulesAt rules;
    log::Position compiling = 0;  // at that position; 0: nobody does
    std::vector<std::move_only_function<void(const policy::RulesAt&)>> waiting;
  };
  struct Taking;

  void with_policy_object(const std::string& name, Done<const state::Resident*> use);
  void find_policy(const std::string& name, Done<SharedPolicy> done);
  void compile(const std::string& name, const state::Resident& resident,
               std::move_only_function<void(const policy::RulesAt&)> done);
  void take_more(std::shared_ptr<Taking> taking);
  void judge(const policy::Question& question, const policy::WorkspacePolicy* policy,
             Done<void> done);
  void sweep_in(std::uint64_t ms);
  void sweep();

  ShutList shut_;
  Services services_;
  const Gate gate_;
  std::map<std::string, std::unique_ptr<Workspace>> workspaces_;
  std::map<std::string, KnownRules> known_rules_;  // of some workspaces
  Scheduler::TimerId timer_ = 0;
  // How far a sweep has come: before this workspace, or within it, after this object.
  std::string sweep_workspace_;
  std::string sweep_object_;
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

}  // namespace syncline::workspace
