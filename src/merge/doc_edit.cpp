#include "merge/doc_edit.h"

#include <utility>
#include <variant>

#include "crdt/engine.h"
#include "merge/doc_place.h"
#include "merge/doc_text.h"

namespace syncline::merge {

Result<Bytes> editing_update(ByteView now, const Edit& edit, crdt::ClientId client) {
  // Under the id of another client, because a document whose own id has structs in an update takes a new id.
  crdt::Doc doc({.clean_formats = false});
  if (auto applied = doc.apply_update(now); !applied)
    return std::unexpected(std::move(applied.error()));
  doc.engine().set_client_id(client);
  Bytes update;
  const auto token =
      doc.on_update([&](const crdt::UpdateEvent& event) { update = to_bytes(event.update()); });
  Result<void> made;
  doc.transact(
      [&] { made = std::visit([&](const auto& each) { return make_edit(doc, each); }, edit); });
  doc.off(token);
  if (!made) return std::unexpected(std::move(made.error()));
  return update.empty() ? Bytes{0, 0} : update;
}

Result<void> make_edit(crdt::Doc& doc, const WholeText& whole) {
  auto text = DocPlaces(doc).text(whole.place);
  if (!text) return std::unexpected(std::move(text.error()));
  return put_text(*text, whole.text);
}

Result<void> make_edit(crdt::Doc& doc, const WholeForm& whole) {
  return forms::put_form(doc, whole.wish, whole.text);
}

Result<void> make_edit(crdt::Doc& doc, const WholeJson& whole) {
  return DocPlaces(doc).replace(whole.place, whole.value);
}

}  // namespace syncline::merge
