#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/doc/update_file.h"
#include "cli/files.h"
#include "cli/table.h"
#include "crdt/update_writer.h"

namespace syncline::cli {
namespace {

struct DocSvOptions {
  std::vector<std::string> files;
  std::string format;
  std::string output;
  bool json = false;
};

void print(const crdt::StateVector& vector, bool json, Console& console) {
  Table table({{"CLIENT", Align::kRight}, {"CLOCK", Align::kRight}});
  for (const auto& [client, clock] : vector.clients()) {
    if (json) console.line(fmt::format(R"({{"client":{},"clock":{}}})", client, clock));
    table.row({std::to_string(client), std::to_string(clock)});
  }
  if (!json) console.out(table.print());
}

int state_vector(const DocSvOptions& options, Console& console) {
  auto files = load_updates(options.files, options.format);
  if (!files) return console.failed(files.error());
  auto doc = document_of(*files);
  if (!doc) return console.failed(doc.error());
  if (options.output.empty()) {
    print(doc->state_vector(), options.json, console);
    return kDone;
  }
  auto written =
      write_file(options.output, crdt::encode_state_vector(doc->state_vector()), console);
  return written ? kDone : console.failed(written.error());
}

}  // namespace

void add_doc_sv(Command& doc) {
  Command& command = doc.add("sv", "Print the state vector: what is known of each client");
  auto options = std::make_shared<DocSvOptions>();
  file_argument(command, options->files, "updates of one document, in any order");
  command.option({.name = "-o,--output",
                  .value = "FILE",
                  .text = "Write it encoded, as Y.encodeStateVector() does, instead",
                  .is_file = true},
                 options->output);
  format_option(command, options->format);
  command.json_flag(options->json);
  command.details(
      "CLOCK is the first one that is not known. What waits for other updates is not counted.");
  command.example("syncline doc sv notes.bin", "the clocks of each client");
  command.run([options](Console& console) { return state_vector(*options, console); });
}

}  // namespace syncline::cli
