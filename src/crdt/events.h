// TypeObservers: who wants to know of changes in which types, and the events that they get.
//
// Order and content are those of Yjs: after a transaction first the observers of each changed type,
// in the order of first change, then the deep observers, types nearer to the change first. A type
// that is deleted by then reports nothing.
//
// Reading a text's delta has an effect, as in Yjs: formats that turn out to change nothing are
// removed, in a transaction of their own. A delta costs O(log n) for each item that the transaction touched
// in any type; if these are many, a walk over the changed type's sequence.
//
// Callbacks may read, edit (in a new transaction), observe and remove observers.
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
  // False if the token is none of ours.
  bool off(std::uint64_t token);
  bool empty() const { return shallow_.empty() && deep_.empty(); }

  // Calls everyone whom the transaction concerns. `collect`: fills Transaction::concerned.
  void fire(Transaction& transaction, bool collect);

 private:
  template <typename Callback>
  struct Observer {
    std::uint64_t token;
    Callback callback;
  };
  template <typename Callback>
  using Table = boost::unordered_flat_map<TypeIndex, std::vector<Observer<Callback>>>;

  // The events of one transaction: each is built when it is first asked for.
  class Round;

  template <typename Callback>
  static bool remove(Table<Callback>& table, std::uint64_t token);

  Engine& engine_;
  Table<Shallow> shallow_;
  Table<Deep> deep_;
};

// What a transaction did to the sequence of a type: any kind but text, and text. Text removes
// needless formats.
Delta sequence_delta(Engine& engine, const Transaction& transaction, TypeIndex type);
Delta text_delta(Engine& engine, const Transaction& transaction, TypeIndex type);

}  // namespace syncline::crdt
