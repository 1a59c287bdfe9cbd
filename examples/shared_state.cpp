// Application state in maps and arrays, and one observer for everything inside it.
#include <syncline/crdt.h>

#include <iostream>

using namespace syncline::crdt;

int main() {
  Doc doc({.client_id = 1});
  Map board = doc.map("board");

  board.observe_deep([](const std::vector<TypeEvent>& events) {
    for (const TypeEvent& event : events) {
      std::cout << "changed " << to_string(event.path) << ':';
      for (const KeyChange& change : event.keys) std::cout << " key " << change.key;
      for (const DeltaOp& op : event.delta)
        if (op.kind == DeltaOp::Kind::kInsert) std::cout << " +" << op.values.size();
      std::cout << '\n';
    }
  });

  doc.transact([&] {
    board.set("title", "Launch").value();
    Array tasks = as<Array>(board.set_type("tasks", TypeKind::kArray).value());
    Map task = as<Map>(tasks.push_type(TypeKind::kMap).value());
    task.set("text", "write the manual").value();
    task.set("done", false).value();
  });

  Array tasks = as<Array>(std::get<Type>(*board.get("tasks")));
  Map first = as<Map>(std::get<Type>(*tasks.get(0)));
  first.set("done", true).value();
  tasks.push({Any("a plain value"), Any(42), Any(Any::Object{{"any", Any("JSON")}})}).value();

  std::cout << to_json(board.to_json()) << '\n';

  // The kind of a type never changes, and an index must exist. Errors are values, not exceptions.
  if (const auto result = tasks.erase(7); !result)
    std::cout << to_string(result.error().code) << ": " << result.error().message << '\n';
}

// Prints:
//   changed board: key title key tasks
//   changed board.tasks[0]: key done
//   changed board.tasks: +3
//   {"title":"Launch","tasks":[{"text":"write the manual","done":true},"a plain value",42,{"any":"JSON"}]}
//   invalid: beyond the end of the array
