// UpdateOrder: finds an order in which the structs of an update can be applied, so that each comes
// after those that it depends on. Both apply and prepare use it.
//
// As in Yjs, it takes the clients from the highest id down. If a struct needs a struct of another
// client first, it is put on a stack, and that client continues. If a needed struct is missing from
// the update, everything on the stack waits, and so do the later structs of those clients. The
// stack is at most as deep as the number of clients in the update.
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
  // Both must outlive this object. Clocks that `clients` knows at this moment count as known.
  UpdateOrder(const ClientTable& clients, const DecodedUpdate& update);

  // The next struct to apply, without its first `offset` clocks, which are already known. The
  // caller must apply it before it asks for the next one.
  struct Step {
    const Block* block = nullptr;  // nullptr: no more
    std::uint32_t index = 0;       // index of the block in the update
    Clock offset = 0;              // after tell_known(), can be the whole length: nothing to apply
  };
  Step next();
  // From now on, next() also returns structs that are already known.
  void tell_known() { tells_known_ = true; }

  // ---- after the last step

  bool waits() const { return waits_; }
  // A new attempt makes sense once one of these clocks is known.
  const std::map<ClientId, Clock>& missing() const { return missing_; }
  // The structs that wait, as an update in format v2 without deletions.
  Bytes rest(UpdateWriter& writer) const;
  // The first clock of a client that is not known, after all steps so far.
  Clock known(ClientId client) const;

 private:
  // The blocks of one client, as indices into the update's blocks.
  struct Source {
    ClientId client = 0;
    Clock known = 0;          // first clock that is not applied
    std::uint32_t next = 0;   // first block that is not taken yet
    std::uint32_t end = 0;    // no more to take
    std::uint32_t limit = 0;  // the real end of its blocks
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
  std::size_t open_ = 0;         // only sources below this index may have blocks left
  Head head_;
  bool has_head_ = false;
  std::vector<Head> stack_;
  std::map<ClientId, Clock> missing_;
  bool waits_ = false;
  bool tells_known_ = false;
};

}  // namespace syncline::crdt
