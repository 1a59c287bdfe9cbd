// The part of the warden that asks the HTTP API, as members and strangers, for what is shown to some.
#include <algorithm>
#include <utility>

#include "base/percent.h"
#include "sim/invariants.h"
#include "sim/member.h"
#include "sim/warden.h"

namespace syncline::sim {

// What a member asks the API for.
struct Warden::Route {
  std::string_view target;  // "{o}" is the object
  Acts act = 0;
  enum class Of : std::uint8_t { kObject, kFolder, kWorkspace } of = Of::kObject;
  std::string_view right = {};   // as the audit log names it
  std::string_view prefix = {};  // of names that are listed

  static const std::array<Route, 14> all;
};

const std::array<Warden::Route, 14> Warden::Route::all = {{
    {"/objects/{o}", kMayRead, Of::kObject, "read"},
    {"/objects/{o}", kMayRead, Of::kObject, "read"},
    {"/objects?prefix=notes/", kMayRead, Of::kFolder, "read", "notes/"},
    {"/objects?prefix=notes/pl", kMayRead, Of::kFolder, "read", "notes/pl"},
    {"/objects", kMayRead, Of::kWorkspace, "read"},
    {"/blame/{o}", kMayHistory, Of::kObject, "history"},
    {"/changes/{o}", kMayHistory, Of::kObject, "history"},
    {"/changes", kMayHistory, Of::kWorkspace, "history"},
    {"/state", kMayHistory, Of::kWorkspace, "history"},
    {"/log", kMayHistory, Of::kWorkspace, "history"},
    {"/pins", kMayHistory, Of::kWorkspace, "history"},
    {"/export", kMayExport, Of::kWorkspace, "export"},
    {"/policies", kMayShare, Of::kWorkspace, "see-policy"},
    {"/shares", kMayShare, Of::kWorkspace, "see-policy"},
}};

struct Warden::Question {
  std::size_t person = 0;
  std::size_t ward = 0;
  const Route* route = nullptr;
  std::string object = {};
  bool again = false;  // it was refused before
  // When it was asked:
  RuleSpan since = {};
  std::optional<std::uint64_t> still = {};
  std::weak_ptr<const int> by = {};

  Spot spot() const {
    if (route->of == Route::Of::kObject) return {object, {}};
    return {route->of == Route::Of::kFolder ? std::string(kFolder) : std::string(), {}};
  }
  // As the audit log names it.
  std::string named() const {
    return route->of == Route::Of::kObject ? object : std::string(route->prefix);
  }
};

// A stranger asks for its document.
void Warden::ask_something(const Member& member, Dice& dice) {
  const Route& route = dice.pick(Route::all);
  Question question{.person = member.person(),
                    .ward = member.ward(),
                    .route = &route,
                    .object = std::string(dice.pick(kObjects))};
  // Refusals that are alike are counted.
  std::uint64_t times = dice.chance(0.4) ? 3 : 1;
  if (is_stranger(member)) {
    question.object = member.object();
    if (route.of != Route::Of::kObject || !is_link(member.person())) return;
  }
  for (; times > 0; --times) ask(question);
}

void Warden::ask(const Question& asked) {
  Question question = asked;
  question.since = now(asked.ward);
  question.still = still();
  question.by = process();
  std::string rest(asked.route->target);
  if (const auto at = rest.find("{o}"); at != rest.npos)
    rest.replace(at, 3, percent_encode(asked.object, true));
  if (question.again) ++trying_;
  audit_.may_tell(key_of_read(question), 1);
  ApiUser(world_, server_, token_of_person(asked.person))
      .ask("GET", workspace_target(workspace_of(asked.ward)) + rest,
           [this, question](const ApiUser::Answer& answer) { answered(question, answer); });
}

AuditWatch::Key Warden::key_of_read(const Question& question) const {
  return {.kind = "read",
          .principal = oracle_.person(question.person).name,
          .what = std::string(question.route->right),
          .workspace = std::string(workspace_of(question.ward)),
          .where = question.named()};
}

void Warden::answered(const Question& question, const ApiUser::Answer& answer) {
  const Need need{.needed = question.route->act, .spot = question.spot()};
  const bool refused = answer.status == 403;
  if (question.again) {
    trying_ -= trying_ > 0 ? 1 : 0;
    if (answer.ok()) world_.hit(Probe::refused_then_allowed);
  }
  if (!answer.ok() && holds_mark(answer.body))
    return broken(kRules, "an error holds what somebody wrote: " + answer.body);
  oracle_.asked({.person = question.person,
                 .needs = {need},
                 .surely = {need},
                 .span = until_now(question.ward, question.since),
                 .granted = !refused && !says_later(answer),
                 .refused = refused,
                 .what = "GET " + std::string(question.route->target),
                 .ward = question.ward});
  if (refused) told_of_refusal(question);
  check_read(question, answer.ok());
  if (answer.ok() && question.route->act == kMayExport)
    audit_.told({.kind = "export",
                 .principal = oracle_.person(question.person).name,
                 .what = "GET /v1/workspaces/{workspace}/export",
                 .workspace = std::string(workspace_of(question.ward)),
                 .where = {},
                 .status = 200},
                question.by);
}

// Somebody whose token does not have the right is refused before it is known for which workspace he asks.
void Warden::told_of_refusal(const Question& question) {
  const Person& person = oracle_.person(question.person);
  const bool at_the_door = !person.may_write && question.route->act == kMayShare;
  audit_.told({.kind = "refusal",
               .principal = person.name,
               .what = std::string(question.route->right),
               .workspace = at_the_door ? "" : std::string(workspace_of(question.ward)),
               .where = question.named()},
              question.by);
}

// Whether it is written down is known if no rule has changed meanwhile.
void Warden::check_read(const Question& question, bool granted) {
  if (!question.still || still() != question.still) return;
  logs_.read_on();
  const bool audited =
      logs_.rules_of(question.ward)
          .audits(oracle_.person(question.person), question.route->act, question.spot());
  if (!audited) return audit_.may_tell(key_of_read(question), -1);
  if (!granted) return;
  world_.hit(Probe::read_audited);
  audit_.told(key_of_read(question), question.by);
}

std::string Warden::try_refusals_again() {
  if (!settings_.of_tenant) return {};
  if (std::exchange(tried_again_, true))
    return trying_ == 0 ? "" : "what was refused is asked for again";
  for (const AuditWatch::Key& key : audit_.refusals()) {
    const std::size_t person = oracle_.find_person(key.principal);
    const std::size_t ward = key.workspace == workspace_of(0) ? 0 : 1;
    if (person == RulesOracle::kNobody || key.principal.empty() ||
        key.workspace != workspace_of(ward))
      continue;
    Question question{.person = person, .ward = ward, .object = key.where, .again = true};
    const bool of_object = std::ranges::find(kObjects, key.where) != kObjects.end();
    const auto* const route = std::ranges::find_if(Route::all, [&](const Route& each) {
      return each.right == key.what &&
             (each.of == Route::Of::kObject ? of_object : !of_object && each.prefix == key.where);
    });
    if (route == Route::all.end()) continue;
    question.route = route;
    ask(question);
  }
  return "what was refused is asked for again";
}

}  // namespace syncline::sim
