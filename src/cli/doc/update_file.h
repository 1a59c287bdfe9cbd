// Files of Yjs updates, as the `doc` commands read them.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/command.h"
#include "crdt/block.h"
#include "syncline/bytes.h"
#include "syncline/crdt/doc.h"
#include "syncline/error.h"

namespace syncline::cli {

// An update that has been decoded and so is whole. Views in `decoded` refer into `bytes`.
struct UpdateFile {
  std::string name;  // for messages
  Bytes bytes;
  crdt::UpdateVersion version = crdt::UpdateVersion::kV1;
  crdt::DecodedUpdate decoded;
};

// `format` is "v1", "v2" or "auto": the version in which the bytes decode. In the rare case that
// they decode as both, the one in which they hold something, version 1 first.
Result<UpdateFile> load_update(const std::string& path, const std::string& format);

// All or nothing; stdin may be among them once.
Result<std::vector<UpdateFile>> load_updates(std::span<const std::string> paths,
                                             const std::string& format);

// Applies them in order to a new document. `collect` forgets deleted content, as Yjs does.
Result<crdt::Doc> document_of(std::span<const UpdateFile> files, bool collect = true);

// What of the files waits in the document that they make, and for what; empty if nothing does:
// "structs wait for client 7 from clock 12".
std::string waiting_text(const crdt::Doc& doc, std::span<const UpdateFile> files);

// ---- arguments and options that the commands share
// FILE, required; one, or as many as there are.
void file_argument(Command& command, std::string& target, std::string text);
void file_argument(Command& command, std::vector<std::string>& target, std::string text);
// --to v1|v2
void version_option(Command& command, std::string& target,
                    std::string text = "Encoding of the result", bool required = false);
void format_option(Command& command, std::string& target);  // --format v1|v2|auto
void output_option(Command& command, std::string& target);  // -o FILE, required

std::string_view to_string(crdt::UpdateVersion version);  // "v1", "v2"
crdt::UpdateVersion version_of(std::string_view name);    // of these two

}  // namespace syncline::cli
