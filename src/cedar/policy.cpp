#include "cedar/policy.h"

#include <algorithm>
#include <array>

namespace syncline::cedar {

namespace {

std::uint32_t nodes_of(const Expr& expr) {
  if (expr.value.is(Kind::kSet))
    return 1 + static_cast<std::uint32_t>(expr.value.set().elements.size());
  std::uint32_t nodes = 1;
  for (const Expr* each : expr.args) nodes += nodes_of(*each);
  return nodes;
}

}  // namespace

std::uint32_t cost_of(std::span<const Condition> conditions) {
  std::uint32_t nodes = 0;
  for (const Condition& each : conditions) nodes += nodes_of(*each.body);
  return nodes;
}

const Annotation* Policy::annotation(std::string_view key) const {
  for (const Annotation& each : annotations) {
    if (each.key->view() == key) return &each;
  }
  return nullptr;
}

const Policy* PolicySet::find(std::string_view id) const {
  const auto at = ids_.find(id);
  return at == ids_.end() ? nullptr : at->second;
}

Result<void> PolicySet::add(const Policy& policy) {
  if (ids_.contains(policy.id->view()))
    return fail(ErrorCode::kConflict,
                "two policies have the id \"" + std::string(policy.id->view()) + '"');
  policies_.push_back(arena_->make<Policy>(policy));
  ids_.emplace(policy.id->view(), policies_.back());
  return {};
}

Result<void> PolicySet::link(std::string_view template_id, std::string_view id,
                             const Uid* principal, const Uid* resource) {
  const Policy* of = find(template_id);
  if (of == nullptr || !of->is_template())
    return fail(ErrorCode::kNotFound, "there is no template \"" + std::string(template_id) + '"');
  if (of->principal.slot != (principal != nullptr) || of->resource.slot != (resource != nullptr))
    return fail(ErrorCode::kInvalid, "a link names exactly the slots of its template, \"" +
                                         std::string(template_id) + '"');
  if (ids_.contains(id))
    return fail(ErrorCode::kConflict, "two policies have the id \"" + std::string(id) + '"');
  links_.push_back(arena_->make<Link>(
      make_text(*arena_, id), of, principal == nullptr ? nullptr : copy_uid(*arena_, *principal),
      resource == nullptr ? nullptr : copy_uid(*arena_, *resource)));
  ids_.emplace(links_.back()->id->view(), nullptr);
  return {};
}

bool is_reserved_word(std::string_view word) {
  constexpr std::array<std::string_view, 10> kReserved = {
      "true", "false", "if", "then", "else", "in", "is", "like", "has", "__cedar"};
  return std::ranges::find(kReserved, word) != kReserved.end();
}

bool is_identifier(std::string_view word) {
  if (word.empty() || (word[0] >= '0' && word[0] <= '9') || is_reserved_word(word)) return false;
  return std::ranges::all_of(word, [](char c) {
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  });
}

bool is_type_name(std::string_view name) {
  while (true) {
    const std::size_t end = name.find("::");
    if (!is_identifier(name.substr(0, end))) return false;
    if (end == name.npos) return true;
    name.remove_prefix(end + 2);
  }
}

bool is_action_type(std::string_view name) {
  return name == "Action" || name.ends_with("::Action");
}

std::string at_position(Position position, std::string_view message) {
  if (position.line == 0) return std::string(message);
  std::string out = "line " + std::to_string(position.line);
  out += ", column " + std::to_string(position.column) + ": ";
  return out += message;
}

}  // namespace syncline::cedar
