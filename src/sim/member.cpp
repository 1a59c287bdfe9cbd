#include "sim/member.h"

#include <fmt/format.h>

#include <utility>

#include "base/byte_writer.h"
#include "protocol/hocuspocus.h"
#include "sim/invariants.h"
#include "sim/warden.h"
#include "syncline/crdt/awareness.h"
#include "syncline/crdt/types.h"

namespace syncline::sim {

using protocol::SyncKind;

namespace {

constexpr std::uint64_t kMemberEveryUs = 3 * kSecond / 2;
constexpr std::uint64_t kSilentUs = 30 * kSecond;
constexpr std::size_t kLongContent = 400;  // then it is erased
constexpr crdt::ClientId kFirstPage = 900'000;
constexpr crdt::ClientId kPagesOfMember = 10'000;

// A denial says what is not allowed: "…does not allow: set at /plan/title". "" if it is about something else.
std::string_view denied_action(std::string_view reason) {
  constexpr std::string_view kAllow = " allow: ";
  const auto at = reason.find(kAllow);
  if (at == reason.npos) return reason == "this token may read only" ? "write" : "";
  const std::string_view action = reason.substr(at + kAllow.size());
  return action.substr(0, action.find(' '));
}

}  // namespace

Member::Member(World& world, Network& network, Warden& warden, std::size_t number,
               std::size_t index)
    : Attacker(world, network,
               {.kind = "member",
                .number = number,
                .every_us = kMemberEveryUs,
                .client_id = kFirstPage - 1 - index}),
      warden_(warden),
      index_(index),
      hocuspocus_(index % 2 == 1),
      ward_(warden.ward_of(index)),
      object_(Warden::object_of(index)),
      person_(index) {}

// ---- the connection

Hello Member::hello() {
  forget();
  const Warden::Pass pass = warden_.pass_of(index_);
  person_ = pass.person;
  token_ = pass.token;
  came_ = warden_.now(ward_);
  quiet_since_ = warden_.still();
  process_ = warden_.process();
  return {.client = {},
          .hocuspocus = hocuspocus_,
          .workspace = std::string(warden_.workspace_of(ward_)),
          .object = hocuspocus_ ? std::string() : object_,
          .token = token_,
          .wants_saved = true};
}

// If another process has come meanwhile, nobody knows which one speaks.
void Member::opened() {
  heard_us_ = world_.now_us();
  if (process_.lock() != warden_.process().lock()) process_.reset();
  if (!hocuspocus_) return load();
  ByteWriter out;
  out.var_string(object_);
  out.var_uint(2);
  out.var_uint(0);
  out.var_string(token_);
  send(out.take());
}

void Member::forget() {
  loaded_ = leaving_ = false;
  outstanding_.reset();
  page_.reset();
}

void Member::load() {
  loaded_ = false;
  outstanding_.reset();
  page_ = std::make_unique<crdt::Doc>(crdt::DocOptions{
      .client_id = kFirstPage + index_ * kPagesOfMember + pages_++, .clean_formats = false});
  make_roots(*page_);
  page_->on_update([this](const crdt::UpdateEvent& event) {
    if (event.local()) update_ = to_bytes(event.update());
  });
  const Bytes nothing{0};
  send(hocuspocus_ ? protocol::encode_hocuspocus_sync(object_, SyncKind::kStep1, nothing)
                   : protocol::encode_y_sync(SyncKind::kStep1, nothing));
}

void Member::received(ByteView message) {
  heard_us_ = world_.now_us();
  warden_.shown(person_, ward_, as_text(message), came_);
  ByteReader in(message);
  if (hocuspocus_ && in.var_string() != object_) return;
  const std::uint64_t kind = in.var_uint();
  hocuspocus_ ? take_hocuspocus(kind, in) : take_y(kind, in);
}

void Member::take_sync(ByteReader& in) {
  const std::uint64_t kind = in.var_uint();
  if (kind == 0 || page_ == nullptr) return;
  static_cast<void>(page_->apply_update(in.var_buffer()));
  if (kind == 1) {
    loaded_ = true;
    if (const auto since = std::exchange(quiet_since_, std::nullopt))
      warden_.opened(person_, ward_, object_, *since, process_);
  }
  world_.hit(Probe::member_served);
}

void Member::take_y(std::uint64_t kind, ByteReader& in) {
  if (kind == 0) take_sync(in);
  if (kind == 100) edit_saved();
  if (kind != 2) return;
  in.var_uint();
  denied(in.var_string());
}

void Member::denied(std::string_view reason) {
  const std::string_view action = denied_action(reason);
  if (action == "presence")
    return warden_.told_of_refusal(person_, ward_, action, object_, process_);
  // Who may not read any more is sent away, and has asked for nothing.
  if (!action.empty() && action != "read") edit_refused();
}

void Member::take_hocuspocus(std::uint64_t kind, ByteReader& in) {
  if (kind == 0 || kind == 4) return take_sync(in);
  if (kind == 2) {
    const std::uint64_t answer = in.var_uint();
    if (answer == 2 && page_ == nullptr) return load();
    if (answer != 1) return;
  }
  if (kind == 2 || kind == 7) {
    denied(in.var_string());
    forget();
    return close();
  }
  if (kind == 8) in.var_uint() == 1 ? edit_saved() : edit_refused();
}

// ---- what it does

void Member::rest() {
  resting_ = true;
  // What was sent out of order is never answered as a whole.
  if (connected() && outstanding_ && !outstanding_->judged) load();
}

void Member::edit_at_once() {
  if (!resting_ && connected() && loaded_ && !outstanding_) edit();
}

// The server may have given the connection up while nothing reached it. Published clients find that out in the same way.
void Member::give_up_silent() {
  if (!connected() || world_.now_us() < heard_us_ + kSilentUs) return;
  forget();
  close();
}

void Member::act() {
  if (resting_) return give_up_silent();
  const std::uint64_t choice = dice_.below(100);
  if (choice < 16) return warden_.ask_something(*this, dice_);
  if (choice < 19) return warden_.give_something(*this, dice_);
  if (choice < 22) return warden_.restore_something(*this, dice_);
  if (!connected()) return;
  if (choice < 24 || (leaving_ && !outstanding_)) {
    forget();
    return close();
  }
  if (!loaded_) return;
  if (choice < 34) return show();
  if (choice < 44 && hocuspocus_) return say();
  if (outstanding_) {
    if (leaving_) outstanding_.reset();
    return;
  }
  dice_.chance(0.08) ? edit_out_of_order() : edit();
}

Bytes Member::make_update(const std::function<void()>& body) {
  update_.clear();
  page_->transact(body);
  return std::exchange(update_, {});
}

void Member::send_update(ByteView update) {
  send(hocuspocus_ ? protocol::encode_hocuspocus_sync(object_, SyncKind::kUpdate, update)
                   : protocol::encode_y_sync(SyncKind::kUpdate, update));
}

Member::Outstanding Member::outstanding_of(Edit edit) const {
  const auto place = [this](Acts acts, std::string path) {
    return Need{.needed = acts, .spot = {object_, std::move(path)}};
  };
  const auto below = [this](Acts acts, Acts touched) {
    return Need{
        .needed = acts, .spot = {object_, "/plan/budget"}, .below = true, .touched = touched};
  };
  const Need write = place(kMayInsert, "/content/*");
  const Need comment = place(kMayInsert, "/comments/*");
  switch (edit) {
    case Edit::kWrite: return {{write}, {write}, {}, {}, "writes"};
    case Edit::kComment: return {{comment}, {comment}, {}, {}, "comments"};
    case Edit::kErase: {
      // Formats that nothing is left of go with the text.
      const Need erase = place(kMayDelete, "/content/*");
      return {{erase}, {place(kMayDelete | kMayFormat, "/content/*")}, {}, {}, "erases"};
    }
    case Edit::kFormat: {
      const Need format = place(kMayFormat, "/content/*");
      return {{format}, {format}, {}, {}, "formats"};
    }
    case Edit::kSetTitle: {
      const Need set = place(kMaySet, "/plan/title");
      return {{set}, {set}, {}, {}, "sets the title"};
    }
    case Edit::kRemoveTitle: {
      const Need remove = place(kMaySet | kMayDelete, "/plan/title");
      return {{remove}, {remove}, {}, {}, "removes the title"};
    }
    case Edit::kSetTravel: {
      const Need set = place(kMaySet, "/plan/budget/travel");
      return {{set}, {set}, {}, {}, "sets what travel costs"};
    }
    case Edit::kNewBudget: {
      const Need replace = below(kMaySet, kMayWrite);
      return {{replace}, {replace}, {}, {}, "makes a new budget"};
    }
    case Edit::kRemoveBudget: {
      const Need remove = below(kMaySet | kMayDelete, kMaySet | kMayDelete);
      return {{remove}, {remove}, {}, {}, "removes the budget"};
    }
    case Edit::kWriteAndComment:
    case Edit::kCount: break;
  }
  return {{write, comment}, {write, comment}, {}, {}, "writes and comments"};
}

// Marks are inserted at the ends of texts, and erased as a whole, so none becomes another one.
bool Member::carry_out(Edit edit, const std::string& mark) {
  crdt::Text content = page_->text("content");
  crdt::Text comments = page_->text("comments");
  crdt::Map plan = page_->map("plan");
  const auto budget = plan.get("budget");
  const auto* map = budget ? std::get_if<crdt::Type>(&*budget) : nullptr;
  switch (edit) {
    case Edit::kWrite:
      return content.insert(dice_.chance(0.5) ? 0 : content.length(), mark).has_value();
    case Edit::kComment: return comments.insert(comments.length(), mark).has_value();
    case Edit::kErase: {
      const std::string text = content.to_string();
      const auto end = text.find(mark_text(MarkKind::kTaint, 0).substr(0, 6),
                                 text.empty() ? 0 : 1 + dice_.below(text.size()));
      const auto length = static_cast<std::uint32_t>(end == text.npos ? text.size() : end);
      return length > 0 && content.erase(0, length).has_value();
    }
    case Edit::kFormat:
      return content.length() > 0 &&
             content.format(0, content.length(), {{"by", crdt::Any(mark)}}).has_value();
    case Edit::kSetTitle: return plan.set("title", crdt::Any(mark)).has_value();
    case Edit::kRemoveTitle: return plan.has("title") && plan.erase("title").has_value();
    case Edit::kSetTravel:
      return map != nullptr && crdt::as<crdt::Map>(*map).set("travel", crdt::Any(mark)).has_value();
    case Edit::kNewBudget: {
      const auto made = plan.set_type("budget", crdt::TypeKind::kMap);
      if (!made) return false;
      auto fresh = crdt::as<crdt::Map>(*made);
      return fresh.set("made", crdt::Any(mark)).has_value() &&
             fresh.set("travel", crdt::Any(mark)).has_value();
    }
    case Edit::kRemoveBudget: return map != nullptr && plan.erase("budget").has_value();
    case Edit::kWriteAndComment:
    case Edit::kCount: break;
  }
  return comments.insert(comments.length(), mark).has_value() &&
         content.insert(0, mark).has_value();
}

void Member::edit() {
  auto kind = static_cast<Edit>(dice_.below(static_cast<std::size_t>(Edit::kCount)));
  if (page_->text("content").length() > kLongContent) kind = Edit::kErase;
  const std::uint64_t mark = warden_.draw_mark(person_, ward_, object_);
  const Bytes update =
      make_update([&] { static_cast<void>(carry_out(kind, mark_text(MarkKind::kTaint, mark))); });
  if (update.empty()) return;
  Outstanding outstanding = outstanding_of(kind);
  outstanding.since = warden_.now(ward_);
  const bool leaves_mark =
      kind != Edit::kErase && kind != Edit::kRemoveTitle && kind != Edit::kRemoveBudget;
  if (leaves_mark) outstanding.mark = mark;
  send_update(update);
  outstanding_ = std::move(outstanding);
}

// The second change comes first, and waits. Afterwards the member leaves, because answers to both look alike.
void Member::edit_out_of_order() {
  const auto marked = [this](Edit kind) {
    const std::string mark =
        mark_text(MarkKind::kTaint, warden_.draw_mark(person_, ward_, object_));
    return make_update([&] { static_cast<void>(carry_out(kind, mark)); });
  };
  const Bytes first = marked(dice_.chance(0.7) ? Edit::kComment : Edit::kWrite);
  const Bytes second = marked(static_cast<Edit>(dice_.below(3) * 4));  // writes, titles, removes
  if (first.empty() || second.empty()) return load();
  send_update(second);
  outstanding_ = Outstanding{.judged = false};
  world_.hit(Probe::member_out_of_order);
  loop_.after(dice_.scale(50, 6'000), [this, first, page = pages_] {
    if (page != pages_ || !connected() || resting_) return;
    send_update(first);
    leaving_ = true;
  });
}

void Member::edit_saved() {
  if (!outstanding_ || !outstanding_->judged) return;
  if (outstanding_->mark) warden_.saved(*outstanding_->mark);
  outstanding_.reset();
}

void Member::edit_refused() {
  if (!outstanding_) return;
  if (outstanding_->judged)
    warden_.refused(object_,
                    {.person = person_,
                     .needs = std::move(outstanding_->needs),
                     .surely = std::move(outstanding_->surely),
                     .span = warden_.until_now(ward_, outstanding_->since),
                     .refused = true,
                     .what = std::move(outstanding_->what),
                     .ward = ward_},
                    process_);
  load();
}

void Member::show() {
  const std::string state =
      fmt::format(R"({{"user":{{"name":"{}"}}}})",
                  mark_text(MarkKind::kShows, warden_.draw_mark(person_, ward_, object_)));
  const crdt::AwarenessEntry entry{
      .client = kFirstPage - 1 - index_, .clock = ++clock_, .state = state};
  const Bytes update = crdt::encode_awareness({&entry, 1});
  send(hocuspocus_ ? protocol::encode_hocuspocus_awareness(object_, update)
                   : protocol::encode_y_awareness(update));
}

void Member::say() {
  ByteWriter out;
  out.var_string(object_);
  out.var_uint(6);  // to everybody
  out.var_string(mark_text(MarkKind::kSays, warden_.draw_mark(person_, ward_, object_)));
  send(out.take());
}

}  // namespace syncline::sim
