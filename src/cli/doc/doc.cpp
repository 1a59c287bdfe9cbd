#include "cli/commands.h"

namespace syncline::cli {

void add_doc(Command& root) {
  Command& doc = root.add("doc", "Work with files of Yjs updates");
  doc.details(
      "FILE holds one update, as Y.encodeStateAsUpdate() gives it, in version 1 or 2; '-' is "
      "stdin. Nothing is written unless everything that was read is whole.");
  add_doc_show(doc);
  add_doc_inspect(doc);
  add_doc_diff(doc);
  add_doc_merge(doc);
  add_doc_apply(doc);
  add_doc_delta(doc);
  add_doc_convert(doc);
  add_doc_sv(doc);
  add_doc_ds(doc);
}

}  // namespace syncline::cli
