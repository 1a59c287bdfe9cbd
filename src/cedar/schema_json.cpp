#include <optional>

#include "cedar/json.h"
#include "cedar/schema_draft.h"

namespace syncline::cedar {

namespace {

using JKind = Json::Kind;

// The first error ends it.
class SchemaReader {
 public:
  Result<SchemaDraft> read(const Json& json) {
    SchemaDraft draft;
    if (!json.is(JKind::kObject)) return json_error(json, "expected an object of namespaces");
    for (const JsonMember& each : json.members) {
      if (!each.key->view().empty() && !is_type_name(each.key->view()))
        refuse(each.value, "a namespace has a wrong name");
      draft.namespaces.push_back(space(each));
    }
    if (error_) return std::unexpected(*error_);
    return draft;
  }

 private:
  void refuse(const Json& at, std::string_view message) {
    if (!error_) error_ = json_error(at, message).error();
  }

  std::span<const JsonMember> members(const Json* json) {
    if (json == nullptr) return {};
    if (!json->is(JKind::kObject)) refuse(*json, "expected an object");
    return json->members;
  }

  std::span<const Json> elements(const Json* json) {
    if (json == nullptr) return {};
    if (!json->is(JKind::kArray)) refuse(*json, "expected a list");
    return json->elements;
  }

  std::string text(const Json* json, const Json& parent, std::string_view what) {
    if (json != nullptr && json->is(JKind::kString)) return std::string(json->text->view());
    refuse(json == nullptr ? parent : *json, "expected " + std::string(what));
    return {};
  }

  DraftName identifier(const JsonMember& member) {
    if (!is_identifier(member.key->view())) refuse(member.value, "a type has a wrong name");
    return {std::string(member.key->view()), member.value.position};
  }

  std::vector<DraftName> names(const Json* json) {
    std::vector<DraftName> list;
    for (const Json& each : elements(json))
      list.push_back({text(&each, each, "the name of a type"), each.position});
    return list;
  }

  DraftNamespace space(const JsonMember& member) {
    const Json& json = member.value;
    DraftNamespace space;
    space.name = member.key->view();
    if (json.find("entityTypes") == nullptr || json.find("actions") == nullptr)
      refuse(json, "a namespace has `entityTypes` and `actions`");
    for (const JsonMember& each : members(json.find("commonTypes")))
      space.common_types.emplace_back(identifier(each), type(each.value));
    for (const JsonMember& each : members(json.find("entityTypes")))
      space.entity_types.emplace_back(identifier(each), entity_type(each.value));
    for (const JsonMember& each : members(json.find("actions")))
      space.actions.push_back(action(each));
    return space;
  }

  DraftEntityType entity_type(const Json& json) {
    DraftEntityType type;
    if (!json.is(JKind::kObject)) refuse(json, "expected an object");
    type.parents = names(json.find("memberOfTypes"));
    if (const Json* shape = json.find("shape")) type.shape = this->type(*shape);
    if (const Json* tags = json.find("tags")) type.tags = this->type(*tags);
    if (const Json* choices = json.find("enum")) {
      type.choices.emplace();
      for (const Json& each : elements(choices))
        type.choices->push_back(text(&each, each, "an id"));
      if (type.choices->empty()) refuse(*choices, "at least one id is needed");
      if (json.members.size() > 1 + (json.find("annotations") != nullptr ? 1U : 0U))
        refuse(json, "an enumerated type has nothing but its ids");
    }
    return type;
  }

  DraftAction action(const JsonMember& member) {
    const Json& json = member.value;
    DraftAction action;
    action.id = member.key->view();
    action.position = json.position;
    if (!json.is(JKind::kObject)) refuse(json, "expected an object");
    for (const Json& each : elements(json.find("memberOf"))) {
      DraftActionName parent{{}, text(each.find("id"), each, "`id`"), each.position};
      if (const Json* type = each.find("type")) parent.type = text(type, each, "a type");
      action.parents.push_back(std::move(parent));
    }
    const Json* applies = json.find("appliesTo");
    if (applies == nullptr || applies->is(JKind::kNull)) return action;
    if (applies->find("principalTypes") == nullptr || applies->find("resourceTypes") == nullptr)
      refuse(*applies, "`appliesTo` has `principalTypes` and `resourceTypes`");
    action.principals = names(applies->find("principalTypes"));
    action.resources = names(applies->find("resourceTypes"));
    if (const Json* context = applies->find("context")) action.context = type(*context);
    return action;
  }

  static DraftType named(DraftType::Names names, std::string name) {
    DraftType type;
    type.form = DraftType::Form::kName;
    type.names = names;
    type.name = std::move(name);
    return type;
  }

  DraftType type(const Json& json) {
    using Names = DraftType::Names;
    DraftType type;
    const std::string kind = text(json.find("type"), json, "`type`");
    if (kind == "Record") {
      type.attributes = attributes(json);
    } else if (kind == "Set") {
      type.form = DraftType::Form::kSet;
      const Json* element = json.find("element");
      if (element == nullptr)
        refuse(json, "a set has `element`");
      else
        type.element = std::make_unique<DraftType>(this->type(*element));
    } else if (kind == "Long" || kind == "String" || kind == "Boolean" || kind == "Bool") {
      type = named(Names::kBuiltin, kind == "Boolean" ? "Bool" : kind);
    } else if (kind == "Entity") {
      type = named(Names::kEntity, text(json.find("name"), json, "`name`"));
    } else if (kind == "Extension") {
      type = named(Names::kBuiltin, text(json.find("name"), json, "`name`"));
    } else if (kind == "EntityOrCommon") {
      type = named(Names::kAny, text(json.find("name"), json, "`name`"));
    } else {
      type = named(Names::kCommon, kind);
    }
    type.position = json.position;
    return type;
  }

  std::vector<DraftAttribute> attributes(const Json& json) {
    std::vector<DraftAttribute> list;
    if (const Json* open = json.find("additionalAttributes"); open != nullptr && open->flag)
      refuse(*open, "records with further attributes are not supported");
    for (const JsonMember& each : members(json.find("attributes"))) {
      DraftAttribute attribute;
      attribute.name = each.key->view();
      const Json* required = each.value.find("required");
      attribute.required = required == nullptr || required->flag;
      attribute.type = type(each.value);
      list.push_back(std::move(attribute));
    }
    return list;
  }

  std::optional<Error> error_;
};

}  // namespace

Result<SchemaDraft> parse_schema_draft_json(std::string_view text) {
  Arena arena;
  const auto json = parse_json(text, arena);
  if (!json) return std::unexpected(json.error());
  return SchemaReader().read(*json);
}

Result<Schema> parse_schema_json(std::string_view json) {
  const auto draft = parse_schema_draft_json(json);
  if (!draft) return std::unexpected(draft.error());
  return resolve(*draft);
}

}  // namespace syncline::cedar
