#include "forms/xml_forms.h"

#include <algorithm>
#include <span>

#include "base/utf8.h"
#include "forms/bounded_text.h"

namespace syncline::forms {
namespace {

using crdt::Any;
using crdt::Attributes;

// ---- plain text

constexpr std::string_view kBreaks[] = {"hardBreak", "hard_break", "linebreak"};
constexpr std::string_view kWithinText[] = {"link", "autolink"};  // elements of Lexical

bool is_among(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

// True if it has written a text, to which a line belongs.
bool write_content(const XmlNode& node, BoundedText& out) {
  bool line = false;
  for (const XmlNode& child : node.children) {
    if (child.is_text()) {
      line = true;
      for (const Run& run : child.runs) out += run.text;
    } else if (is_among(child.name, kBreaks)) {
      line = true;
      out += '\n';
    } else if (is_among(child.name, kWithinText)) {
      line = write_content(child, out) || line;
    } else if (write_content(child, out) || child.children.empty()) {
      out += '\n';
    }
  }
  return line;
}

// ---- XML

bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Names with a colon would need a namespace. Beyond ASCII, only letters of the common scripts are sure to be names.
bool is_xml_name(std::string_view name) {
  const auto inner = [](char c) {
    return is_name_start(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  const bool ascii = is_ascii(name);
  return ascii && !name.empty() && is_name_start(name.front()) && std::ranges::all_of(name, inner);
}

class XmlTextWriter {
 public:
  explicit XmlTextWriter(std::size_t most) : out_(most) {}

  Result<std::string> write(const XmlNode& root) {
    out_ += "<document>";
    root.is_text() ? runs(root) : children(root);
    out_ += "</document>\n";
    if (!bad_name_.empty())
      return fail(ErrorCode::kNoSuchForm, "XML has no name '" + bad_name_ + "'");
    return out_.take();
  }

 private:
  void children(const XmlNode& node) {
    for (const XmlNode& child : node.children) {
      if (out_.full() || !bad_name_.empty()) return;
      child.is_text() ? runs(child) : element(child);
    }
  }

  void element(const XmlNode& node) {
    begin(node.name);
    for (const auto& [key, value] : node.attributes) attribute(key, value);
    if (node.children.empty()) {
      out_ += "/>";
      return;
    }
    out_ += '>';
    children(node);
    end(node.name);
  }

  void runs(const XmlNode& text) {
    for (const Run& run : text.runs) {
      if (out_.full() || !bad_name_.empty()) return;
      for (const auto& [key, value] : run.formats) format(key, value);
      if (run.embed) {
        begin("embed");
        attribute("value", *run.embed);
        out_ += "/>";
      }
      escaped(run.text);
      for (auto it = run.formats.rbegin(); it != run.formats.rend(); ++it) end(it->first);
    }
  }

  void format(std::string_view name, const Any& value) {
    begin(name);
    if (const auto* members = std::get_if<Any::Object>(&value.value())) {
      for (const auto& [key, member] : *members) attribute(key, member);
    } else if (value != Any(true)) {
      attribute("value", value);
    }
    out_ += '>';
  }

  void begin(std::string_view tag) {
    out_ += '<';
    name(tag);
  }

  void end(std::string_view tag) {
    out_ += "</";
    out_ += tag;
    out_ += '>';
  }

  void name(std::string_view text) {
    if (!is_xml_name(text) && bad_name_.empty()) bad_name_ = text.empty() ? " " : text;
    out_ += text;
  }

  void attribute(std::string_view key, const Any& value) {
    out_ += ' ';
    name(key);
    out_ += "=\"";
    const auto* text = std::get_if<std::string>(&value.value());
    escaped(text != nullptr ? *text : crdt::to_json(value));
    out_ += '"';
  }

  // A line feed or tab in an attribute would be read as a space, a carriage return anywhere as a line feed.
  void escaped(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      switch (c) {
        case '<': out_ += "&lt;"; continue;
        case '>': out_ += "&gt;"; continue;
        case '&': out_ += "&amp;"; continue;
        case '"': out_ += "&quot;"; continue;
        case '\t': out_ += "&#9;"; continue;
        case '\n': out_ += "&#10;"; continue;
        case '\r': out_ += "&#13;"; continue;
        default: break;
      }
      const bool last = text.substr(i, 2) == "\xEF\xBF" && i + 2 < text.size() &&
                        static_cast<unsigned char>(text[i + 2]) >= 0xBE;
      if (static_cast<unsigned char>(c) < ' ' || last) {
        out_ += kReplacementCharacter;
        if (last) i += 2;
      } else {
        out_ += c;
      }
    }
  }

  BoundedText out_;
  std::string bad_name_;
};

std::string quoted(std::string_view text) {
  return crdt::to_json(Any(std::string(text)));
}

}  // namespace

Result<std::string> plain_text(const XmlNode& root, std::size_t most) {
  BoundedText out(most);
  for (const Run& run : root.runs) out += run.text;
  write_content(root, out);
  return out.take();
}

Result<std::string> xml_text(const XmlNode& root, std::size_t most) {
  return XmlTextWriter(most).write(root);
}

Result<std::string> delta_json(const XmlNode& root, std::size_t most) {
  if (!root.is_text()) return fail(ErrorCode::kNoSuchForm, "XML has no delta: only a text has one");
  BoundedText out(most);
  out += "{\"ops\":[";
  for (const Run& run : root.runs) {
    if (out.full()) break;
    if (&run != &root.runs.front()) out += ',';
    out += "{\"insert\":";
    out += run.embed ? crdt::to_json(*run.embed) : quoted(run.text);
    if (!run.formats.empty()) {
      out += ",\"attributes\":";
      out += crdt::to_json(Any(Any::Object(run.formats.begin(), run.formats.end())));
    }
    out += '}';
  }
  out += "]}\n";
  return out.take();
}

}  // namespace syncline::forms
