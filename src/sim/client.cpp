#include "sim/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "crdt/update_writer.h"
#include "sim/invariants.h"
#include "syncline/crdt/updates.h"

namespace syncline::sim {

using protocol::SyncKind;

namespace {

constexpr std::uint64_t kSilenceMs = 30'000;
constexpr std::uint64_t kPresenceMs = 15'000;
constexpr std::uint64_t kTickMs = 3'000;
constexpr std::size_t kTokensKept = 8;

Acked content_of(ByteView update) {
  auto meta = crdt::update_meta(update, crdt::UpdateVersion::kV1);
  return meta ? Acked{std::move(meta->inserts), std::move(meta->deletes)} : Acked{};
}

}  // namespace

// The handler of a connection. It may outlive the client's interest in the connection.
class Client::Handler final : public session::ConnectionHandler {
 public:
  explicit Handler(std::shared_ptr<Client*> client) : client_(std::move(client)) {}

  void on_open(session::Connection& connection) override {
    if (*client_ == nullptr) return connection.close(1000, {});
    (*client_)->on_open(connection);
  }
  void on_message(ByteView message) override {
    if (*client_ == nullptr) return;
    (*client_)->last_heard_ms_ = (*client_)->loop_.monotonic_ms();
    (*client_)->received(message);
  }
  void on_drained() override {}
  void on_closed(std::uint16_t code) override {
    if (*client_ != nullptr) (*client_)->on_closed(code);
  }

 private:
  std::shared_ptr<Client*> client_;
};

Client::Client(World& world, Connector& connector, Book& book, ClientSettings settings)
    : world_(world),
      settings_(std::move(settings)),
      connector_(connector),
      book_(book),
      name_(fmt::format("c{}", settings_.number)),
      dice_(world.dice.fork("client", settings_.number)),
      edit_dice_(world.dice.fork("edits", settings_.number)),
      loop_(world.timeline),
      handle_(std::make_shared<Client*>(nullptr)) {
  loop_.skew() = settings_.skew;
  replicas_.resize(settings_.objects.size());
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    replicas_[i].name = {settings_.workspace, settings_.objects[i]};
    make_replica(replicas_[i], {}, false);
  }
}

Client::~Client() {
  *handle_ = nullptr;
  connector_.process_gone(loop_, false);
}

// The id shows to which object it belongs, so that a leak is visible wherever it appears.
void Client::make_replica(Replica& replica, ByteView state, bool same_id) {
  if (!same_id) replica.id = (settings_.number + 1) * 10'000 + ++identities_;
  if (state.empty()) replica.own.clear();
  replica.presence_id = replica.id;
  replica.awareness = crdt::Awareness();
  // A client with read access only must not remove formats of others, because nobody would receive
  // that edit.
  crdt::DocOptions options{.client_id = replica.id};
  options.clean_formats = !settings_.read_only;
  options.next_client_seed = dice_.next();
  replica.editor = std::make_unique<Editor>(world_.probes, options, settings_.undoes,
                                            [this] { return loop_.monotonic_ms(); });
  if (!state.empty()) static_cast<void>(replica.editor->doc().apply_update(state));
  note_id(replica);
  replica.editor->doc().on_update([this, &replica](const crdt::UpdateEvent& event) {
    // Its own edits, including formats that it cleans after somebody else's change.
    if (!event.local()) return;
    if (connected() && replica.welcome) send_update(replica, SyncKind::kUpdate, event.update());
  });
}

// The engine takes another id when it notices that another replica edits under its own.
void Client::note_id(Replica& replica) {
  replica.id = replica.editor->doc().client_id();
  if (replica.own.insert(replica.id).second && !settings_.read_only)
    book_.owns(replica.name, replica.id);
}

void Client::start() {
  connect();
  edit_later();
  tick();
  if (settings_.online_us > 0) cycle();
}

// ---- connecting

void Client::connect() {
  if (!online_ || connected()) return;
  *handle_ = nullptr;
  handle_ = std::make_shared<Client*>(this);
  rights_doubtful_ = rights_withdrawn_;  // not later: a paused client may read an old refusal later
  last_heard_ms_ = loop_.monotonic_ms();
  if (tokens_.issue == nullptr) {
    token_ = settings_.token;
  } else if (std::exchange(wants_token_, false)) {
    token_ = tokens_.issue();
  }
  for (Replica& replica : replicas_) opens_with_token(replica);
  Hello hello{.client = name_,
              .number = settings_.number,
              .connection = ++connections_,
              .hocuspocus = settings_.hocuspocus,
              .workspace = settings_.workspace,
              .object = settings_.hocuspocus ? std::string() : settings_.objects.front(),
              .token = token_,
              .wants_saved = settings_.wants_saved};
  connector_.connect(std::move(hello), loop_, std::make_unique<Handler>(handle_));
}

// As y-websocket waits: 100 ms, doubled each time, at most 2.5 s.
void Client::connect_later() {
  if (!online_) return;
  const std::uint64_t wait = std::min<std::uint64_t>(2500, 100ULL << std::min(failures_, 6UL));
  ++failures_;
  loop_.after(wait + dice_.below(100), [this, handle = handle_] {
    if (handle == handle_) connect();
  });
}

void Client::on_open(session::Connection& connection) {
  connection_ = &connection;
  failures_ = 0;
  last_heard_ms_ = loop_.monotonic_ms();
  opened();
}

void Client::on_closed(std::uint16_t code) {
  *handle_ = nullptr;
  const bool was_open = std::exchange(connection_, nullptr) != nullptr;
  for (Replica& replica : replicas_) {
    if (was_open && !replica.unacked.empty()) world_.hit(Probe::unacked_survived);
    disconnected(replica);
  }
  if (code == 4503) world_.hit(Probe::append_refused_full);
  if (code == 4409) lost_identity("closed with 4409");
  if (code == 4401 && token_is_over(replicas_.front())) return connect_later();
  const bool refused = code >= 4400 && code < 4500 && code != 4408 && code != 4409 && code != 4205;
  if (refused) protocol_broken(fmt::format("was closed with {}", code));
  connect_later();
}

void Client::close(std::uint16_t code) {
  if (session::Connection* connection = std::exchange(connection_, nullptr))
    connection->close(code, {});
  *handle_ = nullptr;
  handle_ = std::make_shared<Client*>(nullptr);
  for (Replica& replica : replicas_) disconnected(replica);
}

// As the published clients do, it forgets the presence of others and keeps the clocks.
void Client::disconnected(Replica& replica) {
  replica.disconnected();
  std::vector<crdt::ClientId> others;
  for (const auto& [id, state] : replica.awareness.clients())
    if (id != replica.presence_id) others.push_back(id);
  static_cast<void>(replica.awareness.remove(others, loop_.monotonic_ms()));
}

void Client::go_offline() {
  if (!std::exchange(online_, false)) return;
  world_.trace.note(Kind::kConnect, name_, 0, 0, [] { return "goes offline"; });
  if (settings_.says_goodbye)
    for (Replica& replica : replicas_)
      if (connected() && replica.welcome) say_goodbye(replica);
  close(1000);
}

void Client::go_online() {
  if (std::exchange(online_, true)) return;
  world_.trace.note(Kind::kConnect, name_, 1, 0, [] { return "comes online"; });
  failures_ = 0;
  connect();
}

void Client::cycle() {
  const std::uint64_t mean = online_ ? settings_.online_us : settings_.offline_us;
  loop_.after(dice_.wait(static_cast<double>(mean)) / 1000, [this] {
    if (!editing_) return;
    online_ ? go_offline() : go_online();
    world_.hit(Probe::client_offline);
    cycle();
  });
}

void Client::pause_for(std::uint64_t duration_us) {
  if (loop_.paused()) return;
  loop_.pause();
  world_.timeline.after(duration_us, [this] { loop_.resume(); });
}

void Client::restart(Memory memory, std::uint64_t down_us) {
  world_.trace.note(Kind::kProcess, name_, 7, static_cast<std::uint64_t>(memory), [&] {
    return memory == Memory::kKept   ? "is restarted"
           : memory == Memory::kLost ? "is restarted without its documents"
                                     : "comes back as another device under the same ids";
  });
  *handle_ = nullptr;
  connection_ = nullptr;
  connector_.process_gone(loop_, dice_.chance(0.5));
  const bool paused = loop_.paused();
  loop_.stop();
  if (paused) loop_.resume();
  for (Replica& replica : replicas_) {
    disconnected(replica);
    const Bytes kept = replica.editor->doc().encode_state_as_update();
    if (memory == Memory::kKept) {
      make_replica(replica, kept, false);
    } else {
      make_replica(replica, {}, memory == Memory::kIdOnly);
    }
  }
  if (memory == Memory::kIdOnly) suspect_ = true;
  online_ = true;
  world_.timeline.after(down_us, [this] { start(); });
}

// The server noticed that two replicas use one id. The client continues with a new one.
void Client::lost_identity(std::string_view why) {
  if (!suspect_) return protocol_broken(why);
  world_.hit(Probe::two_with_one_id);
  suspect_ = false;
  for (Replica& replica : replicas_) make_replica(replica, {}, false);
}

void Client::opens_with_token(Replica& replica) {
  replica.tokens = {token_};
}

void Client::renew_token(Replica& replica, std::function<void()> send) {
  world_.hit(Probe::token_wanted);
  if (tokens_.issue == nullptr) return protocol_broken("is asked for a token that never expires");
  if (dice_.chance(0.2)) return;  // its application has none
  loop_.after(dice_.below(2'000), [this, handle = handle_, &replica, send = std::move(send)] {
    if (handle != handle_ || !connected()) return;
    token_ = tokens_.issue();
    replica.tokens.push_back(token_);
    if (replica.tokens.size() > kTokensKept) replica.tokens.erase(replica.tokens.begin());
    send();
  });
}

bool Client::token_is_over(const Replica& replica) {
  if (tokens_.issue == nullptr) return false;
  // A refusal may be of one that was renewed meanwhile.
  if (std::ranges::none_of(replica.tokens, tokens_.refusable)) return false;
  world_.hit(Probe::token_refused);
  wants_token_ = dice_.chance(0.5);
  return true;
}

void Client::protocol_broken(std::string_view what) {
  if (suspect_) return lost_identity(what);
  if (rights_doubtful_) return world_.hit(Probe::rights_refused);
  world_.violated(kServed, fmt::format("{} {}", name_, what));
}

void Client::set_rights_doubtful(bool doubtful) {
  rights_withdrawn_ = doubtful;
  if (doubtful) rights_doubtful_ = true;
}

void Client::server_rolled_back() {
  for (Replica& replica : replicas_) replica.server_knows = {};
  // A client with read access only cannot give its content to anybody.
  if (settings_.read_only) return restart(Memory::kLost, 1000);
  if (!online_) return;
  close(1006);
  connect_later();
}

void Client::heal() {
  if (loop_.paused()) loop_.resume();
  if (std::exchange(suspect_, false)) {
    close(1000);
    for (Replica& replica : replicas_) make_replica(replica, {}, false);
    connect_later();
  }
  go_online();
}

// ---- editing

void Client::edit_later() {
  if (settings_.edit_every_us == 0 || (settings_.read_only && !settings_.hocuspocus)) return;
  const auto mean_us = static_cast<double>(settings_.edit_every_us);
  loop_.after(1 + Workload::pause_us(edit_dice_, settings_.habit, mean_us) / 1000, [this] {
    edit();
    edit_later();
  });
}

void Client::edit() {
  if (!editing_ || settings_.read_only || edits_ >= settings_.max_edits) return;
  ++edits_;
  Replica& replica = edit_dice_.pick(replicas_);
  const std::string what = replica.editor->edit(edit_dice_, settings_.habit);
  world_.trace.note(Kind::kEdit, name_, edits_, replica.id, [&] {
    return fmt::format("{} in {}/{}{}", what, replica.name.first, replica.name.second,
                       connected() ? "" : " (offline)");
  });
}

void Client::tick() {
  loop_.after(kTickMs, [this] {
    const std::uint64_t now = loop_.monotonic_ms();
    // As the published providers do: a client that nobody renewed for half a minute counts as gone.
    for (Replica& replica : replicas_) static_cast<void>(replica.awareness.expire(now));
    if (online_ && now - last_heard_ms_ > kSilenceMs) {
      close(1000);
      connect_later();
    } else if (connected() && now / kPresenceMs != (now - kTickMs) / kPresenceMs) {
      for (Replica& replica : replicas_)
        if (replica.welcome) renew_presence(replica);
    }
    tick();
  });
}

// ---- sending

void Client::send(Bytes message) {
  if (connected()) connection_->send(std::make_shared<const Bytes>(std::move(message)));
}

void Client::send_step1(Replica& replica) {
  send_sync(replica, SyncKind::kStep1,
            crdt::encode_state_vector(replica.editor->doc().state_vector()));
}

void Client::send_update(Replica& replica, SyncKind kind, ByteView update) {
  if (!settings_.read_only)
    book_.sent(replica.name, fmt::format("{}#{}", name_, connections_), update);
  if (gets_acks()) replica.unacked.push_back(content_of(update));
  send_sync(replica, kind, update);
}

void Client::renew_presence(Replica& replica) {
  ++replica.presence_clock;
  announce_presence(replica);
}

void Client::announce_presence(Replica& replica) {
  replica.presence_clock = std::max<std::uint64_t>(replica.presence_clock, 1);
  const std::string user = settings_.user.empty() ? "" : ",\"user\":" + settings_.user;
  const std::string state = fmt::format(R"({{"n":{}{}}})", settings_.number, user);
  const crdt::AwarenessEntry entry{
      .client = replica.presence_id, .clock = replica.presence_clock, .state = state};
  if (connected()) {
    replica.announced_us = world_.now_us();
    replica.announced_on[replica.presence_id] = connections_;
  }
  send_awareness(replica, crdt::encode_awareness({&entry, 1}));
}

// As the published providers do when their page is closed. When the client comes back, it announces
// itself with a higher clock.
void Client::say_goodbye(Replica& replica) {
  const crdt::AwarenessEntry entry{
      .client = replica.presence_id, .clock = ++replica.presence_clock, .gone = true};
  ++replica.presence_clock;
  send_awareness(replica, crdt::encode_awareness({&entry, 1}));
}

// ---- receiving

void Client::take_sync(Replica& replica, SyncKind kind, ByteView payload) {
  crdt::Doc& doc = replica.editor->doc();
  if (kind == SyncKind::kStep1) {
    auto known = crdt::decode_state_vector(payload);
    if (!known) return protocol_broken("got a state vector that does not decode");
    if (!known->covers(replica.server_knows))
      return world_.violated(kDurable,
                             fmt::format("the server knows less of {}/{} than it told {} before",
                                         replica.name.first, replica.name.second, name_));
    replica.server_knows = *known;
    send_update(replica, SyncKind::kStep2, doc.encode_state_as_update(*known));
    replica.answered = true;
    return;
  }
  book_.shown(replica.name, name_, payload);
  auto applied = doc.apply_update(payload);
  if (!applied)
    return protocol_broken("was sent an update that it refuses: " + applied.error().message);
  note_id(replica);
  if (kind == SyncKind::kStep2) replica.synced = true;
  if (replica.synced && !doc.missing().clients().empty()) ++replica.waited;
}

void Client::take_awareness(Replica& replica, ByteView update) {
  const auto change = replica.awareness.apply(update, loop_.monotonic_ms());
  if (!change) return protocol_broken("was sent an awareness update that it refuses");
  if (const auto told = replica.told.apply(update, world_.now_us() / 1000))
    replica.told_gone.insert(told->removed.begin(), told->removed.end());
  // As in Yjs: the client takes a later clock as its own, and increases it if it is reported as
  // gone.
  const auto own = replica.awareness.clients().find(replica.presence_id);
  if (own != replica.awareness.clients().end()) {
    const std::uint64_t heard = own->second.clock + (own->second.state.empty() ? 1 : 0);
    replica.presence_clock = std::max(replica.presence_clock, heard);
  }
  if (settings_.echoes_presence && !change->empty()) echo_presence(replica, *change);
}

// The published clients send every change of presence, from any source. A client that is reported
// as gone by mistake announces itself.
void Client::echo_presence(Replica& replica, const crdt::AwarenessChange& change) {
  std::vector<crdt::ClientId> others = change.all();
  if (std::erase(others, replica.presence_id) > 0) announce_presence(replica);
  if (!others.empty()) send_awareness(replica, replica.awareness.encode(others));
}

void Client::take_acks(Replica& replica, std::uint64_t count) {
  if (count > replica.unacked.size()) {
    return world_.violated(
        kDurable, fmt::format("{} is told of {} durable updates, and waits for {}", name_, count,
                              replica.unacked.size()));
  }
  world_.trace.note(Kind::kAck, name_, count, replica.unacked.size(),
                    [&] { return fmt::format("is told that {} updates are durable", count); });
  replica.acks += count;
  for (; count > 0; --count) {
    if (!suspect_ && !refusable()) book_.acked(replica.name, name_, replica.unacked.front());
    replica.unacked.pop_front();
  }
}

bool Client::in_step() const {
  return why_not().empty();
}

std::string Client::why_not() const {
  if (!connected()) return name_ + " is not connected";
  for (const Replica& replica : replicas_) {
    if (!replica.synced) return name_ + " has no answer to its state vector";
    if (!replica.answered) return name_ + " was not asked for what it has";
    if (!replica.unacked.empty() && !settings_.read_only)
      return fmt::format("{} waits for {} acks", name_, replica.unacked.size());
  }
  return {};
}

}  // namespace syncline::sim
