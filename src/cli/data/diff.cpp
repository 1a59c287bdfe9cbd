#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "cli/commands.h"
#include "cli/data/absent.h"
#include "cli/data/change_text.h"
#include "cli/data/delta_merge.h"
#include "cli/data/event_text.h"
#include "cli/data/options.h"
#include "cli/data/sitting.h"
#include "cli/data/word_diff.h"
#include "cli/json.h"
#include "cli/table.h"
#include "syncline/crdt/any.h"

namespace syncline::cli {
namespace {

using crdt::Any;

constexpr int kSame = 0;
constexpr int kDifferent = 1;
constexpr int kError = 2;

struct DiffOptions {
  std::string path;
  std::string from;
  std::string to;
  std::uint64_t after = 0;
  std::uint64_t limit = 0;
  bool each = false;   // tell every event by itself
  bool words = false;  // compare the texts at both moments
  SourceOptions source;
  bool json = false;
};

// Changes that one author made to one object in one go, told as one.
class Grouping {
 public:
  Grouping(const DiffOptions& options, Console& console) : options_(options), console_(console) {}

  bool any() const { return any_; }

  void add(const EventLine& event) {
    if (!any_ && !options_.json) console_.line(console_.paint(Colour::kBold, event_titles()));
    any_ = true;
    if (options_.json) return console_.line(event.json);
    auto json = crdt::from_json(event.json);
    if (!json) return console_.line(event.json);
    if (last_ && continues(*json)) {
      changes_ = merge_changes(changes_, member(*json, "changes"));
      size_ += number_member(*json, "size");
      ++count_;
    } else {
      flush();
      first_ = event.position;
      changes_ = member(*json, "changes");
      size_ = number_member(*json, "size");
      count_ = 1;
    }
    last_position_ = event.position;
    last_ = std::move(*json);
  }

  void flush() {
    if (!last_) return;
    if (count_ == 1) {
      console_.line(event_row({last_position_, compact_json(*last_)}));
    } else {
      console_.line(events_row(first_, last_position_, count_, size_, *last_));
      last_ = Any(Any::Object{{"changes", changes_}});
    }
    for (const std::string& line : change_lines(*last_)) console_.line(line);
    last_.reset();
  }

 private:
  static constexpr std::size_t kMost = 10'000;  // events told as one

  bool continues(const Any& event) const {
    const auto has_changes = [](const Any& each) {
      return array_member(each, "changes") != nullptr && each.find("dropped") == nullptr;
    };
    return !options_.each && count_ < kMost && has_changes(*last_) && has_changes(event) &&
           text_member(*last_, "object") == text_member(event, "object") &&
           same_sitting(*last_, event);
  }

  const DiffOptions& options_;
  Console& console_;
  bool any_ = false;
  std::optional<Any> last_;
  Any changes_;
  std::uint64_t first_ = 0;
  std::uint64_t last_position_ = 0;
  std::uint64_t size_ = 0;
  std::size_t count_ = 0;
};

Result<bool> print_changes(Api& api, const ObjectPath& path, const DiffOptions& options,
                           Console& console) {
  std::uint64_t after = options.after;
  std::uint64_t left = options.limit == 0 ? UINT64_MAX : options.limit;
  Grouping grouping(options, console);
  while (left > 0 && !console.closed()) {
    const auto page = api.changes(path.workspace, path.object, options.from, options.to, after,
                                  static_cast<std::size_t>(std::min<std::uint64_t>(left, kPage)));
    if (!page) return std::unexpected(page.error());
    for (const EventLine& event : page->changes) grouping.add(event);
    left -= std::min<std::uint64_t>(left, page->changes.size());
    if (page->next == 0) break;
    after = page->next;
  }
  grouping.flush();
  return grouping.any();
}

// ---- --words

// The root types of an object that are texts, or XML, as text. Empty if there was no object.
Result<Any> texts_at(Api& api, const ObjectPath& path, const std::string& at) {
  const auto state = api.object(path.workspace, path.object, at, {});
  if (!state && state.error().code == ErrorCode::kNotFound) return Any(Any::Object{});
  if (!state) return std::unexpected(state.error());
  auto json = crdt::from_json(state->json);
  return json ? *json : Any(Any::Object{});
}

std::set<std::string> keys_of_both(const Any& a, const Any& b) {
  std::set<std::string> keys;
  for (const Any* each : {&a, &b})
    if (const auto* members = std::get_if<Any::Object>(&each->value()))
      for (const auto& [key, value] : *members) keys.insert(key);
  return keys;
}

Result<bool> print_words(Api& api, const ObjectPath& path, const DiffOptions& options,
                         Console& console) {
  const auto before = texts_at(api, path, options.from);
  if (!before) return std::unexpected(before.error());
  const auto after = texts_at(api, path, options.to);
  if (!after) return std::unexpected(after.error());
  bool any = false;
  for (const std::string& key : keys_of_both(*before, *after)) {
    const Any &old = member(*before, key), &fresh = member(*after, key);
    const std::string old_text = text_of(old), new_text = text_of(fresh);
    if (old_text == new_text) continue;
    any = true;
    console.line(console.paint(Colour::kBold, visible(key)));
    for (const std::string& line : word_diff(old_text, new_text, console))
      console.line("  " + line);
  }
  return any;
}

std::string contradiction_of(const DiffOptions& options, const ObjectPath& path) {
  if (!options.words) return {};
  if (path.object.empty()) return "--words takes one object: WORKSPACE/OBJECT";
  if (options.json) return "--words is for people: without --json";
  return {};
}

int diff(const Command& command, const DiffOptions& options, Console& console) {
  const auto path = parse_path(options.path, Whole::kTaken);
  if (!path) return console.misused(path.error().message);
  if (const std::string wrong = contradiction_of(options, *path); !wrong.empty())
    return console.misused(wrong);
  auto api = open_api(command, options.source);
  if (!api) {
    console.unusable(api.error());
    return kError;
  }
  const auto different = options.words ? print_words(*api, *path, options, console)
                                       : print_changes(*api, *path, options, console);
  if (different) return *different ? kDifferent : kSame;
  console.failed(explain_absent(*api, different.error(), path->workspace, path->object));
  return kError;
}

}  // namespace

void add_diff(Command& root) {
  Command& command = root.add("diff", "Print what changed between two moments, when, and by whom");
  auto options = std::make_shared<DiffOptions>();
  command.argument({.name = "WORKSPACE[/OBJECT]", .text = "of what", .required = true},
                   options->path);
  command.argument(
      {.name = "FROM", .text = "a moment: a position, a time or a pin", .required = true},
      options->from);
  command.argument({.name = "TO", .text = "a later moment", .fallback = "now"}, options->to);
  command.option({.name = "--after", .value = "POSITION", .text = "Go on after this position"},
                 options->after);
  limit_option(command, options->limit);
  command.flag({.name = "-e,--each", .text = "Tell each event by itself, also of one author"},
               options->each);
  command.flag({.name = "-w,--words",
                .text = "Compare the texts of an object at both moments, word by word"},
               options->words);
  source_options(command, options->source);
  command.json_flag(options->json);
  command.details(
      "What one author changed in one object in one go, with pauses of at most five minutes, is "
      "told "
      "as one change. Below it stands what changed: '@5 +\"abc\"' came at index 5, '@5 -3' went "
      "from "
      "there, '@5 ~3 {\"bold\":true}' got that format, and lost one that is null. Indices count "
      "UTF-16 units of text. JSON has a line for each event.\n"
      "Exits 0 if nothing happened, 1 if something did, 2 for errors.");
  command.example("syncline diff demo release-1", "what happened since");
  command.example("syncline diff demo/welcome 2026-01-31 2026-02-01 --json", "in one day");
  command.example("syncline diff demo/welcome release-1 --words",
                  "the words that went, [-so-], and that came, {+so+}");
  command.run([&command, options](Console& console) { return diff(command, *options, console); });
}

}  // namespace syncline::cli
