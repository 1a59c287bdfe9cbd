// Rich text: formats, and deltas (Quill's format) that describe changes.
//
// Indices and lengths are UTF-16 units, as in Yjs and in browsers: the party popper counts two.
#include <syncline/crdt.h>

#include <iostream>

using namespace syncline::crdt;

namespace {

void print(const char* what, const Delta& delta) {
  std::cout << what;
  for (const DeltaOp& op : delta) {
    switch (op.kind) {
      case DeltaOp::Kind::kInsert: std::cout << " insert '" << op.text << "'"; break;
      case DeltaOp::Kind::kDelete: std::cout << " delete " << op.length; break;
      case DeltaOp::Kind::kRetain: std::cout << " retain " << op.length; break;
    }
    for (const auto& [name, value] : op.attributes)
      std::cout << " {" << name << ": " << to_json(value) << "}";
  }
  std::cout << '\n';
}

}  // namespace

int main() {
  Doc doc({.client_id = 1});
  Text text = doc.text("body");
  text.insert(0, "Party \U0001F389 tonight").value();

  // An observer binds an editor to a text: it gets each change as a delta to apply to the view.
  text.observe([](const TypeEvent& event) { print("change:", event.delta); });

  text.format(0, 5, {{"bold", Any(true)}}).value();
  text.insert(5, " time").value();  // inherits the formats on its left
  text.erase(text.length() - 8, 8).value();

  // The editor applies its own change as a delta, too.
  DeltaOp keep{.kind = DeltaOp::Kind::kRetain, .length = 10};
  DeltaOp add{.kind = DeltaOp::Kind::kInsert, .text = "!", .attributes = {{"link", Any("x.org")}}};
  text.apply_delta({keep, add}).value();

  print("now:", text.to_delta());
  std::cout << "plain: " << text.to_string() << ", " << text.length() << " units\n";
}

// Prints:
//   change: retain 5 {bold: true}
//   change: retain 5 insert ' time' {bold: true}
//   change: retain 13 delete 8
//   change: retain 10 insert '!' {link: "x.org"}
//   now: insert 'Party time' {bold: true} insert '!' {link: "x.org"} insert ' 🎉'
//   plain: Party time! 🎉, 14 units
