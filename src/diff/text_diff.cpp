#include "diff/text_diff.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "diff/characters.h"

namespace syncline::diff {
namespace {

// Texts of so many bytes together are compared character by character.
constexpr std::size_t kShort = 512;

enum class Grain : std::uint8_t { kLine, kWord, kCharacter };

bool is_word(char byte) {
  const auto letter = static_cast<unsigned char>(byte);
  return letter >= 0x80 || (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
         (letter >= 'A' && letter <= 'Z') || letter == '_';
}

std::size_t first_word(std::string_view text) {
  std::size_t at = first_character(text);
  if (!is_word(text[0])) return at;
  while (at < text.size() && is_word(text[at])) at += first_character(text.substr(at));
  return at;
}

std::size_t first_piece(std::string_view text, Grain grain) {
  if (grain == Grain::kLine) {
    const std::size_t end = text.find('\n');
    return end == text.npos ? text.size() : end + 1;
  }
  return grain == Grain::kWord ? first_word(text) : first_character(text);
}

// A text in pieces: their numbers, and where each begins; one more says where the last one ends.
struct Pieced {
  std::vector<Token> tokens;
  std::vector<std::size_t> begins;
};

Pieced pieces_of(std::string_view text, Grain grain, Tokens& tokens) {
  Pieced pieced;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t size = first_piece(text.substr(at), grain);
    pieced.tokens.push_back(tokens.of(text.substr(at, size)));
    pieced.begins.push_back(at);
    at += size;
  }
  pieced.begins.push_back(at);
  return pieced;
}

// Bytes of both texts, from where to where.
struct Part {
  std::size_t old_begin = 0;
  std::size_t old_end = 0;
  std::size_t new_begin = 0;
  std::size_t new_end = 0;
};

class TextSearch {
 public:
  TextSearch(std::string_view from, std::string_view to, Effort effort)
      : from_(from), to_(to), effort_(effort) {}

  std::vector<TextChange> run() {
    compare({0, from_.size(), 0, to_.size()}, Grain::kLine);
    std::vector<TextChange> changes;
    std::size_t bytes = 0;
    std::size_t units = 0;
    for (const Part& part : changed_) {
      units += utf16_length(from_.substr(bytes, part.old_begin - bytes));
      const std::size_t erased =
          utf16_length(from_.substr(part.old_begin, part.old_end - part.old_begin));
      changes.push_back({.at = units,
                         .erased = erased,
                         .inserted = to_.substr(part.new_begin, part.new_end - part.new_begin)});
      units += erased;
      bytes = part.old_end;
    }
    return changes;
  }

 private:
  // Narrows the part to what differs.
  Part cut_ends(Part part) const {
    const auto [x, y] =
        std::mismatch(from_.begin() + offset(part.old_begin), from_.begin() + offset(part.old_end),
                      to_.begin() + offset(part.new_begin), to_.begin() + offset(part.new_end));
    std::size_t front = static_cast<std::size_t>(x - from_.begin()) - part.old_begin;
    while (front > 0 && !(begins_character(from_, part.old_begin + front) &&
                          begins_character(to_, part.new_begin + front)))
      --front;
    part.old_begin += front;
    part.new_begin += front;
    const std::size_t most = std::min(part.old_end - part.old_begin, part.new_end - part.new_begin);
    std::size_t back = 0;
    while (back < most && from_[part.old_end - back - 1] == to_[part.new_end - back - 1]) ++back;
    while (back > 0 && !(begins_character(from_, part.old_end - back) &&
                         begins_character(to_, part.new_end - back)))
      --back;
    part.old_end -= back;
    part.new_end -= back;
    return part;
  }

  static std::ptrdiff_t offset(std::size_t bytes) { return static_cast<std::ptrdiff_t>(bytes); }

  void compare(Part part, Grain grain) {
    part = cut_ends(part);
    const std::size_t old_size = part.old_end - part.old_begin;
    const std::size_t new_size = part.new_end - part.new_begin;
    if (old_size + new_size == 0) return;
    if (old_size == 0 || new_size == 0) return changed_.push_back(part);
    if (old_size + new_size <= kShort)
      grain = Grain::kCharacter;
    else if (grain == Grain::kCharacter)
      return changed_.push_back(part);
    compare_pieces(part, grain);
  }

  void compare_pieces(const Part& part, Grain grain) {
    Tokens tokens;
    const auto old_pieces =
        pieces_of(from_.substr(part.old_begin, part.old_end - part.old_begin), grain, tokens);
    const auto new_pieces =
        pieces_of(to_.substr(part.new_begin, part.new_end - part.new_begin), grain, tokens);
    for (const Change& change : sequence_diff(old_pieces.tokens, new_pieces.tokens, effort_)) {
      const Part inner{
          .old_begin = part.old_begin + old_pieces.begins[change.old_at],
          .old_end = part.old_begin + old_pieces.begins[change.old_at + change.old_count],
          .new_begin = part.new_begin + new_pieces.begins[change.new_at],
          .new_end = part.new_begin + new_pieces.begins[change.new_at + change.new_count]};
      if (grain == Grain::kCharacter)
        changed_.push_back(inner);
      else
        compare(inner, grain == Grain::kLine ? Grain::kWord : Grain::kCharacter);
    }
  }

  const std::string_view from_;
  const std::string_view to_;
  const Effort effort_;
  std::vector<Part> changed_;
};

}  // namespace

std::vector<TextChange> text_diff(std::string_view from, std::string_view to, Effort effort) {
  return TextSearch(from, to, effort).run();
}

}  // namespace syncline::diff
