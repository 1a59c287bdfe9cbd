#include "cedar/schema.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "cedar/schema_draft.h"

namespace syncline::cedar {

namespace {

bool has_uid(std::span<const Uid* const> uids, const Uid& uid) {
  return std::ranges::any_of(uids, [&](const Uid* each) { return same(*each, uid); });
}

std::string in_namespace(std::string_view space, std::string_view name) {
  return space.empty() ? std::string(name) : std::string(space) + "::" + std::string(name);
}

// What a name means without a declaration; null if it is nothing.
const Type* builtin_type(std::string_view name) {
  if (name == "Long") return &long_type();
  if (name == "String") return &string_type();
  if (name == "Bool") return &bool_type();
  for (const Kind each : {Kind::kDecimal, Kind::kDatetime, Kind::kDuration, Kind::kIp}) {
    if (name == to_string(each)) return &extension_type(each);
  }
  return nullptr;
}

bool is_reserved_type(std::string_view name) {
  constexpr std::array<std::string_view, 8> kReserved = {"Bool", "Boolean", "Entity", "Extension",
                                                         "Long", "Record",  "Set",    "String"};
  return std::ranges::find(kReserved, name) != kReserved.end();
}

}  // namespace

bool EntityTypeInfo::may_be_in(const Text& type) const {
  return same(*name, type) ||
         std::ranges::any_of(ancestors, [&](const Text* each) { return same(*each, type); });
}

bool ActionInfo::is_in(const Uid& other) const {
  return same(*uid, other) || has_uid(ancestors, other);
}

const EntityTypeInfo* Schema::find_type(const Text& name) const {
  const auto at = by_name_.find(name.view());
  return at == by_name_.end() ? nullptr : at->second;
}

const ActionInfo* Schema::find_action(const Uid& uid) const {
  const auto [first, last] = by_uid_.equal_range(uid.hash);
  for (auto at = first; at != last; ++at) {
    if (same(*at->second->uid, uid)) return at->second;
  }
  return nullptr;
}

// Declares all names first, then resolves what refers to them. The first error ends it.
class SchemaResolver {
 public:
  Result<Schema> resolve(const SchemaDraft& draft) {
    for (const DraftNamespace& space : draft.namespaces) declare(space);
    check_shadows(draft);
    for (const DraftNamespace& space : draft.namespaces) {
      for (const auto& [name, type] : space.common_types)
        common(in_namespace(space.name, name.name), name.position);
      for (const auto& [name, type] : space.entity_types) entity_type(space, name, type);
      for (const DraftAction& action : space.actions) this->action(space, action);
    }
    if (error_) return std::unexpected(*error_);
    close_types();
    close_actions();
    if (error_) return std::unexpected(*error_);
    return std::move(schema_);
  }

 private:
  struct Common {
    const DraftNamespace* space;
    const DraftType* draft;
    const Type* type = nullptr;
    bool open = false;  // being resolved
  };

  void refuse(Position position, std::string_view message) {
    if (!error_) error_ = Error{ErrorCode::kInvalid, at_position(position, message)};
  }

  Arena& arena() { return *schema_.arena_; }

  void declare(const DraftNamespace& space) {
    if (space.name == "__cedar" || space.name.starts_with("__cedar::"))
      refuse({}, "the namespace `__cedar` is the language's own");
    for (const auto& [name, type] : space.common_types) {
      if (is_reserved_type(name.name))
        refuse(name.position, "`" + name.name + "` is a reserved name");
      if (!commons_.emplace(in_namespace(space.name, name.name), Common{&space, &type}).second)
        refuse(name.position, "the type `" + name.name + "` is declared twice");
    }
    for (const auto& [name, type] : space.entity_types) {
      EntityTypeInfo* info = arena().make<EntityTypeInfo>();
      info->name = make_text(arena(), in_namespace(space.name, name.name));
      if (is_action_type(name.name)) refuse(name.position, "`Action` is the type of actions");
      if (!schema_.by_name_.emplace(info->name->view(), info).second)
        refuse(name.position, "the type `" + name.name + "` is declared twice");
      schema_.types_.push_back(info);
    }
    for (const DraftAction& action : space.actions) {
      ActionInfo* info = arena().make<ActionInfo>();
      info->uid = make_uid(arena(), in_namespace(space.name, "Action"), action.id);
      if (schema_.find_action(*info->uid) != nullptr)
        refuse(action.position, "the action \"" + action.id + "\" is declared twice");
      schema_.by_uid_.emplace(info->uid->hash, info);
      schema_.actions_.push_back(info);
    }
  }

  // What is declared outside of namespaces must not be declared again within one.
  void check_shadows(const SchemaDraft& draft) {
    for (const DraftNamespace& space : draft.namespaces) {
      if (space.name.empty()) continue;
      const auto check = [&](const DraftName& name) {
        if (commons_.contains(name.name) || find(name.name) != nullptr)
          refuse(name.position, "`" + name.name + "` is also declared outside of namespaces");
      };
      for (const auto& each : space.common_types) check(each.first);
      for (const auto& each : space.entity_types) check(each.first);
      for (const DraftAction& each : space.actions) {
        if (schema_.find_action(*make_uid(arena(), "Action", each.id)) != nullptr)
          refuse(each.position,
                 "the action \"" + each.id + "\" is also declared outside of namespaces");
      }
    }
  }

  EntityTypeInfo* find(std::string_view name) {
    const auto at = schema_.by_name_.find(name);
    return at == schema_.by_name_.end() ? nullptr : at->second;
  }

  // The names for which a name in a namespace may stand, the nearest first.
  static std::vector<std::string> meanings(const DraftNamespace& space, const std::string& name) {
    if (space.name.empty() || name.find("::") != name.npos) return {name};
    return {in_namespace(space.name, name), name};
  }

  EntityTypeInfo* entity(const DraftNamespace& space, const DraftName& name) {
    for (const std::string& each : meanings(space, name.name)) {
      if (EntityTypeInfo* info = find(each)) return info;
    }
    refuse(name.position, "there is no type of entities `" + name.name + "`");
    return nullptr;
  }

  const Type* common(const std::string& name, Position position) {
    Common& common = commons_.at(name);
    if (common.open) {
      refuse(position, "the type `" + name + "` contains itself");
      return &bool_type();
    }
    if (common.type == nullptr) {
      common.open = true;
      common.type = type(*common.space, *common.draft);
      common.open = false;
    }
    return common.type;
  }

  const Type* entity_reference(const EntityTypeInfo& info) {
    return arena().make<Type>(Type{.form = Type::Form::kEntity, .entity = info.name});
  }

  const Type* named(const DraftNamespace& space, const DraftType& draft) {
    using Names = DraftType::Names;
    constexpr std::string_view kOwn = "__cedar::";
    if (draft.name.starts_with(kOwn)) {
      const Type* type = builtin_type(std::string_view(draft.name).substr(kOwn.size()));
      if (type != nullptr) return type;
    } else if (draft.names != Names::kBuiltin) {
      for (const std::string& each : meanings(space, draft.name)) {
        if (draft.names != Names::kEntity && commons_.contains(each))
          return common(each, draft.position);
        const EntityTypeInfo* info = find(each);
        if (draft.names != Names::kCommon && info != nullptr) return entity_reference(*info);
      }
    }
    const Type* type = draft.names == Names::kEntity ? nullptr : builtin_type(draft.name);
    if (type != nullptr) return type;
    refuse(draft.position, "there is no type `" + draft.name + "`");
    return &bool_type();
  }

  const Type* type(const DraftNamespace& space, const DraftType& draft) {
    constexpr int kMostNested = 200;
    const Type* result = &bool_type();
    if (error_) return result;
    if (++depth_ > kMostNested) {
      refuse(draft.position, "types are nested too deep");
    } else if (draft.form == DraftType::Form::kName) {
      result = named(space, draft);
    } else if (draft.form == DraftType::Form::kSet) {
      const Type* element = type(space, *draft.element);
      result = arena().make<Type>(
          Type{.form = Type::Form::kSet, .size = element->size + 1, .element = element});
    } else {
      result = record(space, draft);
    }
    --depth_;
    return result;
  }

  const Type* record(const DraftNamespace& space, const DraftType& draft) {
    std::vector<AttributeType> attributes;
    std::uint32_t size = 1;
    for (const DraftAttribute& each : draft.attributes) {
      attributes.push_back({make_text(arena(), each.name), type(space, each.type), each.required});
      size += attributes.back().type->size;
      if (size > kMaxTypeSize) refuse(draft.position, "this type is too large");
    }
    const auto before = [](const AttributeType& a, const AttributeType& b) {
      return compare(*a.name, *b.name) < 0;
    };
    std::ranges::sort(attributes, before);
    const auto twice = std::ranges::adjacent_find(
        attributes,
        [](const AttributeType& a, const AttributeType& b) { return same(*a.name, *b.name); });
    if (twice != attributes.end())
      refuse(draft.position,
             "the attribute `" + std::string(twice->name->view()) + "` is declared twice");
    return arena().make<Type>(
        Type{.form = Type::Form::kRecord, .size = size, .attributes = arena().copy(attributes)});
  }

  const Type* record_type(const DraftNamespace& space, const DraftType& draft) {
    const Type* result = type(space, draft);
    if (!result->is(Type::Form::kRecord)) refuse(draft.position, "this must be a record");
    return result;
  }

  void entity_type(const DraftNamespace& space, const DraftName& name,
                   const DraftEntityType& draft) {
    EntityTypeInfo& info = *find(in_namespace(space.name, name.name));
    std::vector<const Text*> parents;
    for (const DraftName& each : draft.parents) {
      if (const EntityTypeInfo* parent = entity(space, each)) parents.push_back(parent->name);
    }
    info.parents = arena().copy(parents);
    info.shape = record_type(space, draft.shape);
    if (draft.tags) info.tags = type(space, *draft.tags);
    if (!draft.choices) return;
    info.enumerated = true;
    std::vector<const Text*> choices;
    for (const std::string& each : *draft.choices) choices.push_back(make_text(arena(), each));
    info.choices = arena().copy(choices);
  }

  ActionInfo* action_of(const Uid& uid) {
    return const_cast<ActionInfo*>(schema_.find_action(uid));
  }

  std::span<const EntityTypeInfo* const> entities(const DraftNamespace& space,
                                                  const std::vector<DraftName>& names) {
    std::set<const EntityTypeInfo*> seen;
    std::vector<const EntityTypeInfo*> list;
    for (const DraftName& each : names) {
      const EntityTypeInfo* info = entity(space, each);
      if (info != nullptr && seen.insert(info).second) list.push_back(info);
    }
    return arena().copy(list);
  }

  void action(const DraftNamespace& space, const DraftAction& draft) {
    ActionInfo& info = *action_of(*make_uid(arena(), in_namespace(space.name, "Action"), draft.id));
    info.principals = entities(space, draft.principals);
    info.resources = entities(space, draft.resources);
    info.context = record_type(space, draft.context);
    std::vector<const Uid*> parents;
    for (const DraftActionName& each : draft.parents) {
      const ActionInfo* parent = nullptr;
      for (const std::string& type : meanings(space, each.type.value_or("Action"))) {
        parent = schema_.find_action(*make_uid(arena(), type, each.id));
        if (parent != nullptr) break;
      }
      if (parent == nullptr)
        refuse(each.position, "there is no action \"" + each.id + "\"");
      else
        parents.push_back(parent->uid);
    }
    info.parents = arena().copy(parents);
  }

  void close_types() {
    for (const EntityTypeInfo* type : schema_.types_) {
      std::set<const EntityTypeInfo*> seen;
      std::vector<const Text*> ancestors;
      std::vector<const Text*> open(type->parents.begin(), type->parents.end());
      while (!open.empty()) {
        const EntityTypeInfo* next = find(open.back()->view());
        open.pop_back();
        if (!seen.insert(next).second) continue;
        ancestors.push_back(next->name);
        open.insert(open.end(), next->parents.begin(), next->parents.end());
      }
      find(type->name->view())->ancestors = arena().copy(ancestors);
    }
  }

  void close_actions() {
    for (const ActionInfo* action : schema_.actions_) {
      std::set<const ActionInfo*> seen;
      std::vector<const Uid*> ancestors;
      std::vector<const Uid*> open(action->parents.begin(), action->parents.end());
      while (!open.empty()) {
        const ActionInfo* next = action_of(*open.back());
        open.pop_back();
        if (next == action) refuse({}, "the action " + to_cedar(*action->uid) + " is in itself");
        if (!seen.insert(next).second) continue;
        ancestors.push_back(next->uid);
        open.insert(open.end(), next->parents.begin(), next->parents.end());
      }
      action_of(*action->uid)->ancestors = arena().copy(ancestors);
    }
  }

  Schema schema_;
  std::map<std::string, Common, std::less<>> commons_;
  int depth_ = 0;
  std::optional<Error> error_;
};

Result<Schema> resolve(const SchemaDraft& draft) {
  return SchemaResolver().resolve(draft);
}

}  // namespace syncline::cedar
