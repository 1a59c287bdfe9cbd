#include "forms/text_edit.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "diff/text_diff.h"
#include "forms/shapes.h"

namespace syncline::forms {
namespace {

using crdt::Any;
using crdt::Attributes;
using crdt::Delta;
using crdt::DeltaOp;

// What stands for an image among the characters.
constexpr std::string_view kObjectCharacter = "\xEF\xBF\xBC";

// Characters with the same formats, which are no newlines, or a newline: its formats mean something else in a text of lines. Or
// an image.
struct Segment {
  std::size_t begin = 0;  // in UTF-16 units
  std::size_t end = 0;
  std::string_view text;
  const Attributes* formats = nullptr;
  Attributes known;
  const Any* embed = nullptr;  // of an image
};

class Segments {
 public:
  Segments(const Mapping& mapping, const std::vector<Run>& runs) {
    for (const Run& run : runs) {
      if (run.embed) {
        add_embed(mapping, run);
        continue;
      }
      text_ += run.text;
      std::string_view left = run.text;
      while (!left.empty()) {
        const bool newline = mapping.shape == Shape::kLines && left.front() == '\n';
        const std::size_t end = mapping.shape != Shape::kLines ? left.size()
                                : newline                      ? 1
                                          : std::min(left.find('\n'), left.size());
        add(left.substr(0, end), run.formats, known_formats(mapping, run.formats, newline));
        left.remove_prefix(end);
      }
    }
  }

  const std::string& text() const { return text_; }

  // The segment of that unit; calls must not go back. nullptr: there is no such unit.
  const Segment* at(std::size_t unit) {
    while (next_ < segments_.size() && segments_[next_].end <= unit) ++next_;
    return next_ < segments_.size() ? &segments_[next_] : nullptr;
  }

 private:
  void add(std::string_view text, const Attributes& formats, Attributes known) {
    const std::size_t begin = segments_.empty() ? 0 : segments_.back().end;
    segments_.push_back({begin, begin + utf16_length(text), text, &formats, std::move(known)});
  }

  void add_embed(const Mapping& mapping, const Run& run) {
    const Image image = image_of_embed(mapping, run);
    text_ += kObjectCharacter;
    add(kObjectCharacter, run.formats, {{"address", Any(image.address)}, {"alt", Any(image.alt)}});
    segments_.back().embed = &*run.embed;
  }

  std::string text_;
  std::vector<Segment> segments_;
  std::size_t next_ = 0;
};

class TextEdit {
 public:
  TextEdit(const Mapping& mapping, Segments& now, Segments& before, Segments& wanted)
      : mapping_(mapping), now_(now), before_(before), wanted_(wanted) {}

  Delta run() {
    for (const diff::TextChange& change : diff::text_diff(now_.text(), wanted_.text())) {
      keep(change.at - old_);
      replace(change);
    }
    keep(utf16_length(now_.text()) - old_);
    while (!delta_.empty() && delta_.back().kind == DeltaOp::Kind::kRetain &&
           delta_.back().attributes.empty())
      delta_.pop_back();
    return std::move(delta_);
  }

 private:
  void keep(std::size_t units) {
    while (units > 0) {
      const Segment& now = *now_.at(old_);
      const Segment& wanted = *wanted_.at(new_);
      const std::size_t length = std::min({units, now.end - old_, wanted.end - new_});
      if (now.embed == nullptr && wanted.embed == nullptr) {
        retain(length, changed_formats(now, wanted));
      } else if (now.embed != nullptr && wanted.embed != nullptr && now.known == wanted.known) {
        retain(length, {});
      } else {
        insert(wanted, kObjectCharacter, {});
        erase(length);
      }
      old_ += length;
      new_ += length;
      units -= length;
    }
  }

  void retain(std::size_t length, Attributes attributes) {
    const bool joins = !delta_.empty() && delta_.back().kind == DeltaOp::Kind::kRetain &&
                       delta_.back().attributes == attributes;
    if (joins)
      delta_.back().length += static_cast<std::uint32_t>(length);
    else
      delta_.push_back({.kind = DeltaOp::Kind::kRetain,
                        .length = static_cast<std::uint32_t>(length),
                        .attributes = std::move(attributes)});
  }

  static Attributes changed_formats(const Segment& now, const Segment& wanted) {
    Attributes changed;
    for (const auto& [name, value] : wanted.known) {
      const Any* old = find_value(now.known, name);
      if (old == nullptr || *old != value)
        changed.emplace_back(name, *find_value(*wanted.formats, name));
    }
    for (const auto& [name, value] : now.known)
      if (find_value(wanted.known, name) == nullptr) changed.emplace_back(name, Any::Null{});
    return changed;
  }

  void replace(const diff::TextChange& change) {
    const Attributes around = unknown_around(change);
    std::size_t left = utf16_length(change.inserted);
    std::string_view text = change.inserted;
    while (left > 0) {
      const Segment& wanted = *wanted_.at(new_);
      const std::size_t length = std::min(left, wanted.end - new_);
      bool inside_pair = false;
      const std::size_t bytes = utf16_offset(text, length, inside_pair);
      insert(wanted, text.substr(0, bytes), around);
      text.remove_prefix(bytes);
      new_ += length;
      left -= length;
    }
    if (change.erased > 0) erase(change.erased);
    old_ += change.erased;
  }

  // `around`: formats that the mapping does not know, and that what comes in gets, too.
  void insert(const Segment& wanted, std::string_view text, const Attributes& around) {
    DeltaOp op{.kind = DeltaOp::Kind::kInsert, .attributes = *wanted.formats};
    if (wanted.embed != nullptr)
      op.values.emplace_back(*wanted.embed);
    else
      op.text = text;
    if (mapping_.shape != Shape::kLines || wanted.text != "\n")
      op.attributes.insert(op.attributes.end(), around.begin(), around.end());
    delta_.push_back(std::move(op));
  }

  void erase(std::size_t units) {
    delta_.push_back({.kind = DeltaOp::Kind::kDelete, .length = static_cast<std::uint32_t>(units)});
  }

  // The formats that the mapping does not know, of both characters around a change.
  Attributes unknown_around(const diff::TextChange& change) {
    Attributes shared;
    const Segment* left = change.at == 0 ? nullptr : before_.at(change.at - 1);
    const Segment* right = now_.at(change.at + change.erased);
    if (left == nullptr || right == nullptr) return shared;
    for (const auto& [name, value] : *left->formats) {
      const Any* other = find_value(*right->formats, name);
      const bool known =
          mapping_.find_mark(name) != nullptr ||
          (mapping_.shape == Shape::kLines && mapping_.find_element(name) != nullptr);
      if (!known && other != nullptr && *other == value) shared.emplace_back(name, value);
    }
    return shared;
  }

  const Mapping& mapping_;
  Segments& now_;
  Segments& before_;  // the same, for looks at what was before
  Segments& wanted_;
  Delta delta_;
  std::size_t old_ = 0;
  std::size_t new_ = 0;
};

}  // namespace

Delta text_edit(const Mapping& mapping, const std::vector<Run>& now,
                const std::vector<Run>& wanted) {
  Segments old_segments(mapping, now);
  Segments before = old_segments;
  Segments new_segments(mapping, wanted);
  return TextEdit(mapping, old_segments, before, new_segments).run();
}

}  // namespace syncline::forms
