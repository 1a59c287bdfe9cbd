#include "merge/edit_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace syncline::merge {
namespace {

using crdt::Any;

constexpr double kMostUnits = 0xffffffff;  // of a text

std::unexpected<Error> malformed(std::string message) {
  return fail(ErrorCode::kMalformed, std::move(message));
}

std::unexpected<Error> in_op(std::size_t index, const Error& error) {
  return fail(error.code, fmt::format("operation {}: {}", index, error.message));
}

const std::string* text_in(const Any* value) {
  return value == nullptr ? nullptr : std::get_if<std::string>(&value->value());
}

Result<void> only_members(const Any& object, std::initializer_list<std::string_view> known) {
  const auto* members = std::get_if<Any::Object>(&object.value());
  if (members == nullptr) return malformed("it must be a JSON object");
  for (const auto& [name, value] : *members)
    if (std::ranges::find(known, std::string_view(name)) == known.end())
      return malformed(fmt::format("it may have the members {}", fmt::join(known, ", ")));
  return {};
}

Result<const Any::Array*> list_of_ops(const Any* value) {
  const auto* ops = value == nullptr ? nullptr : std::get_if<Any::Array>(&value->value());
  if (ops == nullptr) return malformed("the operations must be a JSON array");
  if (ops->size() > kMostOps)
    return fail(ErrorCode::kTooLarge, fmt::format("one edit has at most {} operations", kMostOps));
  return ops;
}

// ---- JSON Patch

struct OpName {
  std::string_view name;
  JsonPatch::Op::Kind kind;
};

constexpr OpName kOpNames[] = {{"add", JsonPatch::Op::kAdd},   {"remove", JsonPatch::Op::kRemove},
                               {"move", JsonPatch::Op::kMove}, {"replace", JsonPatch::Op::kReplace},
                               {"copy", JsonPatch::Op::kCopy}, {"test", JsonPatch::Op::kTest}};

Result<Pointer> pointer_in(const Any& op, const char* name) {
  const std::string* text = text_in(op.find(name));
  if (text == nullptr) return malformed(fmt::format("\"{}\" must be a JSON Pointer", name));
  return read_pointer(*text);
}

// Members that RFC 6902 does not name are ignored, as it says.
Result<JsonPatch::Op> read_op(const Any& json) {
  const std::string* name = text_in(json.find("op"));
  const auto* known = name == nullptr
                          ? std::end(kOpNames)
                          : std::ranges::find(kOpNames, std::string_view(*name), &OpName::name);
  if (known == std::end(kOpNames))
    return malformed("\"op\" must be add, remove, replace, move, copy or test");
  JsonPatch::Op op{.kind = known->kind, .path = {}};
  auto path = pointer_in(json, "path");
  if (!path) return std::unexpected(std::move(path.error()));
  op.path = std::move(*path);
  if (op.kind == JsonPatch::Op::kMove || op.kind == JsonPatch::Op::kCopy) {
    auto from = pointer_in(json, "from");
    if (!from) return std::unexpected(std::move(from.error()));
    op.from = std::move(*from);
  } else if (op.kind != JsonPatch::Op::kRemove) {
    const Any* value = json.find("value");
    if (value == nullptr) return malformed("\"value\" is missing");
    op.value = *value;
  }
  return op;
}

// ---- text operations

Result<std::uint64_t> index_in(const Any& json, const char* name) {
  const Any* value = json.find(name);
  const auto* number = value == nullptr ? nullptr : std::get_if<double>(&value->value());
  if (number == nullptr || *number < 0 || *number > kMostUnits || std::floor(*number) != *number)
    return malformed(fmt::format("\"{}\" must be a number of UTF-16 units", name));
  return static_cast<std::uint64_t>(*number);
}

Result<Quote> read_quote(const Any& json) {
  if (const std::string* text = text_in(&json)) {
    if (text->empty()) return malformed("an empty quote stands everywhere");
    return Quote{*text};
  }
  if (auto ok = only_members(json, {"quote", "before", "after"}); !ok)
    return std::unexpected(std::move(ok.error()));
  const std::string* text = text_in(json.find("quote"));
  if (text == nullptr || text->empty())
    return malformed("\"quote\" must be text that is not empty");
  Quote quote{*text};
  for (const auto& [name, member] : {std::pair{"before", &quote.before}, {"after", &quote.after}}) {
    const Any* value = json.find(name);
    if (value == nullptr) continue;
    const std::string* context = text_in(value);
    if (context == nullptr) return malformed(fmt::format("\"{}\" must be text", name));
    *member = *context;
  }
  return quote;
}

Result<std::variant<TextPatch::Range, Quote>> read_what(const Any& json) {
  if (json.find("at") == nullptr) {
    auto quote = read_quote(json);
    if (!quote) return std::unexpected(std::move(quote.error()));
    return std::move(*quote);
  }
  if (auto ok = only_members(json, {"at", "length"}); !ok)
    return std::unexpected(std::move(ok.error()));
  const auto at = index_in(json, "at");
  const auto length = index_in(json, "length");
  if (!at || !length) return std::unexpected(!at ? at.error() : length.error());
  return TextPatch::Range{*at, *length};
}

Result<TextPatch::Insert> read_insert(const Any& json) {
  if (auto ok = only_members(json, {"insert", "at", "after", "before"}); !ok)
    return std::unexpected(std::move(ok.error()));
  const std::string* text = text_in(json.find("insert"));
  if (text == nullptr || std::get<Any::Object>(json.value()).size() != 2)
    return malformed("it must be {\"insert\": text} with one of at, after, before");
  TextPatch::Insert insert{.where = TextPatch::End{}, .text = *text};
  if (const Any* at = json.find("at")) {
    const std::string* end = text_in(at);
    if (end != nullptr && *end == "end") return insert;
    const auto index = index_in(json, "at");
    if (!index) return std::unexpected(index.error());
    insert.where = *index;
    return insert;
  }
  const Any* after = json.find("after");
  auto quote = read_quote(after != nullptr ? *after : *json.find("before"));
  if (!quote) return std::unexpected(std::move(quote.error()));
  if (after != nullptr)
    insert.where = TextPatch::After{std::move(*quote)};
  else
    insert.where = TextPatch::Before{std::move(*quote)};
  return insert;
}

Result<TextPatch::Replace> read_replace(const Any& json) {
  const Any* deleted = json.find("delete");
  auto ok =
      deleted != nullptr ? only_members(json, {"delete"}) : only_members(json, {"replace", "with"});
  if (!ok) return std::unexpected(std::move(ok.error()));
  const Any* replaced = json.find("replace");
  const std::string* text = text_in(json.find("with"));
  if (deleted == nullptr && (replaced == nullptr || text == nullptr))
    return malformed("it must be an insert, a delete, or a replace with \"with\"");
  auto what = read_what(deleted != nullptr ? *deleted : *replaced);
  if (!what) return std::unexpected(std::move(what.error()));
  return TextPatch::Replace{std::move(*what), text == nullptr ? std::string() : *text};
}

Result<Pointer> place_of_text(const Any& json) {
  const std::string* root = text_in(json.find("root"));
  const std::string* path = text_in(json.find("path"));
  if ((root == nullptr) == (path == nullptr))
    return malformed("\"root\" must name the text, or \"path\" point to it");
  return root != nullptr ? Result<Pointer>(Pointer{*root}) : read_pointer(*path);
}

}  // namespace

Result<Pointer> read_pointer(std::string_view text) {
  Pointer pointer;
  if (text.empty()) return pointer;
  if (text[0] != '/') return malformed("a JSON Pointer begins with a slash");
  for (const char c : text) {
    if (c == '/')
      pointer.emplace_back();
    else
      pointer.back() += c;
  }
  if (pointer.size() > static_cast<std::size_t>(crdt::kMaxAnyDepth))
    return fail(ErrorCode::kTooLarge, "the JSON Pointer has too many steps");
  for (std::string& step : pointer) {
    for (std::size_t at = step.find('~'); at != step.npos; at = step.find('~', at + 1)) {
      if (at + 1 == step.size() || (step[at + 1] != '0' && step[at + 1] != '1'))
        return malformed("in a JSON Pointer, a tilde is written ~0");
      step.replace(at, 2, step[at + 1] == '0' ? "~" : "/");
    }
  }
  return pointer;
}

Result<JsonPatch> read_json_patch(std::string_view json) {
  auto parsed = crdt::from_json(json);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  const auto ops = list_of_ops(&*parsed);
  if (!ops) return std::unexpected(ops.error());
  JsonPatch patch;
  for (std::size_t i = 0; i < (*ops)->size(); ++i) {
    auto op = read_op((**ops)[i]);
    if (!op) return in_op(i, op.error());
    patch.ops.push_back(std::move(*op));
  }
  return patch;
}

Result<MergePatch> read_merge_patch(std::string_view json) {
  auto parsed = crdt::from_json(json);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  if (!std::holds_alternative<Any::Object>(parsed->value()))
    return malformed("a merge patch of a document is a JSON object");
  return MergePatch{std::move(*parsed)};
}

Result<TextPatch> read_text_patch(std::string_view json) {
  auto parsed = crdt::from_json(json);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  if (auto ok = only_members(*parsed, {"root", "path", "ops"}); !ok)
    return std::unexpected(std::move(ok.error()));
  auto place = place_of_text(*parsed);
  if (!place) return std::unexpected(std::move(place.error()));
  const auto ops = list_of_ops(parsed->find("ops"));
  if (!ops) return std::unexpected(ops.error());
  TextPatch patch{.text = std::move(*place), .ops = {}};
  for (std::size_t i = 0; i < (*ops)->size(); ++i) {
    const Any& op = (**ops)[i];
    Result<void> read;
    const auto take = [&](auto made) {
      if (made)
        patch.ops.emplace_back(std::move(*made));
      else
        read = std::unexpected(std::move(made.error()));
    };
    op.find("insert") != nullptr ? take(read_insert(op)) : take(read_replace(op));
    if (!read) return in_op(i, read.error());
  }
  return patch;
}

}  // namespace syncline::merge
