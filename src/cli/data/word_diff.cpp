#include "cli/data/word_diff.h"

#include <algorithm>

#include "cli/doc/content_diff.h"
#include "cli/table.h"

namespace syncline::cli {
namespace {

bool is_letter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
         (byte >= 'A' && byte <= 'Z') || byte == '_' || byte == '\'';
}

// Words, and what stands between them; a line end is one by itself.
std::vector<std::string> words_in(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    std::size_t end = 1;
    if (is_letter(text.front()))
      while (end < text.size() && is_letter(text[end])) ++end;
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return words;
}

class LinesOfWords {
 public:
  explicit LinesOfWords(const Console& console) : console_(console) {}

  void keep(const std::vector<std::string>& words, std::size_t begin, std::size_t end) {
    for (; begin < end; ++begin) {
      if (words[begin] == "\n") {
        end_line();
        continue;
      }
      line_ += visible(words[begin]);
    }
  }

  // A text that differs may have line ends, which are shown.
  void mark(const std::vector<std::string>& words, std::size_t begin, std::size_t end, char sign) {
    if (begin == end) return;
    std::string text;
    for (; begin < end; ++begin) text += words[begin];
    const bool gone = sign == '-';
    line_ += console_.paint(gone ? Colour::kRed : Colour::kGreen,
                            (gone ? "[-" : "{+") + visible(text) + (gone ? "-]" : "+}"));
    differs_ = true;
  }

  std::vector<std::string> take() {
    end_line();
    return std::move(lines_);
  }

 private:
  void end_line() {
    if (differs_) lines_.push_back(line_);
    line_.clear();
    differs_ = false;
  }

  const Console& console_;
  std::vector<std::string> lines_;
  std::string line_;
  bool differs_ = false;
};

}  // namespace

std::vector<std::string> word_diff(std::string_view before, std::string_view after,
                                   const Console& console) {
  const std::vector<std::string> old = words_in(before);
  const std::vector<std::string> fresh = words_in(after);
  LinesOfWords lines(console);
  std::size_t at = 0;
  for (const Run& run : match(old, fresh)) {
    lines.keep(fresh, at, run.new_begin);
    lines.mark(old, run.old_begin, run.old_end, '-');
    lines.mark(fresh, run.new_begin, run.new_end, '+');
    at = run.new_end;
  }
  lines.keep(fresh, at, fresh.size());
  return lines.take();
}

}  // namespace syncline::cli
