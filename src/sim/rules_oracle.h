// RulesOracle: whether the policies and shares of some workspaces, and the policies of their tenant, were kept (I25
// rules). It decides everything again, with rules as data (sim/access_model.h) and documents as strings:
//
//   - Each event of a document is compared with the state before it: what has changed there, its author must have been
//     allowed by the rules of that position, and by those of the tenant at the position that the event names. The event
//     must name both, and no rules of the tenant that are older than those of which it was confirmed, when the change was
//     made, that they hold.
//   - Each change of the rules is of somebody who may share, or of an administrator.
//   - What members (sim/member.h) were answered, refused and shown, they tell it. It knows between which ends of the log
//     that was, and so by which rules: what all of these forbid must not be granted, and what all of them allow must not
//     be refused.
//   - Every byte that somebody writes, shows or says bears a mark. Nobody is shown a mark of an object that he could not
//     read at any moment since it was made and since he came.
//
// Thread-safety: none. The world must outlive it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "log/event.h"
#include "sim/access_model.h"
#include "sim/world.h"
#include "store/tables.h"
#include "syncline/crdt/doc.h"

namespace syncline::sim {

// "taint-17-" is in what somebody wrote, "shows-18-" in his presence, "says-19-" in a message. Each number is used once.
enum class MarkKind : std::uint8_t { kTaint, kShows, kSays };

std::string mark_text(MarkKind kind, std::uint64_t number);
void find_marks(std::string_view bytes,
                const std::function<void(MarkKind kind, std::uint64_t number)>& found);
bool holds_mark(std::string_view bytes);

// The root types that members use.
void make_roots(crdt::Doc& doc);

// Something that must be allowed.
struct Need {
  Acts needed = 0;  // all of them
  Spot spot = {};
  bool below = false;  // also for all below; and there, none of `touched` may be forbidden
  Acts touched = 0;
};

// The ends of the log that is on the disk, before and after something happened.
struct LogSpan {
  log::Position from = 0;
  log::Position to = ~log::Position{0};
};

// Which rules may have been asked meanwhile: those of a workspace, and those of its tenant.
struct RuleSpan {
  LogSpan own = {};
  LogSpan tenant = {0, 0};  // from the last change that was confirmed before
};

class RulesOracle {
 public:
  static constexpr std::size_t kNobody = ~std::size_t{0};

  // `workspaces`: their names within the server (base/qualified_name.h); below, each is named by its index. `tenant_log`: the
  // workspace that holds the policies of the tenant; "": there is none. `administrator`: his name; he may set policies and
  // shares, whatever they say.
  RulesOracle(World& world, std::vector<std::string> workspaces, std::string tenant_log,
              std::vector<Person> people, std::string administrator);

  ~RulesOracle();

  // References stay valid.
  const Person& person(std::size_t index) const { return people_[index]; }
  std::size_t add_person(Person person);
  std::size_t find_person(std::string_view name) const;  // kNobody: there is none

  // A policy of that text means this.
  void means(std::string text, std::vector<Statement> statements);
  // A new number for a mark of somebody, in an object.
  std::uint64_t draw_mark(std::size_t person, std::size_t ward, std::string_view object,
                          const RuleSpan& now);

  // What happened. Everything is judged in check().
  struct Asked {
    std::size_t person = 0;
    std::vector<Need> needs = {};   // without these, it must not be granted
    std::vector<Need> surely = {};  // with these, it must not be refused
    RuleSpan span = {};
    bool granted = false;
    bool refused = false;
    std::string what = {};
    std::size_t ward = 0;
  };
  void asked(Asked asked) { asked_.push_back(std::move(asked)); }
  void shown(std::size_t person, std::size_t ward, MarkKind kind, std::uint64_t number,
             const RuleSpan& span);
  void saved(std::uint64_t mark) { saved_.push_back(mark); }

  // A change of the rules, as an event says it: brings the model to the state after it. False: it says something that
  // nobody has written.
  bool take(const log::Event& event, AccessModel& model) const;

  // When all is quiet.
  void check(const store::Tables& tables);

 private:
  struct Version {
    log::Position since = 0;
    AccessModel model;
  };
  using Versions = std::vector<Version>;
  struct Made {
    std::size_t person = 0;
    std::size_t ward = 0;
    std::string object;
    log::Position end = 0;       // of the log, when it was made
    log::Position tenant = 0;    // of the tenant's rules that were confirmed by then
    log::Position position = 0;  // of the event that first holds it; 0: none
  };
  struct Shown {
    std::size_t person = 0;
    std::size_t ward = 0;
    MarkKind kind = MarkKind::kTaint;
    std::uint64_t number = 0;
    RuleSpan span = {};
  };
  struct Replica;
  // Numbers of versions of a workspace, and of the tenant.
  using Pair = std::pair<std::size_t, std::size_t>;
  struct Ward {
    std::string name;
    Versions versions = {};
    std::map<Pair, AccessModel> models = {};            // of both together
    std::map<log::Position, log::Event> sessions = {};  // session records, by their positions
    std::map<std::string, std::shared_ptr<Replica>> replicas = {};
  };

  void check_tenant(const store::Tables& tables);
  void check_ward(const store::Tables& tables, std::size_t ward);
  void check_rule(Ward& ward, const log::Event& event);
  void check_event(Ward& ward, const log::Event& event);
  void check_session(const Ward& ward, const log::Event& event, const Person& author, bool judged);
  void check_asked(const Asked& asked);
  void check_shown(const Shown& shown);
  static std::size_t version_at(const Versions& versions, log::Position position);
  // The rules of the tenant that judged an event, as it says, if these may be those that hold since `known` or later.
  std::optional<std::size_t> tenant_version_of(const log::Event& event, log::Position known) const;
  const AccessModel& model_of(Ward& ward, std::size_t own, std::size_t tenant);
  // Calls with each model that may have been asked, until that returns false.
  void each_model(Ward& ward, const RuleSpan& span,
                  const std::function<bool(const AccessModel&)>& use);
  bool holds(const AccessModel& model, const Person& person, const std::vector<Need>& needs) const;
  // Whether somebody could do something at some moment.
  bool ever(std::size_t person, Acts act, std::size_t ward, const std::string& object,
            const RuleSpan& span);
  void broken(std::string what) const;

  World& world_;
  const std::string tenant_log_;
  std::deque<Person> people_;
  const std::string administrator_;
  std::map<std::string, std::vector<Statement>, std::less<>> meanings_;  // by text
  std::vector<Made> made_;                                               // by number
  std::vector<Asked> asked_;
  std::vector<Shown> shown_;
  std::vector<std::uint64_t> saved_;
  std::vector<Ward> wards_;
  Versions tenant_;
  // What `ever` found out.
  std::map<std::tuple<std::size_t, Acts, std::size_t, std::string, Pair>, bool> known_;
};

}  // namespace syncline::sim
