// UpdateOrder: the order in which the structs of an update can be applied, each after those that it
// depends on. Shared by applying and by asking what applying would do.
//
// As in Yjs: take the clients from the highest id down; when a struct needs another client's struct
// first, put it on a stack and go on with that client. A struct whose needs are not in the update
// makes everything on the stack, and what follows of those clients, wait. The stack is no deeper
// than the update has clients.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "crdt/block.h"
#include "crdt/client_table.h"
#include "crdt/update_writer.h"

namespace syncline::crdt {

class UpdateOrder {
 public:
  // Both must outlive this object. What `clients` knows at this moment counts as known.
  UpdateOrder(const ClientTable& clients, const DecodedUpdate& update);

  // The next struct to apply, without its first `offset` clocks, which are known already. The caller
  // applies it before it asks for the next one.
  struct Step {
    const Block* block = nullptr;  // nullptr: there is no more
    std::uint32_t index = 0;       // of the block in the update
    Clock offset = 0;  // with tell_known() up to its whole length: then there is nothing to apply
  };
  Step next();
  // From now on next() also gives the structs that are known already.
  void tell_known() { tells_known_ = true; }

  // ---- after the last step

  bool waits() const { return waits_; }
  // It is worth trying again when one of these clocks is known.
  const std::map<ClientId, Clock>& missing() const { return missing_; }
  // The structs that wait, as an update in format v2 without deletions.
  Bytes rest(UpdateWriter& writer) const;
  // First clock that would not be known of a client.
  Clock known(ClientId client) const;

 private:
  // One client's blocks, as indices into the update's.
  struct Source {
    ClientId client = 0;
    Clock known = 0;          // first clock that is not applied
    std::uint32_t next = 0;   // first block that is not taken yet
    std::uint32_t end = 0;    // no more to take
    std::uint32_t limit = 0;  // where its blocks really end
    std::uint32_t rest = 0;   // first block that waits
    bool waits = false;
  };
  struct Head {
    Source* source = nullptr;
    std::uint32_t block = 0;
  };
  enum class Visit { kApply, kSkip, kNeeds, kWaits };

  bool take_head();
  Visit visit(Step& step, Source*& needed);
  bool find_need(const Block& block, ClientId& client) const;
  void note_missing(ClientId client, Clock clock);
  void put_stack_aside();
  Source* source_of(ClientId client);
  const Source* source_of(ClientId client) const {
    return const_cast<UpdateOrder*>(this)->source_of(client);
  }

  const ClientTable& clients_;
  const DecodedUpdate& update_;
  std::vector<Source> sources_;  // ascending by client
  std::size_t open_ = 0;         // sources below this one may have blocks to take
  Head head_;
  bool has_head_ = false;
  std::vector<Head> stack_;
  std::map<ClientId, Clock> missing_;
  bool waits_ = false;
  bool tells_known_ = false;
};

}  // namespace syncline::crdt
