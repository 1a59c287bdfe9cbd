// Member: a client of a workspace with policies and shares, as somebody whom these concern (sim/warden.h). It opens one
// document over y-websocket or Hocuspocus, and does there what it may and what it may not: changes of every kind, presence,
// messages. It asks the HTTP API for what belongs to others, restores, and gives shares. Now and then it sends a change
// before the one that it builds on.
//
// When a change is refused, its page differs from what others see. So it loads the document again, as people are told to
// do. Each edit is answered before the next one begins.
//
// A stranger is a member without a token of its own. It comes with the link that the warden has made for it last, and
// with none before there is one.
//
// Everything that happens to it, the warden learns; the member judges nothing.
//
// Thread-safety: none. The warden must outlive it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_reader.h"
#include "protocol/y_sync.h"
#include "sim/attacker.h"
#include "sim/rules_oracle.h"

namespace syncline::sim {

class Network;
class Warden;

class Member final : public Attacker {
 public:
  // `number`: of its path through the network. `index`: among the members and strangers.
  Member(World& world, Network& network, Warden& warden, std::size_t number, std::size_t index);

  // From now on, it only looks.
  void rest();
  // Edits now, if it would edit at all.
  void edit_at_once();
  const std::string& object() const { return object_; }
  std::size_t ward() const { return ward_; }
  // Who it is on its present connection.
  std::size_t person() const { return person_; }
  // Its document as it is shown, if that is all of it; nullptr otherwise.
  crdt::Doc* page() { return loaded_ && !outstanding_ ? page_.get() : nullptr; }
  bool loaded() const { return loaded_; }

 private:
  enum class Edit : std::uint8_t {
    kWrite,
    kComment,
    kErase,
    kFormat,
    kSetTitle,
    kRemoveTitle,
    kSetTravel,
    kNewBudget,
    kRemoveBudget,
    kWriteAndComment,
    kCount
  };
  struct Outstanding {
    std::vector<Need> needs;
    std::vector<Need> surely;
    std::optional<std::uint64_t> mark;
    RuleSpan since = {};
    std::string what;
    bool judged = true;  // false: nobody knows what its answer is about
  };

  Hello hello() override;
  void opened() override;
  void closed(std::uint16_t) override { forget(); }
  void received(ByteView message) override;
  void act() override;

  void give_up_silent();
  void forget();
  void load();
  void take_sync(ByteReader& in);
  void take_y(std::uint64_t kind, ByteReader& in);
  void take_hocuspocus(std::uint64_t kind, ByteReader& in);
  void denied(std::string_view reason);
  void edit();
  void edit_out_of_order();
  bool carry_out(Edit edit, const std::string& mark);
  Outstanding outstanding_of(Edit edit) const;
  void edit_saved();
  void edit_refused();
  void show();
  void say();
  Bytes make_update(const std::function<void()>& body);
  void send_update(ByteView update);

  Warden& warden_;
  const std::size_t index_;
  const bool hocuspocus_;
  const std::size_t ward_;
  const std::string object_;
  std::size_t person_ = RulesOracle::kNobody;
  std::string token_;
  std::unique_ptr<crdt::Doc> page_;
  Bytes update_;  // that the page made last
  std::uint64_t pages_ = 0;
  std::uint64_t clock_ = 0;                   // of its presence
  RuleSpan came_;                             // from when it began to connect
  std::optional<std::uint64_t> quiet_since_;  // as Warden::still says, at that time
  std::weak_ptr<const int> process_;
  std::uint64_t heard_us_ = 0;
  bool loaded_ = false;
  bool leaving_ = false;
  bool resting_ = false;
  std::optional<Outstanding> outstanding_;
};

}  // namespace syncline::sim
