#include "streams/producers.h"

#include <iterator>

#include "base/mutation.h"

namespace syncline::streams {
namespace {

constexpr std::size_t kNodes = 160;  // of the list and of the map

std::size_t memory_of(const ProducerMark& mark) {
  return kNodes + sizeof(ProducerMark) + mark.id.size();
}

}  // namespace

Producers::Verdict Producers::judge(const ProducerMark& mark) const {
  const auto found = by_id_.find(mark.id);
  if (found == by_id_.end()) {
    if (mark.seq == 0) return {.epoch = mark.epoch};
    return {.judgement = Judgement::kGap, .epoch = mark.epoch};
  }
  const ProducerMark& known = *found->second;
  if (mark.epoch < known.epoch && is_mutated(Mutation::admit_stale_epoch)) return {};
  if (mark.epoch < known.epoch) return {.judgement = Judgement::kStaleEpoch, .epoch = known.epoch};
  if (mark.epoch > known.epoch)
    return {.judgement = mark.seq == 0 ? Judgement::kNew : Judgement::kBadFirst,
            .epoch = mark.epoch};
  if (mark.seq <= known.seq)
    return {.judgement = Judgement::kDuplicate, .epoch = known.epoch, .last_seq = known.seq};
  if (mark.seq == known.seq + 1) return {.epoch = known.epoch};
  return {.judgement = Judgement::kGap, .epoch = known.epoch, .expected = known.seq + 1};
}

void Producers::take(const ProducerMark& mark) {
  if (const auto found = by_id_.find(mark.id); found != by_id_.end()) {
    Order::iterator known = found->second;
    known->epoch = mark.epoch;
    known->seq = mark.seq;
    order_.splice(order_.end(), order_, known);
    return;
  }
  if (order_.size() == kMost) drop(order_.begin());
  order_.push_back(mark);
  by_id_.emplace(order_.back().id, std::prev(order_.end()));
  memory_ += memory_of(mark);
}

void Producers::drop(Order::iterator mark) {
  memory_ -= memory_of(*mark);
  by_id_.erase(mark->id);
  order_.erase(mark);
}

void Producers::write(ByteWriter& out) const {
  out.var_uint(order_.size());
  for (const ProducerMark& mark : order_) {
    out.var_string(mark.id);
    out.var_uint(mark.epoch);
    out.var_uint(mark.seq);
  }
}

void Producers::read(ByteReader& in) {
  const std::uint64_t count = in.var_uint();
  if (count > kMost) in.fail();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    ProducerMark mark;
    mark.id = in.var_string();
    mark.epoch = in.var_uint();
    mark.seq = in.var_uint();
    if (mark.id.empty() || mark.id.size() > kMostProducerIdBytes || by_id_.contains(mark.id))
      return in.fail();
    take(mark);
  }
}

}  // namespace syncline::streams
