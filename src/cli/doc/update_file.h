// Reads files of Yjs updates for the `doc` commands.
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

// An update that has been decoded, so it is valid. Views in `decoded` refer to `bytes`.
struct UpdateFile {
  std::string name;  // for messages
  Bytes bytes;
  crdt::UpdateVersion version = crdt::UpdateVersion::kV1;
  crdt::DecodedUpdate decoded;
};

// `format` is "v1", "v2" or "auto". "auto" means the version in which the bytes decode. In the rare
// case that both decode, it is the one in which the update has content; version 1 first.
Result<UpdateFile> load_update(const std::string& path, const std::string& format);

// Loads all files or none. One of them may be stdin.
Result<std::vector<UpdateFile>> load_updates(std::span<const std::string> paths,
                                             const std::string& format);

// Applies the updates in order to a new document. `collect`: forget deleted content, as Yjs does.
Result<crdt::Doc> document_of(std::span<const UpdateFile> files, bool collect = true);

// Describes what in the document waits for missing updates, such as "structs wait for client 7 from
// clock 12". Empty if nothing waits.
std::string waiting_text(const crdt::Doc& doc, std::span<const UpdateFile> files);

// ---- arguments and options that the commands share
// FILE, required: one file, or any number of files.
void file_argument(Command& command, std::string& target, std::string text);
void file_argument(Command& command, std::vector<std::string>& target, std::string text);
// --to v1|v2
void version_option(Command& command, std::string& target,
                    std::string text = "Encoding of the result", bool required = false);
void format_option(Command& command, std::string& target);  // --format v1|v2|auto
void output_option(Command& command, std::string& target);  // -o FILE, required

std::string_view to_string(crdt::UpdateVersion version);  // "v1", "v2"
crdt::UpdateVersion version_of(std::string_view name);    // the inverse

}  // namespace syncline::cli
