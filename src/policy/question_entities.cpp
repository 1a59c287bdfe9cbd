#include "policy/question_entities.h"

#include <algorithm>
#include <utility>

#include "base/mutation.h"
#include "base/qualified_name.h"
#include "cedar/extensions.h"
#include "policy/path_id.h"

namespace syncline::policy {
namespace {

using cedar::Uid;
using cedar::Value;

// A token that allows more is in the roles of those that allow less, too.
std::vector<std::string_view> roles_of(identity::Rights rights) {
  std::vector<std::string_view> roles = {"everyone"};
  if (rights.has(identity::Right::kRead)) roles.push_back("read");
  if (rights.has(identity::Right::kWrite)) roles.push_back("write");
  if (identity::administers(rights)) roles.push_back("admin");
  return roles;
}

// "203.0.113.5:51234", "[2001:db8::1]:51234".
std::optional<cedar::Ip> address_in(std::string_view peer) {
  if (peer.starts_with('[')) return cedar::parse_ip(peer.substr(1, peer.find(']') - 1));
  return cedar::parse_ip(peer.substr(0, peer.rfind(':')));
}

}  // namespace

ResourceName ResourceName::of_share(std::string_view resource) {
  if (resource.empty()) return {};
  return {resource.ends_with('/') ? Kind::kFolder : Kind::kObject, resource, {}};
}

QuestionEntities::QuestionEntities(cedar::Arena& arena, const cedar::EntitySource& actions,
                                   const Question& question)
    : arena_(arena), actions_(actions), nothing_(cedar::make_record(arena, {})) {
  make_principal(question.caller);
  make_context(question);
  const QualifiedName name = split_name(question.workspace);
  workspace_name_ = name.workspace;
  around_ = {uid("Tenant", name.tenant), uid("Workspace", name.workspace)};
  workspace_depth_ = around_.size();
}

const Uid* QuestionEntities::uid(std::string_view type, std::string_view id) {
  return cedar::make_uid(arena_, type, id);
}

// The entity whose id is the beginning of another id. They share its bytes, because a long path has many parts.
const Uid* QuestionEntities::part_of(const cedar::Text& type, const cedar::Text& whole,
                                     std::size_t size) {
  const auto* id = arena_.make<cedar::Text>(cedar::borrow_text(whole.view().substr(0, size)));
  return cedar::make_uid(arena_, &type, id);
}

std::span<const Uid* const> QuestionEntities::sorted(std::vector<const Uid*> uids) {
  std::ranges::sort(uids, [](const Uid* a, const Uid* b) { return cedar::compare(*a, *b) < 0; });
  const auto again =
      std::ranges::unique(uids, [](const Uid* a, const Uid* b) { return cedar::same(*a, *b); });
  uids.erase(again.begin(), again.end());
  return arena_.copy(uids);
}

void QuestionEntities::make_principal(const identity::Caller& caller) {
  std::vector<const Uid*> in;
  for (const std::string_view role : roles_of(caller.rights)) in.push_back(uid("Role", role));
  const identity::Identity* identity = caller.principal.identity.get();
  std::vector<cedar::Field> fields;
  const auto say = [&](std::string_view key, std::string_view value) {
    fields.push_back({cedar::make_text(arena_, key), cedar::make_string(arena_, value)});
  };
  say("name", identity == nullptr ? std::string_view() : identity->name);
  say("source", identity::name_of(identity == nullptr ? identity::Identity::Source::kShared
                                                      : identity->source));
  if (identity != nullptr) {
    if (!identity->issuer.empty()) say("issuer", identity->issuer);
    for (const std::string& group : identity->groups) in.push_back(uid("Group", group));
  }
  principal_ = {.uid = uid("Principal", caller.principal.id),
                .attributes = cedar::make_record(arena_, std::move(fields)),
                .tags = nothing_,
                .parents = {},
                .ancestors = sorted(std::move(in))};
}

void QuestionEntities::make_context(const Question& question) {
  std::vector<cedar::Field> fields;
  const auto say = [&](std::string_view key, Value value) {
    fields.push_back({cedar::make_text(arena_, key), value});
  };
  const identity::Caller& caller = question.caller;
  say("time", Value::of(cedar::Kind::kDatetime, static_cast<std::int64_t>(question.unix_ms)));
  say("size", Value::of(static_cast<std::int64_t>(question.size)));
  say("object", cedar::make_string(arena_, question.object));
  say("objectType", cedar::make_string(arena_, question.type));
  say("protocol", cedar::make_string(arena_, caller.protocol));
  if (const auto ip = address_in(caller.peer))
    say("address", Value::of(arena_.make<cedar::Ip>(*ip)));
  if (const std::string& origin = caller.origin.str(); !origin.empty())
    say("origin", cedar::make_string(arena_, origin));
  const identity::Identity* identity = caller.principal.identity.get();
  if (identity != nullptr && identity->issued_ms > 0)
    say("tokenAge",
        Value::of(cedar::Kind::kDuration, static_cast<std::int64_t>(question.unix_ms) -
                                              static_cast<std::int64_t>(identity->issued_ms)));
  context_ = cedar::make_record(arena_, std::move(fields));
}

// A name that ends with a slash is in the folder of that name, also if it is that of an object.
void QuestionEntities::name_object(std::string_view object, bool folder) {
  around_.resize(workspace_depth_);
  const cedar::Text& type = *cedar::make_text(arena_, "Folder");
  const cedar::Text& name = *cedar::make_text(arena_, object);
  for (std::size_t slash = object.find('/'); slash != object.npos;
       slash = object.find('/', slash + 1))
    around_.push_back(part_of(type, name, slash + 1));
  if (!folder) around_.push_back(uid("Object", object));
}

cedar::Request QuestionEntities::request(const Uid& action, const ResourceName& resource) {
  using Kind = ResourceName::Kind;
  std::vector<const Uid*> in;
  if (resource.kind == Kind::kPath) {
    if (!any_named_ || named_ != resource.object) name_object(resource.object, false);
    any_named_ = true;
    in = around_;
    in.reserve(around_.size() + 1 +
               static_cast<std::size_t>(std::ranges::count(resource.path, '/')));
    resource_.uid = uid("Path", resource.path);
    const cedar::Text& whole = *resource_.uid->id;
    for (std::string_view path = whole.view(); !path.empty();) {
      if (is_mutated(Mutation::forget_path_parents)) break;
      path = parent_path(path);
      in.push_back(part_of(*resource_.uid->type, whole, path.size()));
    }
  } else {
    name_object(resource.object, resource.kind == Kind::kFolder);
    in = around_;
    in.pop_back();
    resource_.uid = around_.back();
    any_named_ = resource.kind == Kind::kObject;
  }
  named_ = resource.object;
  resource_.attributes = resource_.tags = nothing_;
  resource_.ancestors = sorted(std::move(in));
  return {.principal = principal_.uid,
          .action = &action,
          .resource = resource_.uid,
          .context = context_};
}

const cedar::Entity* QuestionEntities::find(const Uid& uid) const {
  if (&uid == principal_.uid || cedar::same(uid, *principal_.uid)) return &principal_;
  if (&uid == resource_.uid || (resource_.uid != nullptr && cedar::same(uid, *resource_.uid)))
    return &resource_;
  return actions_.find(uid);
}

}  // namespace syncline::policy
