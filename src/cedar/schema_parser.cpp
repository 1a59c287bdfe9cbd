#include <algorithm>

#include "cedar/schema_draft.h"
#include "cedar/token_reader.h"

namespace syncline::cedar {

namespace {

// Schemas have fewer reserved words than policies have.
class SchemaParser {
 public:
  explicit SchemaParser(std::string_view source) : reader_(source) {}

  Result<SchemaDraft> parse() {
    SchemaDraft draft;
    draft.namespaces.emplace_back();
    while (!reader_.at_end() && !reader_.failed()) {
      annotations();
      if (!reader_.take_word("namespace")) {
        declaration(draft.namespaces.front());
        continue;
      }
      DraftNamespace space;
      space.name = path().name;
      reader_.expect_mark("{");
      while (!reader_.failed() && !reader_.peek_mark("}")) {
        annotations();
        declaration(space);
      }
      reader_.expect_mark("}");
      draft.namespaces.push_back(std::move(space));
    }
    if (reader_.failed()) return reader_.error();
    return draft;
  }

 private:
  // They mean nothing to the engine.
  void annotations() {
    std::vector<std::string_view> keys;
    while (reader_.take_mark("@")) {
      if (reader_.peek().kind != TokenKind::kWord) reader_.fail_here("the name of an annotation");
      const Token key = reader_.take();
      if (std::ranges::find(keys, key.text) != keys.end())
        reader_.fail_at(key.position, "the annotation is there twice");
      keys.push_back(key.text);
      if (reader_.take_mark("(")) {
        reader_.expect_string("the annotation's value");
        reader_.expect_mark(")");
      }
    }
  }

  void declaration(DraftNamespace& space) {
    if (reader_.take_word("entity")) return entity(space);
    if (reader_.take_word("action")) return action(space);
    if (reader_.take_word("type")) return common_type(space);
    reader_.fail_here("`entity`, `action`, `type` or `namespace`");
  }

  DraftName identifier() {
    const Position position = reader_.peek().position;
    return {std::string(reader_.expect_identifier("a name")), position};
  }

  // `A::B`; the language's own namespace is allowed.
  DraftName path() {
    DraftName path{{}, reader_.peek().position};
    if (reader_.peek_word("__cedar")) {
      path.name = reader_.take().text;
      if (!reader_.peek_mark("::")) reader_.fail_here("`::`");
    } else {
      path.name = identifier().name;
    }
    while (reader_.peek_mark("::")) {
      reader_.take();
      if (reader_.peek().kind == TokenKind::kString) return path;  // the id of an action
      path.name += "::" + identifier().name;
    }
    return path;
  }

  std::vector<DraftName> paths() {
    std::vector<DraftName> list;
    if (!reader_.take_mark("[")) {
      list.push_back(path());
      return list;
    }
    while (!reader_.failed() && !reader_.peek_mark("]")) {
      list.push_back(path());
      if (!reader_.take_mark(",")) break;
    }
    reader_.expect_mark("]");
    return list;
  }

  void entity(DraftNamespace& space) {
    std::vector<DraftName> names;
    do {
      names.push_back(identifier());
    } while (reader_.take_mark(","));
    DraftEntityType type;
    if (reader_.take_word("enum")) {
      type.choices = choices();
    } else {
      if (reader_.take_word("in")) type.parents = paths();
      if (reader_.take_mark("=") || reader_.peek_mark("{")) {
        type.shape.position = reader_.peek().position;
        reader_.expect_mark("{");
        type.shape.attributes = attributes();
      }
      if (reader_.take_word("tags")) type.tags = this->type();
    }
    reader_.expect_mark(";");
    for (const DraftName& name : names) space.entity_types.emplace_back(name, copy(type));
  }

  static DraftType copy(const DraftType& from) {
    DraftType to;
    to.form = from.form;
    to.names = from.names;
    to.name = from.name;
    to.position = from.position;
    if (from.element != nullptr) to.element = std::make_unique<DraftType>(copy(*from.element));
    for (const DraftAttribute& each : from.attributes)
      to.attributes.push_back({each.name, copy(each.type), each.required});
    return to;
  }

  static DraftEntityType copy(const DraftEntityType& from) {
    DraftEntityType to;
    to.parents = from.parents;
    to.shape = copy(from.shape);
    if (from.tags) to.tags = copy(*from.tags);
    to.choices = from.choices;
    return to;
  }

  std::vector<std::string> choices() {
    std::vector<std::string> list;
    reader_.expect_mark("[");
    do {
      list.push_back(reader_.expect_string("the id of an entity"));
    } while (!reader_.failed() && reader_.take_mark(",") && !reader_.peek_mark("]"));
    reader_.expect_mark("]");
    return list;
  }

  void common_type(DraftNamespace& space) {
    DraftName name = identifier();
    reader_.expect_mark("=");
    space.common_types.emplace_back(std::move(name), type());
    reader_.expect_mark(";");
  }

  DraftType type() {
    DraftType type;
    type.position = reader_.peek().position;
    const Level level(reader_);
    if (!level) return type;
    if (reader_.take_mark("{")) {
      type.attributes = attributes();
      return type;
    }
    type.form = DraftType::Form::kName;
    type.name = path().name;
    // `Set` is also a name that a type may have.
    if (type.name == "Set" && reader_.take_mark("<")) {
      type.form = DraftType::Form::kSet;
      type.element = std::make_unique<DraftType>(this->type());
      reader_.expect_mark(">");
    }
    return type;
  }

  std::string name() {
    if (reader_.peek().kind == TokenKind::kString) return reader_.expect_string("a name");
    return identifier().name;
  }

  std::vector<DraftAttribute> attributes() {
    std::vector<DraftAttribute> list;
    while (!reader_.failed() && !reader_.peek_mark("}")) {
      annotations();
      DraftAttribute attribute;
      attribute.name = name();
      attribute.required = !reader_.take_mark("?");
      reader_.expect_mark(":");
      attribute.type = type();
      list.push_back(std::move(attribute));
      if (!reader_.take_mark(",")) break;
    }
    reader_.expect_mark("}");
    return list;
  }

  DraftActionName action_name() {
    DraftActionName name{{}, {}, reader_.peek().position};
    if (reader_.peek().kind == TokenKind::kString) {
      name.id = reader_.expect_string("the id of an action");
      return name;
    }
    const DraftName type = path();
    if (reader_.peek().kind == TokenKind::kString) {
      name.type = type.name;
      name.id = reader_.expect_string("the id of an action");
    } else {
      name.id = type.name;
      if (name.id.find("::") != name.id.npos) reader_.fail_here("the id of an action in quotes");
    }
    return name;
  }

  void action(DraftNamespace& space) {
    std::vector<DraftAction> actions;
    do {
      DraftAction action;
      action.position = reader_.peek().position;
      action.id = name();
      actions.push_back(std::move(action));
    } while (reader_.take_mark(","));
    DraftAction rest;
    if (reader_.take_word("in")) {
      if (reader_.take_mark("[")) {
        do {
          rest.parents.push_back(action_name());
        } while (reader_.take_mark(","));
        reader_.expect_mark("]");
      } else {
        rest.parents.push_back(action_name());
      }
    }
    if (reader_.take_word("appliesTo")) applies_to(rest);
    if (reader_.take_word("attributes")) {
      reader_.expect_mark("{");
      reader_.expect_mark("}");
    }
    reader_.expect_mark(";");
    for (DraftAction& action : actions) {
      action.parents = rest.parents;
      action.principals = rest.principals;
      action.resources = rest.resources;
      action.context = copy(rest.context);
      space.actions.push_back(std::move(action));
    }
  }

  void applies_to(DraftAction& action) {
    bool principals = false;
    bool resources = false;
    bool context = false;
    const auto once = [&](bool& seen) {
      if (seen) reader_.fail_here("each of `principal`, `resource` and `context` once");
      seen = true;
    };
    reader_.expect_mark("{");
    while (!reader_.failed() && !reader_.peek_mark("}")) {
      if (reader_.take_word("principal")) {
        once(principals);
        reader_.expect_mark(":");
        action.principals = some_paths("principals");
      } else if (reader_.take_word("resource")) {
        once(resources);
        reader_.expect_mark(":");
        action.resources = some_paths("resources");
      } else {
        reader_.expect_word("context");
        once(context);
        reader_.expect_mark(":");
        action.context = type();
      }
      if (!reader_.take_mark(",")) break;
    }
    if (!principals || !resources) reader_.fail_here("both `principal` and `resource`");
    reader_.expect_mark("}");
  }

  std::vector<DraftName> some_paths(std::string_view are) {
    std::vector<DraftName> list = paths();
    if (list.empty()) reader_.fail_here("at least one type of " + std::string(are));
    return list;
  }

  TokenReader reader_;
};

}  // namespace

Result<SchemaDraft> parse_schema_draft(std::string_view source) {
  return SchemaParser(source).parse();
}

Result<Schema> parse_schema(std::string_view source) {
  const auto draft = parse_schema_draft(source);
  if (!draft) return std::unexpected(draft.error());
  return resolve(*draft);
}

}  // namespace syncline::cedar
