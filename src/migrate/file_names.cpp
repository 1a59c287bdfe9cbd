#include "migrate/file_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

namespace syncline::migrate {
namespace {

constexpr std::string_view kExtension = ".yjs";
constexpr std::array<std::string_view, 4> kExtensions = {kExtension, ".ydoc", ".update", ".bin"};
constexpr std::string_view kEmptySegment = "%00";
constexpr std::string_view kKept = " -_+=,~@.()";
// File systems allow 255 bytes; an escape at the end and the extension need some.
constexpr std::size_t kMaxPart = 200;

bool is_kept(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || kKept.find(c) != std::string_view::npos;
}

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

void append_segment(std::string_view segment, std::string& path) {
  if (segment.empty()) {
    path += kEmptySegment;
    return;
  }
  std::size_t part = 0;  // bytes of the present part
  for (std::size_t i = 0; i < segment.size(); ++i) {
    const char c = segment[i];
    if (part >= kMaxPart && !continues_character(c)) {
      path += "%/";
      part = 0;
    }
    const bool at_edge = (c == '.' && (part == 0 || i + 1 == segment.size())) ||
                         (c == ' ' && i + 1 == segment.size());
    const std::string escape = is_kept(c) && !at_edge
                                   ? std::string(1, c)
                                   : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    path += escape;
    part += escape.size();
  }
}

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

// nullopt: not a path that file_of_object() makes.
std::optional<std::string> unescape(std::string_view path) {
  std::string name;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') {
      name += path[i];
      continue;
    }
    if (i + 1 < path.size() && path[i + 1] == '/') {  // the segment goes on
      ++i;
      continue;
    }
    if (i + 2 >= path.size()) return std::nullopt;
    const auto high = hex_digit(path[i + 1]);
    const auto low = hex_digit(path[i + 2]);
    if (!high || !low) return std::nullopt;
    if (const int byte = *high * 16 + *low; byte != 0) name += static_cast<char>(byte);
    i += 2;
  }
  return name;
}

std::string_view without_extension(std::string_view path) {
  for (const std::string_view extension : kExtensions)
    if (path.size() > extension.size() && path.ends_with(extension))
      return path.substr(0, path.size() - extension.size());
  return path;
}

}  // namespace

std::string file_of_object(std::string_view object) {
  std::string path;
  for (;;) {
    const std::size_t slash = std::min(object.find('/'), object.size());
    append_segment(object.substr(0, slash), path);
    if (slash == object.size()) break;
    path += '/';
    object.remove_prefix(slash + 1);
  }
  return path += kExtension;
}

std::string object_of_file(std::string_view path) {
  const std::string_view name = without_extension(path);
  if (auto object = unescape(name);
      object && file_of_object(*object) == std::string(name) + std::string(kExtension))
    return std::move(*object);
  return std::string(name);
}

}  // namespace syncline::migrate
