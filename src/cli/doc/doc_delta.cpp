#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/doc/update_file.h"
#include "cli/files.h"
#include "crdt/update_writer.h"
#include "syncline/crdt/updates.h"

namespace syncline::cli {
namespace {

struct DocDeltaOptions {
  std::string file;
  std::string since;
  std::string format;
  std::string output;
};

Result<crdt::StateVector> load_state_vector(const std::string& path) {
  auto bytes = read_file(path);
  if (!bytes) return std::unexpected(std::move(bytes.error()));
  auto vector = crdt::decode_state_vector(*bytes);
  if (vector) return vector;
  return fail(vector.error().code,
              fmt::format("{}: no state vector: {}", shown_name(path), vector.error().message));
}

int delta(const DocDeltaOptions& options, Console& console) {
  if (options.file == "-" && options.since == "-")
    return console.misused("stdin ('-') can be read only once");
  auto file = load_update(options.file, options.format);
  if (!file) return console.failed(file.error());
  auto since = load_state_vector(options.since);
  if (!since) return console.failed(since.error());
  auto lacking = crdt::diff_update(file->bytes, *since, file->version);
  if (!lacking) return console.failed(lacking.error());
  auto written = write_file(options.output, *lacking, console);
  return written ? kDone : console.failed(written.error());
}

}  // namespace

void add_doc_delta(Command& doc) {
  Command& command = doc.add("delta", "Write what of an update a replica still lacks");
  auto options = std::make_shared<DocDeltaOptions>();
  file_argument(command, options->file, "an update");
  command.option({.name = "--since",
                  .value = "SV",
                  .text = "File of the replica's encoded state vector (see doc sv -o)",
                  .required = true,
                  .is_file = true},
                 options->since);
  output_option(command, options->output);
  format_option(command, options->format);
  command.details("The delete set is kept whole, as in Yjs.");
  command.example("syncline doc sv theirs.bin -o theirs.sv", "what they have");
  command.example("syncline doc delta ours.bin --since theirs.sv -o for-them.bin",
                  "and what they need from us");
  command.run([options](Console& console) { return delta(*options, console); });
}

}  // namespace syncline::cli
