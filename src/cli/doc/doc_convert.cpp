#include <memory>

#include "cli/commands.h"
#include "cli/doc/update_file.h"
#include "cli/files.h"
#include "syncline/crdt/updates.h"

namespace syncline::cli {
namespace {

using crdt::UpdateVersion;

struct Options {
  std::string file;
  std::string format;
  std::string to;
  std::string output;
};

int convert(const Options& options, Console& console) {
  auto file = load_update(options.file, options.format);
  if (!file) return console.failed(file.error());
  const UpdateVersion to = options.to == "v2" ? UpdateVersion::kV2 : UpdateVersion::kV1;
  auto converted = crdt::convert_update(file->bytes, file->version, to);
  if (!converted) return console.failed(converted.error());
  auto written = write_file(options.output, *converted, console);
  return written ? kDone : console.failed(written.error());
}

}  // namespace

void add_doc_convert(Command& doc) {
  Command& command = doc.add("convert", "Change the encoding of an update");
  auto options = std::make_shared<Options>();
  command.argument({.name = "FILE", .text = "an update", .required = true, .is_file = true},
                   options->file);
  command.option({.name = "--to",
                  .value = "VERSION",
                  .text = "Encoding wanted",
                  .choices = {"v1", "v2"},
                  .required = true},
                 options->to);
  output_option(command, options->output);
  format_option(command, options->format);
  command.example("syncline doc convert notes.bin --to v2 -o notes.v2", "version 1 to 2");
  command.run([options](Console& console) { return convert(*options, console); });
}

}  // namespace syncline::cli
