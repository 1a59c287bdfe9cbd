// `syncline bench --workload hostile`: its pieces, each attack against a real server, and a whole run.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <initializer_list>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "backend/net/ws_frame.h"
#include "backend/net_support.h"
#include "base/byte_reader.h"
#include "cli/load/hostile/attackers.h"
#include "cli/load/hostile/crowd.h"
#include "cli/load/hostile/frame_skimmer.h"
#include "cli/load/hostile/pace.h"
#include "cli/load/hostile/peer.h"
#include "cli/load/hostile/preparation.h"
#include "cli/load/hostile/promises.h"
#include "cli/load/hostile/quiet_users.h"
#include "cli/load/hostile/server_sight.h"
#include "cli/load/hostile/shapes.h"
#include "cli/load/real_world.h"
#include "cli/load/server_process.h"
#include "cli/program.h"
#include "crdt/block.h"
#include "sim/invariants.h"
#include "syncline/crdt/doc.h"
#include "syncline/crdt/updates.h"

namespace syncline::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kV1 = crdt::UpdateVersion::kV1;

// ---- frames

// A frame as a server sends it.
Bytes server_frame(std::uint8_t first, std::size_t size, std::uint8_t fill) {
  Bytes frame = {first};
  if (size < 126) {
    frame.push_back(static_cast<std::uint8_t>(size));
  } else {
    const int bytes = size <= 0xffff ? 2 : 8;
    frame.push_back(bytes == 2 ? 126 : 127);
    for (int i = bytes - 1; i >= 0; --i)
      frame.push_back(static_cast<std::uint8_t>(size >> (8 * i)));
  }
  frame.insert(frame.end(), size, fill);
  return frame;
}

struct Skimmed {
  int opcode;
  std::uint64_t size;
  std::size_t kept;
  bool operator==(const Skimmed&) const = default;
};

std::vector<Skimmed> skim(const Bytes& stream, std::size_t piece) {
  FrameSkimmer skimmer;
  std::vector<Skimmed> all;
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    ByteView input = ByteView(stream).subspan(at, std::min(piece, stream.size() - at));
    while (const auto message = skimmer.next(input))
      all.push_back({message->opcode, message->size, message->beginning.size()});
    EXPECT_TRUE(input.empty());
  }
  return all;
}

TEST(FrameSkimmer, FindsMessagesInAnyPieces) {
  Bytes stream;
  for (const Bytes& frame :
       {server_frame(0x82, 0, 0), server_frame(0x02, 300, 1), server_frame(0x89, 5, 2),
        server_frame(0x00, 70'000, 3), server_frame(0x80, 7, 4), server_frame(0x88, 2, 5)})
    stream.insert(stream.end(), frame.begin(), frame.end());
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{1000}, stream.size()})
    EXPECT_THAT(skim(stream, piece),
                ElementsAre(Skimmed{2, 0, 0}, Skimmed{9, 5, 5},
                            Skimmed{2, 70'307, FrameSkimmer::kKept}, Skimmed{8, 2, 2}))
        << piece;
}

TEST(ClientFrame, IsWhatAServerAccepts) {
  for (const std::size_t size : {0, 1, 125, 126, 65'535, 65'536, 200'000}) {
    Bytes frame = client_frame(Bytes(size, 'x'));
    backend::WsParser parser(1 << 20);
    std::span<std::uint8_t> input = frame;
    const auto event = parser.next(input);
    EXPECT_EQ(event.kind, backend::WsEvent::Kind::kBinary) << size;
    EXPECT_THAT(event.payload, SizeIs(size));
    EXPECT_TRUE(input.empty());
  }
}

// ---- rates and measures

TEST(Pace, KeepsItsRateAndLimitsBursts) {
  Pace pace(1000);
  EXPECT_EQ(pace.take(1), 1U);
  std::uint64_t taken = 0;
  for (std::uint64_t us = 10'001; us <= 1'000'001; us += 10'000) taken += pace.take(us);
  EXPECT_NEAR(static_cast<double>(taken), 1000, 2);
  EXPECT_EQ(pace.take(60'000'000), 100U);  // not a minute's worth
  Pace slow(0.5);
  EXPECT_EQ(slow.take(0), 1U);
  EXPECT_EQ(slow.take(1'000'000), 0U);
  EXPECT_EQ(slow.take(2'100'000), 1U);
}

TEST(ServerSight, DerivesQuantilesFromTheDifferenceOfTwoPages) {
  const auto page = [](int fast, int slow) {
    return parse_metrics(
        fmt::format("# HELP t x\nt_bucket{{le=\"0.001\"}} {}\n"
                    "t_bucket{{le=\"0.008\"}} {}\nt_bucket{{le=\"+Inf\"}} {}\n"
                    "t_count {}\nother 7\n",
                    fast, fast + slow, fast + slow, fast + slow));
  };
  EXPECT_EQ(page(1, 0).at("other"), 7);
  const auto times = quantiles_between(page(1000, 1000), page(1098, 1002), "t");
  ASSERT_TRUE(times);
  EXPECT_EQ(times->count, 100U);
  EXPECT_EQ(times->p50_us, 1000U);
  EXPECT_EQ(times->p99_us, 8000U);
  EXPECT_FALSE(quantiles_between(page(5, 5), page(5, 5), "t"));
  EXPECT_FALSE(quantiles_between(page(5, 5), {}, "t"));
}

TEST(ServerSight, KnowsTheMemoryOfAProcess) {
  EXPECT_GT(resident_bytes_of(static_cast<std::uint64_t>(::getpid())), 1U << 20);
  EXPECT_EQ(resident_bytes_of(1ULL << 40), 0U);
}

// ---- what was promised

TEST(Promises, AreReadBackAndMissed) {
  crdt::Doc doc({.client_id = 7});
  doc.text("content").insert(0, "hello");
  doc.text("content").erase(1, 2);
  const Bytes update = doc.encode_state_as_update();
  auto meta = crdt::update_meta(update, kV1);
  ASSERT_TRUE(meta);
  const Promises promises = {{{"w", "doc"}, {meta->inserts, meta->deletes}}};
  const auto again = promises_from_json(promises_to_json(promises));
  ASSERT_TRUE(again);
  ASSERT_THAT(*again, SizeIs(1));
  const sim::Acked& promised = again->at({"w", "doc"});
  EXPECT_EQ(promised.inserts, meta->inserts);
  EXPECT_EQ(promised.deletes, meta->deletes);
  EXPECT_EQ(*missing_of(promised, update), "");

  crdt::Doc less({.client_id = 7});
  less.text("content").insert(0, "hel");
  EXPECT_EQ(*missing_of(promised, less.encode_state_as_update()),
            "lacks 2 insertions and 2 deletions that were acknowledged");
  EXPECT_FALSE(missing_of(promised, Bytes{1, 2, 3}));
  for (const char* other : {"", "{", "[]", R"({"format":2,"objects":[]})",
                            R"({"format":1,"objects":[{"workspace":"w"}]})",
                            R"({"format":1,"objects":[{"workspace":"w","object":"o",
                                "inserts":[[1,2]],"deletes":[]}]})"})
    EXPECT_EQ(promises_from_json(other).error().code, ErrorCode::kMalformed) << other;
}

// After an attack, the server may have no room for the first question.
TEST(Promises, ALookComesBackAfterARefusal) {
  crdt::Doc doc({.client_id = 7});
  doc.text("content").insert(0, "hello");
  const Bytes update = doc.encode_state_as_update();
  const auto meta = crdt::update_meta(update, kV1);
  ASSERT_TRUE(meta);
  std::atomic<int> asked = 0;
  const backend::TestServer server({}, 1, [&](http::Request, http::Responder responder) {
    // More often than anybody asks without waiting.
    if (++asked % 10 != 0) {
      auto refusal = http::error_response(503, "unavailable", "no room");
      refusal.headers.emplace_back("Retry-After", "0");
      return responder.respond(std::move(refusal));
    }
    http::Response response;
    response.body = std::string(as_text(update));
    responder.respond(std::move(response));
  });
  const Promises promises = {{{"w", "a"}, {meta->inserts, {}}}, {{"w", "b"}, {meta->inserts, {}}}};
  EXPECT_THAT(missing_at(fmt::format("http://127.0.0.1:{}", server.port), "", promises), IsEmpty());
  EXPECT_EQ(asked, 20);
}

// ---- what attacks send

TEST(Shapes, AreUpdatesOfTheClaimedSize) {
  const auto key = crdt::update_meta(shapes::one_key(2, 500), kV1);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->inserts.find(2)->front(), (crdt::ClockRange{0, 500}));

  crdt::Doc doc({.client_id = 9});
  ASSERT_TRUE(doc.apply_update(shapes::one_place_text(100)));
  ASSERT_TRUE(doc.apply_update(shapes::one_place(100)));
  EXPECT_EQ(doc.text("content").length(), 202U);

  crdt::Doc typed({.client_id = 9});
  ASSERT_TRUE(typed.apply_update(shapes::text(3, 0, "ab")));
  ASSERT_TRUE(typed.apply_update(shapes::text(3, 2, "c")));
  EXPECT_EQ(typed.text("content").to_string(), "abc");
  ASSERT_TRUE(typed.apply_update(shapes::waiting(1000, 1, 50)));
  EXPECT_EQ(typed.text("content").length(), 3U);

  EXPECT_GT(shapes::binary(3, 5000).size(), 5000U);
  ASSERT_TRUE(typed.apply_update(shapes::binary(3, 5000)));
}

TEST(Shapes, EachHasAnotherRightOrigin) {
  const Bytes update = shapes::one_place(1000);
  crdt::DecodedUpdate decoded;
  ASSERT_TRUE(crdt::decode_update(update, kV1, decoded));
  std::set<std::uint64_t> places;
  for (const crdt::Block& block : decoded.blocks) {
    EXPECT_EQ(block.origin, (crdt::Id{1, 0}));
    places.insert(block.right_origin.clock);
  }
  EXPECT_THAT(places, SizeIs(1000));
}

TEST(Shapes, PresenceHasAsManyIds) {
  ByteView bytes;
  const Bytes presence = shapes::presence(50, 300, 4, R"({"a":1})");
  bytes = presence;
  ByteReader in(bytes);
  EXPECT_EQ(in.var_uint(), 300U);
  EXPECT_EQ(in.var_uint(), 50U);
  EXPECT_EQ(in.var_uint(), 4U);
  EXPECT_EQ(in.var_string(), R"({"a":1})");
}

// ---- choosing attacks

TEST(Attacks, AreChosenByName) {
  const auto names = [](std::string_view list) {
    std::vector<std::string> all;
    const auto chosen = attacks_of(list);
    for (const AttackKind* kind : *chosen) all.emplace_back(kind->name);
    return all;
  };
  EXPECT_THAT(names("all"), SizeIs(all_attacks().size()));
  EXPECT_THAT(names("none"), IsEmpty());
  EXPECT_THAT(names(""), IsEmpty());
  EXPECT_THAT(names("json,blame,json"), ElementsAre("json", "blame"));
  EXPECT_THAT(attacks_of("blame,nothing").error().message, HasSubstr("'nothing'"));
  std::set<std::string_view> unique;
  for (const AttackKind& kind : all_attacks()) {
    unique.insert(kind.name);
    EXPECT_FALSE(kind.does.empty());
  }
  EXPECT_THAT(unique, SizeIs(all_attacks().size()));
}

// A listener that tells where its first connection comes from.
std::string first_client_of(Role role) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(::listen(listener, 8), 0);
  EXPECT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const auto ground = ground_at(fmt::format("ws://127.0.0.1:{}", ntohs(address.sin_port)));
  EXPECT_TRUE(ground);
  const auto kind = std::ranges::find(all_attacks(), role, &AttackKind::role);
  Attackers attackers(*ground, {&*kind});
  attackers.start();
  sockaddr_in from{};
  const int client = ::accept(listener, reinterpret_cast<sockaddr*>(&from), &size);
  attackers.stop();
  ::close(client);
  ::close(listener);
  char text[INET_ADDRSTRLEN] = {};
  ::inet_ntop(AF_INET, &from.sin_addr, text, sizeof text);
  return text;
}

TEST(Attacks, ComeFromAnAddressOfTheirRole) {
  EXPECT_EQ(first_client_of(Role::kStranger), "127.0.0.2");
  EXPECT_EQ(first_client_of(Role::kReader), "127.0.0.3");
  EXPECT_EQ(first_client_of(Role::kWriter), "127.0.0.4");
}

// ---- each attack against a real server

class EachAttack : public ::testing::TestWithParam<std::size_t> {
 protected:
  static void SetUpTestSuite() {
    directory_ = std::make_unique<testing::TempDir>();
    server_ = std::make_unique<ServerProcess>(
        ServerOptions{.program = SYNCLINE_BINARY,
                      .directory = directory_->root(),
                      .environment = {{"SYNCLINE_TOKEN", "the-writers-token"},
                                      {"SYNCLINE_READ_TOKEN", "the-readers-token"}}});
    ASSERT_TRUE(server_->start(60'000));
    auto ground = ground_at("ws://127.0.0.1:" + std::to_string(server_->port()));
    ASSERT_TRUE(ground);
    ground_ = std::make_unique<Ground>(std::move(*ground));
    ground_->token = "the-writers-token";
    ground_->read_token = "the-readers-token";
    ground_->connections = 4;
    ground_->large_bytes = 5000;
    ground_->history = 20;
    ground_->run = "test";
  }
  static void TearDownTestSuite() {
    ground_.reset();
    if (server_) {
      EXPECT_TRUE(server_->stop(30'000).well()) << server_->last_words();
    }
    server_.reset();
    directory_.reset();
  }

  static std::unique_ptr<testing::TempDir> directory_;
  static std::unique_ptr<ServerProcess> server_;
  static std::unique_ptr<Ground> ground_;
};

std::unique_ptr<testing::TempDir> EachAttack::directory_;
std::unique_ptr<ServerProcess> EachAttack::server_;
std::unique_ptr<Ground> EachAttack::ground_;

// Whether the server saw what the attack claims to do.
bool as_claimed(const AttackKind& kind, const Tally& tally) {
  const auto one_of = [&](std::initializer_list<std::string_view> names) {
    return std::ranges::find(names, kind.name) != names.end();
  };
  if (tally.connected == 0 || tally.sent == 0 || tally.sent_bytes < tally.sent) return false;
  if (one_of({"wrong-hosts", "wrong-tokens", "unfinished-bodies"})) return tally.refused > 0;
  if (one_of({"blame", "changes", "states", "json", "past-states", "exports", "large-appends",
              "tiny-updates", "one-place", "broadcasts"}))
    return tally.accepted + tally.refused > 0;
  if (one_of({"joins", "cold-loads"})) return tally.received_bytes > 0;
  if (kind.name == "malformed-frames") return tally.closed > 0;
  return true;
}

TEST_P(EachAttack, SendsWhatItClaimsAndEndsByItself) {
  const AttackKind& kind = all_attacks()[GetParam()];
  const std::vector<const AttackKind*> one = {&kind};
  const auto prepared = prepare_ground(*ground_, one, [](std::string_view) {});
  ASSERT_TRUE(prepared) << prepared.error().message;
  bool claimed = false;
  // Longer on a busy machine.
  for (int ms = 400; ms < 60'000 && !claimed; ms *= 2) {
    Attackers attackers(*ground_, one);
    attackers.start();
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
    attackers.stop();
    const Tally& tally = attackers.outcomes().front().tally;
    EXPECT_LE(tally.most_open, 12U);  // the crowds of one attack have four connections each
    EXPECT_EQ(tally.errors, 0U);
    // Strangers never get in.
    if (kind.role == Role::kStranger) {
      EXPECT_EQ(tally.accepted, 0U);
    }
    claimed = as_claimed(kind, tally);
  }
  EXPECT_TRUE(claimed);
  EXPECT_FALSE(server_->process()->ended()) << server_->last_words();
}

std::string name_of_attack(const ::testing::TestParamInfo<std::size_t>& info) {
  std::string name(all_attacks()[info.param].name);
  std::ranges::replace(name, '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, EachAttack, ::testing::Range(std::size_t{0}, all_attacks().size()),
                         name_of_attack);

// ---- the users

TEST(QuietUsersTest, WhoChurnsGoesOnToNewDocuments) {
  const testing::TempDir dir;
  ServerProcess server({.program = SYNCLINE_BINARY, .directory = dir.root()});
  ASSERT_TRUE(server.start(60'000));
  const auto target =
      backend::parse_ws_url("ws://127.0.0.1:" + std::to_string(server.port())).value();
  RealWorld real(1, false);
  real.set_target([&](std::size_t) { return target; });
  QuietUsers users(real, {.users = 3,
                          .edits_per_second = 50,
                          .churn = true,
                          .stay_us = sim::kSecond / 2,
                          .token = "none"});
  users.connect();
  users.edit();
  // Two places have three documents each, and edits in each of them are acknowledged.
  const auto done = [&] { return users.promises().size() >= 6; };
  real.run_until(real.now_us() + 60 * sim::kSecond, done);
  ASSERT_TRUE(done()) << users.promises().size();
  users.stop();
  real.run_until(real.now_us() + 60 * sim::kSecond, [&] { return users.why_not().empty(); });
  EXPECT_EQ(users.why_not(), "");
  EXPECT_FALSE(real.world().violation);
  const std::string base = "http://127.0.0.1:" + std::to_string(server.port());
  EXPECT_THAT(missing_at(base, "none", users.promises()), IsEmpty());
}

// ---- the command

TEST(HostileCommand, AttacksAServerOfItsOwn) {
  const testing::TempDir dir;
  const auto run = testing::run({"bench",
                                 "--workload",
                                 "hostile",
                                 "--attacks",
                                 "blame,wrong-hosts,tiny-updates,stolen-presence",
                                 "--attack-seconds",
                                 "2",
                                 "--calm-seconds",
                                 "1",
                                 "--recovery-seconds",
                                 "1",
                                 "--users",
                                 "4",
                                 "--user-rate",
                                 "40",
                                 "--user-churn",
                                 "--attack-connections",
                                 "4",
                                 "--history",
                                 "50",
                                 "--json",
                                 "--save-acked",
                                 dir.file("acked"),
                                 "--save",
                                 dir.file("run.json")});
  ASSERT_EQ(run.code, 0) << run.err << run.out;
  EXPECT_EQ(run.out, testing::read_whole(dir.file("run.json")));
  const auto json = nlohmann::json::parse(run.out);
  EXPECT_TRUE(json["sound"]);
  EXPECT_GT(json["users"]["attacked_ack_us"]["count"], 5);
  EXPECT_GE(json["users"]["attacked_ack_us"]["max"], json["users"]["attacked_ack_us"]["p50"]);
  EXPECT_GT(json["users"]["acknowledged"], 10);
  EXPECT_EQ(json["users"]["documents_that_lack_edits"], 0);
  EXPECT_GT(json["server"]["attacked_durable_us"]["count"], 5);
  EXPECT_GT(json["server"]["memory_most_bytes"], 1 << 20);
  EXPECT_THAT(json["server"]["memory_by_second"], SizeIs(::testing::Ge(3)));
  ASSERT_THAT(json["attacks"], SizeIs(4));
  for (const auto& attack : json["attacks"]) EXPECT_GT(attack["sent"], 0) << attack;
  const auto promises = promises_from_json(testing::read_whole(dir.file("acked")));
  ASSERT_TRUE(promises);
  EXPECT_THAT(*promises, SizeIs(2));
}

TEST(HostileCommand, FindsWhatAServerDoesNotHave) {
  const testing::TempDir dir;
  ServerProcess server({.program = SYNCLINE_BINARY, .directory = dir.root()});
  ASSERT_TRUE(server.start(60'000));
  const std::string url = "ws://127.0.0.1:" + std::to_string(server.port());
  const std::vector<std::string> check = {"bench", "--workload",    "hostile",        "--url",
                                          url,     "--check-acked", dir.file("acked")};
  testing::write_whole(dir.file("acked"), R"({"format":1,"objects":[]})");
  EXPECT_EQ(testing::run(check).code, 0);
  testing::write_whole(dir.file("acked"), R"({"format":1,"objects":[{"workspace":"w","object":"o",
      "inserts":[[1,0,3]],"deletes":[]}]})");
  const auto lost = testing::run(check);
  EXPECT_EQ(lost.code, 1);
  EXPECT_THAT(lost.out, HasSubstr("w/o: "));
  server.stop(30'000);
}

TEST(HostileCommand, ListsItsAttacksAndRefusesNonsense) {
  const auto list = testing::run({"bench", "--workload", "hostile", "--attacks", "list"});
  EXPECT_EQ(list.code, 0);
  for (const AttackKind& kind : all_attacks())
    EXPECT_THAT(list.out, HasSubstr("\n" + std::string(kind.name) + " "));
  const auto misused = [](std::vector<std::string> more, const char* words) {
    std::vector<std::string> all = {"bench", "--workload", "hostile"};
    all.insert(all.end(), more.begin(), more.end());
    const auto outcome = testing::run(all);
    EXPECT_EQ(outcome.code, 2) << words;
    EXPECT_THAT(outcome.err, HasSubstr(words));
  };
  misused({"--attacks", "nothing"}, "no attack is called 'nothing'");
  misused({"--attack-seconds", "0"}, "needs --url");
  misused({"--attack-connections", "0"}, "--attack-connections is 1 to 50000");
  misused({"--large-kib", "0"}, "--large-kib");
  misused({"--history", "0"}, "--history");
  misused({"--users", "10001"}, "--users is 0 to 10000");
  misused({"--user-rate", "0"}, "--user-rate");
  misused({"--server-pid", "1"}, "--server-pid goes with --url");
  misused({"--url", "ws://127.0.0.1:1", "--memory-mib", "64"}, "--memory-mib is for a server");
  misused({"--check-acked", "x"}, "--check-acked needs --url");
  misused({"--recovery-seconds", "3601"}, "--recovery-seconds");
  misused({"--compare", "x"}, "--compare is not for --workload hostile");
  const auto nobody =
      testing::run({"bench", "--workload", "hostile", "--url", "http://127.0.0.1:1"});
  EXPECT_EQ(nobody.code, 1);
  EXPECT_THAT(nobody.err, HasSubstr("not a URL such as ws://"));
}

}  // namespace
}  // namespace syncline::cli
