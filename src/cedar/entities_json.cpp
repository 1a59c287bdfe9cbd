#include <algorithm>
#include <vector>

#include "cedar/value_json.h"

namespace syncline::cedar {

namespace {

Result<const Record*> attributes_from_json(const Json* json, const Type* shape, Arena& arena) {
  if (json == nullptr) return nullptr;
  if (!json->is(Json::Kind::kObject)) return json_error(*json, "expected an object");
  // An escape has no meaning here: attributes are a record in any case.
  const std::span<Field> fields = arena.array<Field>(json->members.size());
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const JsonMember& member = json->members[i];
    const AttributeType* attribute =
        shape == nullptr ? nullptr : find_attribute(*shape, *member.key);
    auto value =
        value_from_json(member.value, attribute == nullptr ? nullptr : attribute->type, arena);
    if (!value) return std::unexpected(value.error());
    fields[i] = {member.key, *value};
  }
  return make_record_in_place(arena, fields);
}

Result<const Record*> tags_from_json(const Json* json, const Type* type, Arena& arena) {
  if (json == nullptr) return nullptr;
  if (!json->is(Json::Kind::kObject)) return json_error(*json, "expected an object");
  const std::span<Field> fields = arena.array<Field>(json->members.size());
  for (std::size_t i = 0; i < fields.size(); ++i) {
    auto value = value_from_json(json->members[i].value, type, arena);
    if (!value) return std::unexpected(value.error());
    fields[i] = {json->members[i].key, *value};
  }
  return make_record_in_place(arena, fields);
}

Result<void> entity_from_json(const Json& json, const Schema* schema, EntitiesBuilder& builder) {
  Arena& arena = builder.arena();
  const Json* uid_json = json.find("uid");
  if (uid_json == nullptr) return json_error(json, "an entity has `uid`");
  const auto uid = uid_from_json(*uid_json, arena);
  if (!uid) return std::unexpected(uid.error());
  const EntityTypeInfo* type = schema == nullptr ? nullptr : schema->find_type(*(*uid)->type);
  const auto attributes =
      attributes_from_json(json.find("attrs"), type == nullptr ? nullptr : type->shape, arena);
  if (!attributes) return std::unexpected(attributes.error());
  const auto tags =
      tags_from_json(json.find("tags"), type == nullptr ? nullptr : type->tags, arena);
  if (!tags) return std::unexpected(tags.error());
  std::vector<const Uid*> parents;
  if (const Json* list = json.find("parents"); list != nullptr) {
    if (!list->is(Json::Kind::kArray)) return json_error(*list, "expected a list");
    for (const Json& each : list->elements) {
      const auto parent = uid_from_json(each, arena);
      if (!parent) return std::unexpected(parent.error());
      parents.push_back(*parent);
    }
  }
  if (const auto added = builder.add(*uid, *attributes, *tags, parents); !added)
    return json_error(json, added.error().message);
  return {};
}

}  // namespace

Result<Entities> entities_from_json(std::string_view text, const Schema* schema,
                                    const EntitySource* below) {
  EntitiesBuilder builder(below);
  const auto json = parse_json(text, builder.arena());
  if (!json) return std::unexpected(json.error());
  if (!json->is(Json::Kind::kArray)) return json_error(*json, "expected a list of entities");
  for (const Json& each : json->elements) {
    if (const auto added = entity_from_json(each, schema, builder); !added)
      return std::unexpected(added.error());
  }
  if (schema != nullptr) {
    for (const ActionInfo* action : schema->actions()) {
      const Uid* uid = copy_uid(builder.arena(), *action->uid);
      std::vector<const Uid*> parents;
      for (const Uid* each : action->ancestors) parents.push_back(copy_uid(builder.arena(), *each));
      if (const auto added = builder.add_action(uid, parents); !added)
        return std::unexpected(added.error());
    }
  }
  auto entities = builder.build();
  if (!entities || schema == nullptr) return entities;
  for (const Entity* each : entities->all()) {
    if (const auto fits = check_entity(*each, *schema); !fits) return std::unexpected(fits.error());
  }
  return entities;
}

Result<OwnedRequest> request_from_json(std::string_view text, const Schema* schema) {
  Arena arena;
  const auto json = parse_json(text, arena);
  if (!json) return std::unexpected(json.error());
  return request_from_json(*json, schema);
}

Result<OwnedRequest> request_from_json(const Json& json, const Schema* schema) {
  OwnedRequest owned{std::make_unique<Arena>(), {}};
  Arena& arena = *owned.arena;
  const std::pair<std::string_view, const Uid**> parts[] = {{"principal", &owned.request.principal},
                                                            {"action", &owned.request.action},
                                                            {"resource", &owned.request.resource}};
  for (const auto& [key, to] : parts) {
    const Json* part = json.find(key);
    if (part == nullptr) return json_error(json, "a request has `" + std::string(key) + '`');
    const auto uid = uid_from_json(*part, arena);
    if (!uid) return std::unexpected(uid.error());
    *to = copy_uid(arena, **uid);
  }
  const ActionInfo* action =
      schema == nullptr ? nullptr : schema->find_action(*owned.request.action);
  if (schema != nullptr && action == nullptr)
    return json_error(json, "the schema has no action " + to_cedar(*owned.request.action));
  const Json* context = json.find("context");
  if (context == nullptr) {
    owned.request.context = make_record(arena, {});
    return owned;
  }
  const auto value =
      value_from_json(*context, action == nullptr ? nullptr : action->context, arena);
  if (!value) return std::unexpected(value.error());
  if (!value->is(Kind::kRecord)) return json_error(*context, "the context must be a record");
  // The texts belong to the caller's JSON.
  owned.request.context = &copy_value(arena, *value).record();
  return owned;
}

// ---- against a schema ----

namespace {

std::unexpected<Error> misfit(const std::string& message) {
  return fail(ErrorCode::kInvalid, message);
}

Result<void> check_choice(const Uid& uid, const Schema& schema) {
  const EntityTypeInfo* type = schema.find_type(*uid.type);
  if (type == nullptr || !type->enumerated ||
      std::ranges::any_of(type->choices, [&](const Text* each) { return same(*each, *uid.id); }))
    return {};
  return misfit("the schema lists all entities of type " + std::string(uid.type->view()) +
                ", and " + to_cedar(uid) + " is none of them");
}

// Entities within a value that are none of the choices of their type.
Result<void> check_choices(const Value& value, const Schema& schema) {
  if (value.is(Kind::kEntity)) return check_choice(value.uid(), schema);
  if (value.is(Kind::kSet)) {
    for (const Value& each : value.set().elements) {
      if (const auto ok = check_choices(each, schema); !ok) return ok;
    }
  }
  if (value.is(Kind::kRecord)) {
    for (const Field& each : value.record().fields) {
      if (const auto ok = check_choices(each.value, schema); !ok) return ok;
    }
  }
  return {};
}

Result<void> check_action(const Entity& entity, const Schema& schema) {
  const ActionInfo* action = schema.find_action(*entity.uid);
  if (action == nullptr) return misfit("the schema has no action " + to_cedar(*entity.uid));
  if (!entity.attributes->fields.empty() || !entity.tags->fields.empty() ||
      entity.ancestors.size() != action->ancestors.size() ||
      !std::ranges::all_of(entity.ancestors, [&](const Uid* each) { return action->is_in(*each); }))
    return misfit("the action " + to_cedar(*entity.uid) + " is not as the schema has it");
  return {};
}

}  // namespace

Result<void> check_entity(const Entity& entity, const Schema& schema) {
  const std::string name = to_cedar(*entity.uid);
  if (is_action_type(entity.uid->type->view())) return check_action(entity, schema);
  const EntityTypeInfo* type = schema.find_type(*entity.uid->type);
  if (type == nullptr) return misfit("the schema has no type of the entity " + name);
  if (const auto ok = check_choice(*entity.uid, schema); !ok) return ok;
  if (!has_type(Value::of(entity.attributes), *type->shape))
    return misfit("the attributes of " + name + " are not of type " + to_string(*type->shape));
  for (const Field& tag : entity.tags->fields) {
    if (type->tags == nullptr || !has_type(tag.value, *type->tags))
      return misfit("a tag of " + name + " is not as the schema has it");
  }
  for (const Uid* each : entity.ancestors) {
    if (same(*each->type, *type->name)
            ? !std::ranges::any_of(type->ancestors,
                                   [&](const Text* a) { return same(*a, *each->type); })
            : !type->may_be_in(*each->type))
      return misfit("the entity " + name + " may not be in " + to_cedar(*each));
    if (const auto ok = check_choice(*each, schema); !ok) return ok;
  }
  if (const auto ok = check_choices(Value::of(entity.attributes), schema); !ok) return ok;
  return check_choices(Value::of(entity.tags), schema);
}

Result<void> check_request(const Request& request, const Schema& schema) {
  const ActionInfo* action = schema.find_action(*request.action);
  if (action == nullptr) return misfit("the schema has no action " + to_cedar(*request.action));
  const auto applies = [](std::span<const EntityTypeInfo* const> types, const Uid& uid) {
    return std::ranges::any_of(types,
                               [&](const auto* each) { return same(*each->name, *uid.type); });
  };
  for (const auto& [uid, types] : {std::pair(request.principal, action->principals),
                                   std::pair(request.resource, action->resources)}) {
    if (!applies(types, *uid))
      return misfit("the action " + to_cedar(*action->uid) + " does not apply to " +
                    to_cedar(*uid));
    if (const auto ok = check_choice(*uid, schema); !ok) return ok;
  }
  if (!has_type(Value::of(request.context), *action->context))
    return misfit("the context is not of type " + to_string(*action->context));
  return check_choices(Value::of(request.context), schema);
}

}  // namespace syncline::cedar
