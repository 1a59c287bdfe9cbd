#include "cli/table.h"

#include <fmt/format.h>

#include <algorithm>

namespace syncline::cli {
namespace {

bool begins_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0) != 0x80;
}

}  // namespace

std::size_t character_count(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

std::string shorten(std::string_view text, std::size_t max) {
  if (character_count(text) <= max) return std::string(text);
  std::size_t bytes = 0;
  for (std::size_t seen = 0; bytes < text.size(); ++bytes) {
    if (begins_character(text[bytes]) && ++seen == max) break;
  }
  return std::string(text.substr(0, bytes)) + "…";
}

std::string visible(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // The second range of control characters, U+0080 to U+009F, is C2 80 to C2 9F in UTF-8.
    const bool c1 =
        byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (text[i] == '\n') {
      shown += "\\n";
    } else if (text[i] == '\t') {
      shown += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      shown += fmt::format("\\u{:04x}", byte);
    } else if (c1) {
      shown += fmt::format("\\u{:04x}", static_cast<unsigned char>(text[++i]));
    } else {
      shown += text[i];
    }
  }
  return shown;
}

std::string count_of(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string size_text(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes);
  std::string_view unit;
  for (const std::string_view next : {"KiB", "MiB", "GiB", "TiB"}) {
    if (value < 1024 && !unit.empty()) break;
    value /= 1024;
    unit = next;
  }
  return fmt::format("{:.1f} {}", value, unit);
}

void Table::row(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (std::string& cell : cells) cell = visible(cell);
  rows_.push_back(std::move(cells));
}

std::string Table::print() const {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    std::size_t width = character_count(columns_[c].title);
    for (const auto& row : rows_) width = std::max(width, character_count(row[c]));
    widths.push_back(width);
  }
  std::string out;
  auto add = [&](std::size_t column, std::string_view cell) {
    const std::string padding(widths[column] - character_count(cell), ' ');
    if (column > 0) out += "  ";
    if (columns_[column].align == Align::kRight) out += padding;
    out += cell;
    if (columns_[column].align == Align::kLeft) out += padding;
  };
  auto end_line = [&] {
    while (out.ends_with(' ')) out.pop_back();
    out += '\n';
  };
  for (std::size_t c = 0; c < columns_.size(); ++c) add(c, columns_[c].title);
  end_line();
  for (const auto& row : rows_) {
    for (std::size_t c = 0; c < columns_.size(); ++c) add(c, row[c]);
    end_line();
  }
  return out;
}

}  // namespace syncline::cli
