// What a document looks like from outside, as plain values: the C++ side of doc_model.mjs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "syncline/crdt/doc.h"

namespace syncline::crdt::differential {

using Json = nlohmann::json;

std::string hex(ByteView bytes);
Bytes unhex(const std::string& text);

std::string packed(const Any& value);             // in lib0's `any` encoding, as hex
Any unpacked(const std::string& hex_digits);      // aborts on malformed input: the test wrote it
std::string readable(const std::string& packed);  // JSON, for messages

// Everything inside a type, nested types included.
Any dump_type(const Type& type);
// A text's delta between two snapshots.
Any dump_change(const Delta& delta);
Any dump_event(const TypeEvent& event);
Any dump_events(const std::vector<TypeEvent>& events);

// A root of the document by name and kind; the type at the end of a path (doc_ops.mjs).
Type get_root(Doc& doc, const std::string& name, TypeKind kind);
Type resolve(Doc& doc, const Json& path);

// The roots that every editing replica has: name and kind, in order of creation.
struct Root {
  const char* name;
  TypeKind kind;
};
inline constexpr Root kRoots[] = {
    {"array", TypeKind::kArray},     {"map", TypeKind::kMap},
    {"text", TypeKind::kText},       {"xml", TypeKind::kXmlFragment},
    {"xmltext", TypeKind::kXmlText}, {"element", TypeKind::kXmlElement},
};

// What Yjs's toString() gives for texts and XML; empty for other kinds.
std::string printed(const Type& type);

// Runs one operation [name, path, arguments…].
Result<void> run_op(Doc& doc, const Json& op);

}  // namespace syncline::crdt::differential
