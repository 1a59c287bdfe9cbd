#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/doc/delete_set_text.h"
#include "cli/doc/update_file.h"

namespace syncline::cli {
namespace {

struct DocDsOptions {
  std::vector<std::string> files;
  std::string format;
  bool json = false;
};

int delete_set(const DocDsOptions& options, Console& console) {
  auto files = load_updates(options.files, options.format);
  if (!files) return console.failed(files.error());
  crdt::DeleteSet deletes;
  for (const UpdateFile& file : *files) deletes.add(file.decoded.deletes);
  console.out(options.json ? delete_set_json(deletes, {}) : delete_set_table(deletes));
  return kDone;
}

}  // namespace

void add_doc_ds(Command& doc) {
  Command& command = doc.add("ds", "Print the delete set: which elements updates delete");
  auto options = std::make_shared<DocDsOptions>();
  file_argument(command, options->files, "updates; their delete sets are added up");
  format_option(command, options->format);
  command.json_flag(options->json);
  command.example("syncline doc ds notes.bin", "a line per client and range of clocks");
  command.run([options](Console& console) { return delete_set(*options, console); });
}

}  // namespace syncline::cli
