// TypeObservers: the observers of types, and the events that they get.
//
// Order and content are those of Yjs. After a transaction, first the observers of each changed type
// are called, in the order of the first change; then the deep observers, with types nearer to the
// change first. A type that is deleted by then reports nothing.
//
// As in Yjs, reading the delta of a text has a side effect: formats that change nothing are
// removed, in a transaction of their own. A delta costs O(log n) for each item that the transaction
// touched in any type; if these are many, it costs a walk over the sequence of the changed type.
//
// Callbacks may read, edit (in a new transaction), and add and remove observers.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "crdt/transaction.h"
#include "syncline/crdt/types.h"

namespace syncline::crdt {

class TypeObservers {
 public:
  using Shallow = std::function<void(const TypeEvent&)>;
  using Deep = std::function<void(const std::vector<TypeEvent>&)>;

  explicit TypeObservers(Engine& engine) : engine_(engine) {}

  std::uint64_t observe(TypeIndex type, Shallow callback);
  std::uint64_t observe_deep(TypeIndex type, Deep callback);
  // False if the token is not from this object.
  bool off(std::uint64_t token);
  bool empty() const { return shallow_.empty() && deep_.empty(); }

  // Calls all observers of the types that the transaction changed. `collect`: also fills
  // Transaction::concerned.
  void fire(Transaction& transaction, bool collect);

 private:
  template <typename Callback>
  struct Observer {
    std::uint64_t token;
    Callback callback;
  };
  template <typename Callback>
  using Table = boost::unordered_flat_map<TypeIndex, std::vector<Observer<Callback>>>;

  // The events of one transaction. Each is built at its first use.
  class Round;

  template <typename Callback>
  static bool remove(Table<Callback>& table, std::uint64_t token);

  Engine& engine_;
  Table<Shallow> shallow_;
  Table<Deep> deep_;
};

// What a transaction did to the sequence of a type: one function for texts, one for all other
// kinds. The one for texts removes redundant formats.
Delta sequence_delta(Engine& engine, const Transaction& transaction, TypeIndex type);
Delta text_delta(Engine& engine, const Transaction& transaction, TypeIndex type);

}  // namespace syncline::crdt
