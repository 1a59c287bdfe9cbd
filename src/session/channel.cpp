#include "session/channel.h"

#include <algorithm>
#include <utility>

#include "base/mutation.h"

namespace syncline::session {

using limits::Work;

namespace {

// Limits how far acks owed to a client can fill its queue beyond the limit.
constexpr std::uint64_t kSavedAtOnce = 16;

// Limits what is joined into one change. Each is judged, sealed and applied in one piece.
constexpr std::size_t kGatheredUpdates = 256;
constexpr std::size_t kGatheredBytes = std::size_t{16} << 10;

// What a change takes besides its bytes.
constexpr std::size_t kChangeBytes = 512;

// How long something waits for memory before it is tried again.
constexpr std::uint64_t kAgainMs = 250;

// Objects below this are answered at once, whatever is queued for others.
constexpr std::size_t kSmallObjectBytes = std::size_t{256} << 10;

}  // namespace

Channel::Channel(ChannelOptions options, Wire& wire)
    : host_(options.host),
      limits_(options.limits),
      counters_(options.counters),
      meter_(options.meter),
      wire_(wire),
      caller_(std::move(options.caller)),
      greet_(options.greet),
      writing_(caller_.rights.has(identity::Right::kWrite) ? Writing::kAll : Writing::kNothing),
      target_(std::make_unique<Target>(std::move(options.workspace), std::move(options.object),
                                       options.face, options.generation)) {}

Channel::~Channel() {
  leave();
}

void Channel::join() {
  if (auto open = host_.admit(caller_, workspace_name()); !open) return end(open.error());
  if (host_.memory() != MemoryLevel::kFull || is_mutated(Mutation::join_when_full)) return enter();
  ++counters_.joins_put_off;
  wire_.hold_reading();
  join_when_room(0);
}

void Channel::join_when_room(std::uint64_t waited_ms) {
  target_->timer = host_.scheduler().after(kAgainMs, [this, waited_ms = waited_ms + kAgainMs] {
    target_->timer = 0;
    const bool full = host_.memory() == MemoryLevel::kFull;
    if (full && waited_ms < limits_.join_wait_ms) return join_when_room(waited_ms);
    wire_.resume_reading();
    if (!full) return enter();
    ++counters_.joins_refused;
    end({is_mutated(Mutation::refuse_for_good) ? ErrorCode::kTooLarge : ErrorCode::kUnavailable,
         "the server is short of memory; come back later"});
  });
}

void Channel::enter() {
  wire_.hold_reading();
  // They are gone when the channel has joined.
  const std::string object = target_->object;
  const std::string_view face = target_->face;
  workspace_ = &host_.get(target_->workspace);
  workspace_->subscribe(caller_, object, face, *this,
                        [this, alive = std::weak_ptr(alive_)](Result<workspace::LiveObject*> live) {
                          // A refusal waits for what it refers to; the client may have left.
                          if (!alive.expired()) joined(std::move(live));
                        });
}

void Channel::joined(Result<workspace::LiveObject*> live) {
  wire_.resume_reading();
  if (!live) {
    workspace_ = nullptr;
    return end(live.error());
  }
  const std::unique_ptr<Target> target = take_place(**live);
  if (target == nullptr) return;
  // Who may write in part from the beginning is told when he tries more.
  if (find_rights() && writing_ != Writing::kPart) wire_.send_rights(rights(), false);
  if (greet_) send_version();
  if (!is_mutated(Mutation::joiner_not_told)) send_everybody(false);
  for (auto& message : target->early)
    if (live_ != nullptr) message();
}

Writing Channel::find_writing() const {
  if (!caller_.rights.has(identity::Right::kWrite)) return Writing::kNothing;
  if (workspace_->policy() == nullptr) return Writing::kAll;
  if (!workspace_->may(caller_, identity::Right::kWrite, *live_)) return Writing::kNothing;
  return workspace_->may_change_all(caller_, *live_) ? Writing::kAll : Writing::kPart;
}

// True if the client may write more or less than before.
bool Channel::find_rights() {
  const Writing found = find_writing();
  return std::exchange(writing_, found) != found;
}

void Channel::on_rights() {
  if (ended_ || live_ == nullptr) return;
  if (const auto may = workspace_->may(caller_, identity::Right::kRead, *live_); !may) {
    ++counters_.ended_policy;
    return end(may.error());
  }
  const Writing before = writing_;
  if (!find_rights()) return;
  const bool less = before == Writing::kAll && writing_ == Writing::kPart;
  wire_.send_rights(less ? RightsNews::kWritesLess : rights(), true);
}

void Channel::leave() {
  host_.scheduler().cancel(std::exchange(untold_timer_, 0));
  host_.scheduler().cancel(std::exchange(put_off_timer_, 0));
  if (target_ != nullptr && target_->timer != 0) {
    host_.scheduler().cancel(std::exchange(target_->timer, 0));
    wire_.resume_reading();
  }
  if (holding_) wire_.resume_reading();
  holding_ = false;
  if (live_ != nullptr) {
    workspace_->unsubscribe(*live_, *this);
  } else if (workspace_ != nullptr) {
    workspace_->cancel(*this);
    wire_.resume_reading();
  }
  live_ = nullptr;
  workspace_ = nullptr;
}

const std::string& Channel::workspace_name() const {
  return target_ == nullptr ? workspace_->name() : target_->workspace;
}

const std::string& Channel::object() const {
  return target_ == nullptr ? live_->id() : target_->object;
}

// For reports, when it has left.
void Channel::keep_names() {
  target_ = std::make_unique<Target>(workspace_->name(), live_->id());
}

void Channel::stop() {
  if (std::exchange(ended_, true)) return;
  gathered_.reset();
  if (live_ != nullptr) keep_names();
  leave();
}

void Channel::end(const Error& error) {
  if (ended_) return;
  stop();
  wire_.close(error);
}

void Channel::renew(identity::Principal principal) {
  if (ended_ || is_mutated(Mutation::keep_old_rights)) return;
  submit_gathered();  // it came before the token
  if (ended_) return;
  caller_.rights = principal.rights;
  caller_.principal = std::move(principal);
  if (live_ != nullptr) find_rights();
  host_.admit(caller_, identity::Right::kRead, workspace_name(), object(),
              [this, alive = std::weak_ptr(alive_)](Result<void> open) {
                if (!alive.expired() && !open) end(open.error());
              });
}

std::uint64_t Channel::lag() const {
  if (live_ == nullptr || !owed_->missed) return 0;
  return live_->position() - std::min(owed_->missed->position(), live_->position());
}

bool Channel::wait_until_joined(std::move_only_function<void()> message) {
  if (live_ != nullptr || ended_) return live_ == nullptr;
  target_->early.push_back(std::move(message));
  return true;
}

// ---- from the client

void Channel::ask(ByteView version) {
  submit_gathered();
  if (live_ == nullptr) {
    wait_until_joined([this, copy = to_bytes(version)] { ask(copy); });
    return;
  }
  answer(version);
}

void Channel::answer(ByteView version) {
  // One at a time; the next one only when it has left, because each may be the whole object.
  if (congested() || answering_ || (answer_queued_ && wire_.queued_bytes() > 0) || put_off()) {
    if (!is_mutated(Mutation::lose_request))
      owed_.make().question = std::make_unique<Bytes>(to_bytes(version));
    return;
  }
  answering_ = answer_queued_ = true;
  if (live_->object().replication() == nullptr)
    return send_state(Missed(live_->version(), live_->position()));
  workspace_->diff(
      caller_, *live_, version,
      [this, alive = std::weak_ptr(alive_),
       asked = to_bytes(version)](Result<workspace::Lacking> lacking) mutable {
        if (alive.expired() || ended_) return;
        answering_ = false;
        if (!lacking) return end(lacking.error());
        if (!congested()) {
          if (lacking->first) wire_.send_catch_up(*lacking->first);
          return wire_.send_answer(*lacking->rest);
        }
        // Other messages filled the queue first. A question that arrived in the meantime is newer.
        if (!owed_->question) owed_.make().question = std::make_unique<Bytes>(std::move(asked));
      },
      this);
  if (live_ != nullptr && !greet_) send_version();
}

void Channel::send_version() {
  if (live_->object().replication() == nullptr)
    return send_state(Missed(live_->version(), live_->position()));
  workspace_->version(
      caller_, *live_,
      [this, alive = std::weak_ptr(alive_)](Result<Bytes> version) {
        if (alive.expired() || ended_ || !version) return;
        wire_.send_version(*version);
      },
      this);
}

void Channel::change(ByteView intent, bool more, Connection* carrier) {
  std::shared_ptr<const void> owner;
  if (carrier != nullptr && intent.size() > kGatheredBytes) owner = carrier->keep_message();
  take_change(intent, more, std::move(owner));
}

void Channel::take_change(ByteView intent, bool more, std::shared_ptr<const void> owner) {
  if (live_ == nullptr) {
    if (owner != nullptr)
      wait_until_joined([this, intent, owner] { take_change(intent, false, owner); });
    else
      wait_until_joined([this, copy = to_bytes(intent)] { change(copy); });
    return;
  }
  if (is_mutated_now_and_then(Mutation::overtake)) {
    return host_.scheduler().post([this, alive = std::weak_ptr(alive_), copy = to_bytes(intent)] {
      if (!alive.expired() && live_ != nullptr) change(copy);
    });
  }
  ++counters_.updates_in;
  account(static_cast<std::ptrdiff_t>(intent.size()), 1);
  const std::uint64_t number = ++updates_taken_;
  if (is_mutated_now_and_then(Mutation::ack_dropped_update)) {
    return submitted(number, 1, intent.size(), workspace::Receipt{});
  }
  if (!gather(number, intent, more)) submit(number, intent, std::move(owner));
}

// True if the change is held back, or was submitted with those that were.
bool Channel::gather(std::uint64_t number, ByteView intent, bool more) {
  const std::size_t held = gathered_ ? gathered_->intents.size() : 0;
  if (held + intent.size() > kGatheredBytes) {
    submit_gathered();
    if (live_ == nullptr) return true;  // a refusal has ended the channel
    if (intent.size() > kGatheredBytes) return false;
  }
  if (!gathered_) {
    if (!more) return false;
    gathered_ = std::make_shared<Gathered>();
    gathered_->first = number;
  }
  gathered_->intents.insert(gathered_->intents.end(), intent.begin(), intent.end());
  gathered_->ends.push_back(gathered_->intents.size());
  if (!more || gathered_->ends.size() >= kGatheredUpdates) submit_gathered();
  return true;
}

std::vector<ByteView> Channel::Gathered::views() const {
  std::vector<ByteView> views;
  views.reserve(ends.size());
  std::size_t begin = 0;
  for (const std::size_t end : ends) {
    views.push_back(ByteView(intents).subspan(begin, end - begin));
    begin = end;
  }
  return views;
}

void Channel::submit_gathered() {
  const auto gathered = std::exchange(gathered_, nullptr);
  if (!gathered || live_ == nullptr) return;
  if (gathered->ends.size() == 1 || !submit_joined(gathered)) submit_each(*gathered);
}

bool Channel::submit_joined(const std::shared_ptr<Gathered>& gathered) {
  const auto joined = live_->object().type().join(gathered->views());
  if (!joined) return false;
  const std::uint64_t updates = gathered->ends.size();
  workspace::Change submitting{.actor_seq = gathered->first,
                               .further_seqs = updates - 1,
                               .intent = *joined,
                               .alone = inflight_updates_ == updates};
  // The object may come back from a worker when the client has left.
  submitting.apart = [this, alive = std::weak_ptr(alive_), gathered, &workspace = *workspace_,
                      &object = *live_, caller = caller_] {
    if (!alive.expired() && live_ != nullptr) return submit_each(*gathered);
    std::uint64_t number = gathered->first;
    for (const ByteView intent : gathered->views())
      workspace.submit(caller, object, {.actor_seq = number++, .intent = intent}, nullptr,
                       [](const Result<workspace::Receipt>&) {});
  };
  workspace_->submit(caller_, *live_, std::move(submitting), this,
                     [this, alive = std::weak_ptr(alive_), number = gathered->first, updates,
                      bytes = gathered->intents.size(),
                      charge = charge_for(joined->size())](Result<workspace::Receipt> receipt) {
                       if (!alive.expired()) submitted(number, updates, bytes, std::move(receipt));
                     });
  return true;
}

// A refusal may end the channel.
void Channel::submit_each(const Gathered& gathered) {
  std::uint64_t number = gathered.first;
  for (const ByteView intent : gathered.views()) {
    if (live_ == nullptr) return;
    submit(number++, intent);
  }
}

// A change that waits for others is charged as such once it is stored.
void Channel::submit(std::uint64_t number, ByteView intent, std::shared_ptr<const void> owner) {
  workspace::Change submitting{.actor_seq = number,
                               .intent = intent,
                               .owner = std::move(owner),
                               .alone = inflight_updates_ == 1};
  const auto charge = std::make_shared<MemoryCharge>(charge_for(intent.size()));
  submitting.waits = [this, alive = std::weak_ptr(alive_), number, bytes = intent.size(),
                      charge](bool kept) {
    if (kept) charge->set(0);
    if (!alive.expired()) waits(number, bytes, kept);
  };
  workspace_->submit(caller_, *live_, std::move(submitting), this,
                     [this, alive = std::weak_ptr(alive_), number, bytes = intent.size(),
                      charge](Result<workspace::Receipt> receipt) {
                       if (!alive.expired()) submitted(number, 1, bytes, std::move(receipt));
                     });
}

// Once the change is stored durably, it no longer counts as in flight, because what it waits for
// may come from this client.
void Channel::waits(std::uint64_t number, std::size_t bytes, bool kept) {
  if (!kept) {
    if (!waiting_) waiting_ = std::make_unique<std::map<std::uint64_t, std::uint64_t>>();
    waiting_->emplace(number, 0);
  } else {
    account(-static_cast<std::ptrdiff_t>(bytes), -1);
  }
}

// The place at which a saved update counts: after the last update before it that waits.
std::uint64_t& Channel::saved_before(std::uint64_t number) {
  if (!waiting_) return saved_unsaid_;
  const auto next = waiting_->lower_bound(number);
  return next == waiting_->begin() ? saved_unsaid_ : std::prev(next)->second;
}

// `updates` changes from `number` on are one event. Only a change by itself waits.
void Channel::submitted(std::uint64_t number, std::uint64_t updates, std::size_t bytes,
                        Result<workspace::Receipt> receipt) {
  if (!receipt && receipt.error().code == ErrorCode::kForbidden &&
      is_mutated(Mutation::ack_forbidden))
    receipt = workspace::Receipt{};
  std::uint64_t saved = receipt ? updates : 0;
  const bool has_waited = waiting_ != nullptr && waiting_->contains(number);
  if (has_waited) {
    saved += waiting_->at(number);
    waiting_->erase(number);
    if (waiting_->empty()) waiting_.reset();
  } else {
    account(-static_cast<std::ptrdiff_t>(bytes), 0);
  }
  if (ended_) return;
  saved_before(number) += saved;
  if (!receipt) {
    counters_.updates_refused += updates;
    if (receipt.error().code != ErrorCode::kForbidden) return end(receipt.error());
    // The client may continue, because others of its changes may be allowed.
    report_dropped("change refused", receipt.error());
    send_refused(std::move(receipt.error()));
  } else {
    counters_.acks += updates;
  }
  if (saved_unsaid_ > 0 && !congested()) wire_.send_saved(std::exchange(saved_unsaid_, 0));
  if (!has_waited) answered(updates);
}

void Channel::report_dropped(observe::Constant what, const Error& error) const {
  observe::Reporter(host_.reports(), observe::Area::kSession)
      .debug(what, {{"reason", error.message},
                    {"workspace", workspace_name()},
                    {"object", object()},
                    {"principal", caller_.principal.id}});
}

// The client may continue. Several refusals for one that does not read become one.
void Channel::send_refused(Error error) {
  if (!congested()) return wire_.send_refused(error);
  owed_.make().refused = std::make_unique<Error>(std::move(error));
}

// Counts the answer to updates that was queued. A client that does not read its answers is held
// back like one that runs ahead of the disk.
void Channel::answered(std::uint64_t updates) {
  if (wire_.queued_bytes() > 0) {
    unread_answers_ += static_cast<std::uint32_t>(updates);
  } else {
    account(0, -static_cast<std::ptrdiff_t>(updates));
  }
}

// What the change needs until it is told: the event, what others are told, and its place in line. It is
// charged as long as the change is under way, even if its author leaves.
MemoryCharge Channel::charge_for(std::size_t bytes) const {
  return MemoryCharge(host_.cell_of(caller_, MemoryUse::kChanges), kChangeBytes + 2 * bytes);
}

std::size_t Channel::most_inflight_bytes() const {
  if (inflight_bytes_ <= limits_.short_inflight_bytes / 2) return limits_.inflight_bytes;
  const SharedCell cell = host_.cell_of(caller_, MemoryUse::kChanges);
  const bool room = cell == nullptr || cell->has_room(0);
  return room ? limits_.inflight_bytes
              : std::min(limits_.inflight_bytes, limits_.short_inflight_bytes);
}

// Limits what is accepted but not durable yet.
void Channel::account(std::ptrdiff_t bytes, std::ptrdiff_t updates) {
  inflight_bytes_ += static_cast<std::size_t>(bytes);
  inflight_updates_ += static_cast<std::uint32_t>(updates);
  counters_.most_inflight = std::max<std::uint64_t>(counters_.most_inflight, inflight_updates_);
  const std::size_t most_bytes = most_inflight_bytes();
  if (!holding_ && !ended_ && !is_mutated(Mutation::unbounded_inflight) &&
      (inflight_bytes_ > most_bytes || inflight_updates_ > limits_.inflight_updates)) {
    holding_ = true;
    ++counters_.held_back;
    wire_.hold_reading();
  } else if (holding_ && inflight_bytes_ <= most_bytes / 2 &&
             inflight_updates_ <= limits_.inflight_updates / 2) {
    holding_ = false;
    wire_.resume_reading();
  }
}

void Channel::presence(ByteView update) {
  if (live_ == nullptr) {
    if (is_mutated(Mutation::drop_early_presence)) return;
    wait_until_joined([this, copy = to_bytes(update)] { presence(copy); });
    return;
  }
  submit_gathered();
  if (live_ == nullptr) return;
  ++counters_.awareness_in;
  const bool tell = untold_timer_ == 0 && meter_.wait_ms(Work::kPresence) == 0;
  presence_taken(workspace_->set_presence(caller_, *live_, *this, update, tell,
                                          [this, alive = std::weak_ptr(alive_)](Result<void> set) {
                                            if (!alive.expired() && !set)
                                              presence_refused(set.error());
                                          }));
}

// Over the rate, others are told later, and only the newest state.
void Channel::presence_taken(workspace::PresenceTaken taken) {
  if (taken.told_bytes > 0) meter_.take(Work::kPresence, limits::telling_units(taken.told_bytes));
  if (!taken.untold) return;
  ++counters_.presence_delayed;
  over_rate("presence is told later: too many updates",
            "presence changes too fast; others get only the newest");
  if (untold_timer_ != 0 || ended_) return;
  const std::uint64_t wait_ms = std::max<std::uint64_t>(meter_.wait_ms(Work::kPresence), 1);
  untold_timer_ = host_.scheduler().after(wait_ms, [this] { tell_untold(); });
}

void Channel::tell_untold() {
  untold_timer_ = 0;
  if (live_ == nullptr) return;
  if (const std::uint64_t wait_ms = meter_.wait_ms(Work::kPresence); wait_ms > 0) {
    untold_timer_ = host_.scheduler().after(wait_ms, [this] { tell_untold(); });
    return;
  }
  presence_taken(workspace_->tell_untold_presence(caller_, *live_, *this));
}

// Reported, and said to the client, once.
void Channel::over_rate(observe::Constant what, std::string_view notice) {
  if (std::exchange(told_of_rate_, true)) return;
  observe::Reporter(host_.reports(), observe::Area::kSession)
      .warn(what, {{"workspace", workspace_name()},
                   {"object", object()},
                   {"principal", caller_.principal.id}});
  if (!ended_ && !congested()) wire_.send_notice({ErrorCode::kUnavailable, std::string(notice)});
}

void Channel::presence_refused(const Error& error) {
  if (ended_) return;
  if (error.code != ErrorCode::kTooLarge && error.code != ErrorCode::kForbidden) return end(error);
  // This is no reason to end the object, because a client sends such a state again and again.
  ++counters_.awareness_dropped;
  report_dropped("presence dropped", error);
  if (!std::exchange(told_of_presence_, true)) wire_.send_notice(error);
}

void Channel::query_presence() {
  if (live_ == nullptr) {
    wait_until_joined([this] { query_presence(); });
    return;
  }
  submit_gathered();
  if (live_ == nullptr) return;
  send_everybody(false);
}

void Channel::send_everybody(bool with_gone) {
  auto tell = [this, alive = std::weak_ptr(alive_)](
                  Result<std::shared_ptr<const workspace::Diff>> presence) {
    if (alive.expired() || ended_ || live_ == nullptr || !presence) return;
    if (congested()) {
      presence_missed_ = true;
    } else if (*presence) {
      const workspace::Diff& list = **presence;
      const workspace::Delivery told{
          .object = live_->id(), .payload = list.change, .encodings = list.encodings};
      wire_.send_presence(told);
      list.encodings = told.encodings;  // for the next who joins
    }
  };
  workspace_->presence(caller_, *live_, *this, with_gone, std::move(tell));
}

void Channel::message(std::string_view text, bool to_sender) {
  if (live_ == nullptr) {
    wait_until_joined([this, copy = std::string(text), to_sender] { message(copy, to_sender); });
    return;
  }
  submit_gathered();
  if (live_ == nullptr) return;
  if (text.size() > limits_.stateless_bytes) {
    return end({ErrorCode::kTooLarge, "stateless message of " + std::to_string(text.size()) +
                                          " bytes, more than " +
                                          std::to_string(limits_.stateless_bytes)});
  }
  if (meter_.wait_ms(Work::kBroadcasts) > 0) {
    ++counters_.messages_dropped;
    return over_rate("messages to others dropped: too many",
                     "a message to others was dropped; there were too many");
  }
  meter_.take(Work::kBroadcasts, limits::telling_units(text.size()));
  workspace_->pass_on(caller_, *live_, std::string(text), to_sender ? nullptr : this,
                      [this, alive = std::weak_ptr(alive_)](Result<void> passed) {
                        if (!alive.expired() && !passed) presence_refused(passed.error());
                      });
}

// ---- to the client

bool Channel::congested() const {
  if (is_mutated(Mutation::unbounded_queue)) return false;
  const bool easy = host_.memory() == MemoryLevel::kEasy;
  return wire_.queued_bytes() > (easy ? limits_.queue_bytes : limits_.short_queue_bytes);
}

// True if an answer has to wait because too much is queued for others. It is tried again.
bool Channel::put_off() {
  // The memory of an object is an estimate of the answer, and not below it by much.
  const std::size_t bytes = live_->memory_bytes();
  if (bytes < kSmallObjectBytes) return false;
  // Those who get an encoding that exists need none of their own.
  const bool no_room = !live_->whole() && host_.crowded(bytes);
  if (!no_room && !wire_.crowded(bytes)) return false;
  if (put_off_timer_ != 0) return true;
  ++counters_.answers_put_off;
  put_off_timer_ = host_.scheduler().after(kAgainMs, [this] {
    put_off_timer_ = 0;
    send_owed();
  });
  return true;
}

void Channel::on_change(const workspace::Delivery& change) {
  if (owed_->missed || congested()) return fall_behind(change);
  ++counters_.updates_out;
  wire_.send_change(change);
}

void Channel::fall_behind(const workspace::Delivery& missed) {
  if (!owed_->missed) {
    ++counters_.fell_behind;
    owed_.make().missed = std::make_unique<Missed>(live_->version(), live_->position());
  }
  owed_->missed->drop(live_->object(), missed);
}

// The client has what `from` says, and may lack what was dropped since.
void Channel::fall_back(Missed from) {
  ++counters_.fell_back;
  if (is_mutated(Mutation::lose_catch_up)) return;
  if (owed_->missed) from.and_also(live_->object(), *owed_->missed);
  owed_.make().missed = std::make_unique<Missed>(std::move(from));
}

void Channel::drained() {
  answer_queued_ = false;
  account(0, -static_cast<std::ptrdiff_t>(std::exchange(unread_answers_, 0)));
}

// Each of these may end the channel.
void Channel::send_owed() {
  while (live_ != nullptr && saved_unsaid_ > 0 && !congested()) {
    const std::uint64_t said = std::min(saved_unsaid_, kSavedAtOnce);
    saved_unsaid_ -= said;
    wire_.send_saved(said);
  }
  if (live_ != nullptr && owed_->refused)
    send_refused(std::move(*std::exchange(owed_.make().refused, nullptr)));
  if (is_mutated(Mutation::never_catch_up)) owed_.make().missed.reset();
  if (live_ != nullptr && owed_->missed && !congested() && !put_off()) catch_up();
  if (live_ != nullptr && owed_->question) answer(*std::exchange(owed_.make().question, nullptr));
  if (live_ != nullptr && presence_missed_ && !congested()) {
    presence_missed_ = false;
    send_everybody(!is_mutated(Mutation::forget_missed_leaves));
  }
}

void Channel::catch_up() {
  Missed from = std::move(*std::exchange(owed_.make().missed, nullptr));
  if (live_->object().replication() == nullptr) {
    owed_.make().question.reset();  // the state answers it, too
    return send_state(std::move(from));
  }
  const Bytes version = from.version();
  workspace_->diff(
      caller_, *live_, version,
      [this, alive = std::weak_ptr(alive_),
       from = std::move(from)](Result<workspace::Lacking> lacking) mutable {
        if (alive.expired() || ended_) return;
        if (!lacking) return end(lacking.error());
        // Other messages filled the queue first.
        if (congested()) return fall_back(std::move(from));
        if (lacking->first) wire_.send_catch_up(*lacking->first);
        wire_.send_catch_up(*lacking->rest);
      },
      this);
}

// For types without versions.
void Channel::send_state(Missed from) {
  answering_ = true;
  workspace_->state(
      caller_, *live_,
      [this, alive = std::weak_ptr(alive_),
       from = std::move(from)](Result<workspace::Workspace::State> state) mutable {
        if (alive.expired() || ended_) return;
        answering_ = false;
        if (!state) return end(state.error());
        if (congested()) return fall_back(std::move(from));
        wire_.send_state(*state);
      },
      this);
}

void Channel::on_presence(const workspace::Delivery& update) {
  if (congested()) {
    presence_missed_ |= !is_mutated(Mutation::forget_missed_presence);
  } else {
    wire_.send_presence(update);
  }
}

void Channel::on_message(const workspace::Delivery& message) {
  if (!congested()) wire_.send_message(message);
}

void Channel::on_lost(const Error& error) {
  keep_names();
  live_ = nullptr;
  workspace_ = nullptr;
  end(error);
}

}  // namespace syncline::session
