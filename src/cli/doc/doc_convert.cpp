#include <memory>

#include "cli/commands.h"
#include "cli/doc/update_file.h"
#include "cli/files.h"
#include "syncline/crdt/updates.h"

namespace syncline::cli {
namespace {

struct DocConvertOptions {
  std::string file;
  std::string format;
  std::string to;
  std::string output;
};

int convert(const DocConvertOptions& options, Console& console) {
  auto file = load_update(options.file, options.format);
  if (!file) return console.failed(file.error());
  const crdt::UpdateVersion to = version_of(options.to);
  auto converted = crdt::convert_update(file->bytes, file->version, to);
  if (!converted) return console.failed(converted.error());
  auto written = write_file(options.output, *converted, console);
  return written ? kDone : console.failed(written.error());
}

}  // namespace

void add_doc_convert(Command& doc) {
  Command& command = doc.add("convert", "Change the encoding of an update");
  auto options = std::make_shared<DocConvertOptions>();
  file_argument(command, options->file, "an update");
  version_option(command, options->to, "Encoding wanted", true);
  output_option(command, options->output);
  format_option(command, options->format);
  command.example("syncline doc convert notes.bin --to v2 -o notes.v2", "version 1 to 2");
  command.run([options](Console& console) { return convert(*options, console); });
}

}  // namespace syncline::cli
