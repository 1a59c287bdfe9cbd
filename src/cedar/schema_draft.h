// A schema as it is written, before its names are resolved: what the parser of the language and that
// of the JSON form both make.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cedar/schema.h"
#include "cedar/text.h"
#include "syncline/error.h"

namespace syncline::cedar {

struct DraftAttribute;

struct DraftType {
  enum class Form : std::uint8_t { kName, kSet, kRecord };
  // What a name may mean.
  enum class Names : std::uint8_t { kAny, kCommon, kEntity, kBuiltin };

  Form form = Form::kRecord;
  Names names = Names::kAny;
  std::string name;                    // kName
  std::unique_ptr<DraftType> element;  // kSet
  std::vector<DraftAttribute> attributes;
  Position position;
};

struct DraftAttribute {
  std::string name;
  DraftType type;
  bool required = true;
};

struct DraftName {
  std::string name;
  Position position;
};

struct DraftEntityType {
  std::vector<DraftName> parents;
  DraftType shape;
  std::optional<DraftType> tags;
  std::optional<std::vector<std::string>> choices;
};

struct DraftActionName {
  std::optional<std::string> type;  // none: an action of the same namespace
  std::string id;
  Position position;
};

struct DraftAction {
  std::string id;
  std::vector<DraftActionName> parents;
  std::vector<DraftName> principals;
  std::vector<DraftName> resources;
  DraftType context;
  Position position;
};

struct DraftNamespace {
  std::string name;  // "" for none
  std::vector<std::pair<DraftName, DraftType>> common_types;
  std::vector<std::pair<DraftName, DraftEntityType>> entity_types;
  std::vector<DraftAction> actions;
};

struct SchemaDraft {
  std::vector<DraftNamespace> namespaces;
};

Result<SchemaDraft> parse_schema_draft(std::string_view source);
Result<SchemaDraft> parse_schema_draft_json(std::string_view json);

Result<Schema> resolve(const SchemaDraft& draft);

}  // namespace syncline::cedar
