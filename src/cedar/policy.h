// Policies as they are written: expressions, scopes, policies and templates, and sets of them.
//
// Everything in a set belongs to its arena and is immutable once the set has been made; it can be
// read from several threads. Sets are made by the parser (cedar/parser.h) or from JSON
// (cedar/policy_json.h), and turned into something fast by an Authorizer (cedar/authorizer.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cedar/extensions.h"
#include "cedar/text.h"
#include "cedar/value.h"
#include "syncline/error.h"

namespace syncline::cedar {

// Bounds of what is read. A larger policy, schema or entity is refused before it costs anything.
inline constexpr std::size_t kMaxSourceBytes = 4 << 20;
inline constexpr std::uint32_t kMaxDepth =
    400;  // of nested expressions; a chain of operators nests

enum class Op : std::uint8_t {
  kLiteral,  // `value`
  kPrincipal,
  kAction,
  kResource,
  kContext,
  kIf,  // args: condition, then, else
  kAnd,
  kOr,
  kNot,
  kNegate,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kAdd,
  kSubtract,
  kMultiply,
  kIn,
  kHas,        // `names`: one attribute, or a path of several
  kLike,       // `pattern`
  kIs,         // `names`: the entity type; the second argument, if there is one, is what it is in
  kAttribute,  // `names`: the attribute
  kContains,
  kContainsAll,
  kContainsAny,
  kIsEmpty,
  kGetTag,
  kHasTag,
  kSet,
  kRecord,  // `names`: the keys, one for each argument
  kCall,    // `function`
};

// A piece of a pattern of `like`: a text that must be there, and whether anything may come before it.
struct PatternPart {
  bool wildcard = false;
  const Text* text = nullptr;
};

// A node of an expression. `value` is there if the node is a literal, or if all its parts are and it
// was computed when it was read: a set of literals, a call of a constructor.
struct Expr {
  Op op = Op::kLiteral;
  Function function{};
  std::uint16_t depth = 1;
  Position position;
  Value value;
  std::span<const Expr* const> args;
  std::span<const Text* const> names;
  std::span<const PatternPart> pattern;
};

// What a policy says of its principal or resource.
struct ScopeRule {
  enum class Match : std::uint8_t { kAny, kEqual, kIn, kIs, kIsIn };
  Match match = Match::kAny;
  bool slot = false;           // the entity comes from a link
  const Text* type = nullptr;  // kIs, kIsIn
  const Uid* uid = nullptr;    // kEqual, kIn, kIsIn, unless it is a slot
};

struct ActionRule {
  enum class Match : std::uint8_t { kAny, kEqual, kIn };
  Match match = Match::kAny;
  bool list = false;  // written in brackets
  std::span<const Uid* const> uids;
};

struct Annotation {
  const Text* key = nullptr;
  const Text* value = nullptr;  // null if there is none, which means ""
};

struct Condition {
  bool unless = false;
  const Expr* body = nullptr;
};

// What evaluating them costs at most: the nodes of the expressions, and the elements of sets in them.
std::uint32_t cost_of(std::span<const Condition> conditions);

enum class Effect : std::uint8_t { kPermit, kForbid };

// A policy, or a template if its scope has slots.
struct Policy {
  const Text* id = nullptr;
  Effect effect = Effect::kPermit;
  Position position;
  std::span<const Annotation> annotations;
  ScopeRule principal;
  ActionRule action;
  ScopeRule resource;
  std::span<const Condition> conditions;

  bool is_template() const { return principal.slot || resource.slot; }
  // Null if there is no such annotation.
  const Annotation* annotation(std::string_view key) const;
};

// A policy made of a template and the entities for its slots.
struct Link {
  const Text* id = nullptr;
  const Policy* of = nullptr;
  const Uid* principal = nullptr;  // null if the template has no such slot
  const Uid* resource = nullptr;
};

// Policies, templates and links, each with an id of its own.
class PolicySet {
 public:
  PolicySet() : arena_(std::make_unique<Arena>()) {}

  // Policies and templates, in the order in which they were added.
  std::span<const Policy* const> policies() const { return policies_; }
  std::span<const Link* const> links() const { return links_; }
  // Null if there is none.
  const Policy* find(std::string_view id) const;

  // kConflict if the id is taken.
  Result<void> add(const Policy& policy);
  // kNotFound if there is no such template, kInvalid if its slots and the entities do not match,
  // kConflict if the id is taken.
  Result<void> link(std::string_view template_id, std::string_view id, const Uid* principal,
                    const Uid* resource);

  // Where the parts of policies must live that are added.
  Arena& arena() { return *arena_; }

 private:
  std::unique_ptr<Arena> arena_;
  std::vector<const Policy*> policies_;
  std::vector<const Link*> links_;
  // All ids; policies for finding them, null for links.
  std::unordered_map<std::string_view, const Policy*> ids_;
};

// Whether the word may be the name of an attribute or a part of a type's name without quotes.
bool is_identifier(std::string_view word);
bool is_reserved_word(std::string_view word);
// A path of identifiers, `A::B`; not in the namespace `__cedar`, which is the language's own.
bool is_type_name(std::string_view name);
// Whether the last part of the name is `Action`: such entities are actions.
bool is_action_type(std::string_view name);

// "line 3, column 5: …"
std::string at_position(Position position, std::string_view message);

}  // namespace syncline::cedar
