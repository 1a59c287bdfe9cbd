// Table: rows of text in aligned columns, for people.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncline::cli {

enum class Align { kLeft, kRight };

struct Column {
  std::string title;
  Align align = Align::kLeft;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // One cell per column. Control characters are printed as escapes.
  void row(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }

  // The title line and the rows, two blanks between columns, and no trailing blanks.
  std::string print() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// The number of characters in UTF-8 text. This is its width on a terminal, except for wide scripts.
std::size_t character_count(std::string_view text);

// At most `max` characters. If the text is longer, the last character is "…".
std::string shorten(std::string_view text, std::size_t max);

// Control characters as \n, \t, \u001b. So a document cannot control the terminal.
std::string visible(std::string_view text);

// "1 event", "3 events".
std::string count_of(std::uint64_t count, std::string_view noun);

// "17 B", "1.5 KiB", "3.2 MiB".
std::string size_text(std::uint64_t bytes);

}  // namespace syncline::cli
