// Documents in documents: a folder lists its pages. Each page is a document of its own and is
// loaded on demand.
#include <syncline/crdt.h>

#include <iostream>
#include <map>
#include <string>

using namespace syncline::crdt;

int main() {
  std::map<std::string, syncline::Bytes> storage;  // each page's updates, by guid

  Doc folder({.client_id = 1});
  folder.map("pages").set_subdoc("intro", {.guid = "page-1", .options = {}}).value();
  Doc page({.client_id = 1, .guid = "page-1"});
  page.text("body").insert(0, "Welcome").value();
  storage["page-1"] = page.encode_state_as_update();

  // Another person opens the folder. The engine reports which documents were added, removed and
  // requested. It does not own them.
  Doc reader({.client_id = 2});
  std::map<std::string, Doc> open;
  reader.on_subdocs([&](const SubdocsEvent& event) {
    for (const Subdoc& subdoc : event.added) std::cout << "added " << subdoc.guid << '\n';
    for (const Subdoc& subdoc : event.loaded) {
      Doc& doc =
          open.emplace(subdoc.guid, Doc({.client_id = 2, .guid = subdoc.guid})).first->second;
      doc.apply_update(storage[subdoc.guid]).value();
    }
    for (const Subdoc& subdoc : event.removed) {
      std::cout << "removed " << subdoc.guid << '\n';
      open.erase(subdoc.guid);
    }
  });
  reader.apply_update(folder.encode_state_as_update()).value();
  std::cout << open.size() << " open of " << reader.subdocs().size() << '\n';

  reader.load_subdoc("page-1").value();
  std::cout << "page-1: " << open.at("page-1").text("body").to_string() << '\n';

  reader.map("pages").erase("intro").value();
  std::cout << open.size() << " open of " << reader.subdocs().size() << '\n';
}

// Prints:
//   added page-1
//   0 open of 1
//   page-1: Welcome
//   removed page-1
//   0 open of 0
