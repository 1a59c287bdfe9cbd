#include <fmt/format.h>

#include <memory>
#include <optional>

#include "base/byte_reader.h"
#include "cli/commands.h"
#include "cli/doc/delete_set_text.h"
#include "cli/doc/parents.h"
#include "cli/doc/update_file.h"
#include "cli/json.h"
#include "cli/table.h"
#include "crdt/packed.h"

namespace syncline::cli {
namespace {

using crdt::Any;
using crdt::Block;
using crdt::BlockKind;
using crdt::ParentKind;
using crdt::TypeKind;

constexpr std::size_t kPreviewCharacters = 48;
constexpr std::size_t kPreviewBytes = 16;

struct DocInspectOptions {
  std::vector<std::string> files;
  std::string format;
  bool json = false;
};

std::string_view name_of(BlockKind kind) {
  switch (kind) {
    case BlockKind::kGc: return "gc";
    case BlockKind::kDeleted: return "deleted";
    case BlockKind::kJson: return "json";
    case BlockKind::kBinary: return "binary";
    case BlockKind::kString: return "string";
    case BlockKind::kEmbed: return "embed";
    case BlockKind::kFormat: return "format";
    case BlockKind::kType: return "type";
    case BlockKind::kAny: return "any";
    case BlockKind::kDoc: return "doc";
    case BlockKind::kSkip: return "skip";
  }
  return "?";
}

std::string_view name_of(TypeKind kind) {
  switch (kind) {
    case TypeKind::kArray: return "Array";
    case TypeKind::kMap: return "Map";
    case TypeKind::kText: return "Text";
    case TypeKind::kXmlElement: return "XmlElement";
    case TypeKind::kXmlFragment: return "XmlFragment";
    case TypeKind::kXmlHook: return "XmlHook";
    case TypeKind::kXmlText: return "XmlText";
    case TypeKind::kUndefined: break;
  }
  return "?";
}

std::string id_text(crdt::Id id) {
  return fmt::format("{}:{}", id.client, id.clock);
}

// The values of a block: `len` values for kAny and kJson, one for kEmbed, kFormat and kDoc.
Any::Array values_of(const Block& block) {
  Any::Array values;
  ByteReader in(block.payload);
  while (in.ok() && !in.at_end()) {
    auto value = crdt::unpack(in);
    if (!value) break;
    values.push_back(std::move(*value));
  }
  return values;
}

std::string first_value(const Block& block) {
  const Any::Array values = values_of(block);
  return values.empty() ? "" : compact_json(values.front());
}

std::string hex(ByteView bytes) {
  std::string out;
  for (const std::uint8_t byte : bytes) out += fmt::format("{:02x}", byte);
  return out;
}

std::string preview(const Block& block) {
  switch (block.kind) {
    case BlockKind::kString: return compact_json(Any(std::string(as_text(block.payload))));
    case BlockKind::kAny:
    case BlockKind::kJson: {
      std::string text;
      for (const Any& value : values_of(block)) {
        text += (text.empty() ? "" : ", ") + compact_json(value);
        if (text.size() > 4 * kPreviewCharacters) break;
      }
      return text;
    }
    case BlockKind::kBinary: {
      const bool cut = block.payload.size() > kPreviewBytes;
      return fmt::format("{}, {}{}", size_text(block.payload.size()),
                         hex(block.payload.first(cut ? kPreviewBytes : block.payload.size())),
                         cut ? "…" : "");
    }
    case BlockKind::kEmbed: return first_value(block);
    case BlockKind::kFormat: return fmt::format("{} = {}", block.name, first_value(block));
    case BlockKind::kType:
      return block.name.empty() ? std::string(name_of(block.type))
                                : fmt::format("{} {}", name_of(block.type), block.name);
    case BlockKind::kDoc: return fmt::format("{} {}", block.name, first_value(block));
    case BlockKind::kGc:
    case BlockKind::kDeleted:
    case BlockKind::kSkip: break;
  }
  return {};
}

std::string parent_text(const Block& block, const Parent& parent) {
  if (!block.is_item()) return {};
  if (parent.kind == ParentKind::kRoot) return std::string(parent.root);
  return parent.kind == ParentKind::kItem ? id_text(parent.item) : "?";
}

Any id_json(crdt::Id id) {
  return Any::Object{{"client", json_number(id.client)}, {"clock", json_number(id.clock)}};
}

void add_content(const Block& block, Any::Object& line) {
  switch (block.kind) {
    case BlockKind::kString:
      line.emplace_back("content", Any(std::string(as_text(block.payload))));
      break;
    case BlockKind::kAny:
    case BlockKind::kJson: line.emplace_back("content", Any(values_of(block))); break;
    case BlockKind::kBinary: line.emplace_back("content", Any(hex(block.payload))); break;
    case BlockKind::kFormat:
    case BlockKind::kDoc:
      line.emplace_back(block.kind == BlockKind::kDoc ? "guid" : "name",
                        Any(std::string(block.name)));
      [[fallthrough]];
    case BlockKind::kEmbed:
      if (Any::Array values = values_of(block); !values.empty())
        line.emplace_back("content", std::move(values.front()));
      break;
    case BlockKind::kType:
      line.emplace_back("type", Any(std::string(name_of(block.type))));
      if (!block.name.empty()) line.emplace_back("name", Any(std::string(block.name)));
      break;
    case BlockKind::kGc:
    case BlockKind::kDeleted:
    case BlockKind::kSkip: break;
  }
}

std::string block_json(const UpdateFile& file, const Block& block, const Parent& parent) {
  Any::Object line{{"file", Any(file.name)},
                   {"id", id_json(block.id())},
                   {"len", json_number(block.len)},
                   {"kind", Any(std::string(name_of(block.kind)))}};
  if (block.has_origin) line.emplace_back("origin", id_json(block.origin));
  if (block.has_right_origin) line.emplace_back("right_origin", id_json(block.right_origin));
  if (parent.kind == ParentKind::kRoot && block.is_item())
    line.emplace_back("parent", Any::Object{{"root", Any(std::string(parent.root))}});
  if (parent.kind == ParentKind::kItem && block.is_item())
    line.emplace_back("parent", Any::Object{{"item", id_json(parent.item)}});
  if (parent.has_key && block.is_item()) line.emplace_back("key", Any(std::string(parent.key)));
  add_content(block, line);
  return compact_json(line);
}

std::string block_table(const UpdateFile& file, const Parents& parents) {
  Table table({{"ID"},
               {"LEN", Align::kRight},
               {"KIND"},
               {"ORIGIN"},
               {"RIGHT"},
               {"PARENT"},
               {"KEY"},
               {"CONTENT"}});
  for (std::size_t i = 0; i < file.decoded.blocks.size(); ++i) {
    const Block& block = file.decoded.blocks[i];
    const Parent& parent = parents.of(i);
    table.row({id_text(block.id()), std::to_string(block.len), std::string(name_of(block.kind)),
               block.has_origin ? id_text(block.origin) : "",
               block.has_right_origin ? id_text(block.right_origin) : "",
               parent_text(block, parent), block.is_item() ? std::string(parent.key) : "",
               shorten(preview(block), kPreviewCharacters)});
  }
  return table.print();
}

void print_table(const UpdateFile& file, Console& console) {
  std::uint64_t deleted = 0;
  for (const auto& [client, ranges] : file.decoded.deletes.clients()) {
    for (const crdt::ClockRange& range : ranges) deleted += range.len;
  }
  console.line(console.paint(
      Colour::kBold,
      fmt::format("{}: Yjs update {}, {}, {} of {}, {} deleted", visible(file.name),
                  to_string(file.version), size_text(file.bytes.size()),
                  count_of(file.decoded.blocks.size(), "struct"),
                  count_of(file.decoded.clients.size(), "client"), count_of(deleted, "element"))));
  const Parents parents(file.decoded);
  if (!file.decoded.blocks.empty()) console.out("\n" + block_table(file, parents));
  if (deleted > 0) console.out("\ndeletes\n" + delete_set_table(file.decoded.deletes));
}

void print_json(const UpdateFile& file, Console& console) {
  const Parents parents(file.decoded);
  for (std::size_t i = 0; i < file.decoded.blocks.size() && !console.closed(); ++i)
    console.line(block_json(file, file.decoded.blocks[i], parents.of(i)));
  console.out(delete_set_json(file.decoded.deletes, file.name));
}

int inspect(const DocInspectOptions& options, Console& console) {
  auto files = load_updates(options.files, options.format);
  if (!files) return console.failed(files.error());
  for (const UpdateFile& file : *files) {
    if (!options.json && &file != &files->front()) console.line("");
    options.json ? print_json(file, console) : print_table(file, console);
  }
  return kDone;
}

}  // namespace

void add_doc_inspect(Command& doc) {
  Command& command = doc.add("inspect", "Print every struct of an update, and its delete set");
  auto options = std::make_shared<DocInspectOptions>();
  file_argument(command, options->files, "updates, each for itself");
  format_option(command, options->format);
  command.json_flag(options->json);
  command.details(
      "ID is client:clock. ORIGIN and RIGHT are the neighbours at the time of insertion. PARENT "
      "is a root type's name, or the id of the struct that holds the type; '?' if the update "
      "does not say. LEN counts UTF-16 units of text, else values.");
  command.example("syncline doc inspect edit.bin", "a table");
  command.example("syncline doc inspect edit.bin --json | jq 'select(.kind == \"string\")'",
                  "what text it inserts");
  command.run([options](Console& console) { return inspect(*options, console); });
}

}  // namespace syncline::cli
