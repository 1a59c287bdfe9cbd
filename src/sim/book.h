// Book: what the clients sent and what they were promised. It is kept apart from everything that
// could lose it. The oracles compare the server's log with it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "syncline/bytes.h"
#include "syncline/crdt/id_set.h"

namespace syncline::sim {

// An object by workspace and id.
using ObjectName = std::pair<std::string, std::string>;

struct Acked {
  crdt::IdSet inserts;
  crdt::DeleteSet deletes;
};

// The calls are virtual for subclasses that want to observe them. This class stores the data.
class Book {
 public:
  virtual ~Book() = default;

  // An editor's client id belongs to one object. If it appears in another object, it has leaked.
  void owns(const ObjectName& object, crdt::ClientId id) { owners_[object].insert(id); }

  // A client has sent this update on a connection whose actor is `actor`.
  virtual void sent(const ObjectName& object, const std::string& actor, ByteView update) {
    sent_[{object, actor}].push_back(to_bytes(update));
  }

  // The server has reported these as durable.
  virtual void acked(const ObjectName& object, const std::string& /*client*/, const Acked& what) {
    Acked& all = acked_[object];
    all.inserts.add(what.inserts);
    all.deletes.add(what.deletes);
  }

  // The server has sent this update to a client.
  virtual void shown(const ObjectName&, const std::string& /*client*/, ByteView /*update*/) {}

  // The server has lost promised data, because its disk was rolled back.
  void forget_promises() { acked_.clear(); }

  // The objects about which an honest client was told something.
  const std::map<ObjectName, Acked>& acked() const { return acked_; }
  const std::map<ObjectName, std::set<crdt::ClientId>>& owners() const { return owners_; }
  const std::vector<Bytes>* sent_by(const ObjectName& object, const std::string& actor) const {
    const auto found = sent_.find({object, actor});
    return found == sent_.end() ? nullptr : &found->second;
  }

 private:
  std::map<ObjectName, std::set<crdt::ClientId>> owners_;
  std::map<ObjectName, Acked> acked_;
  std::map<std::pair<ObjectName, std::string>, std::vector<Bytes>> sent_;
};

}  // namespace syncline::sim
