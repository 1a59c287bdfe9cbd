// The log and its proofs. Requests get the newest existing checkpoint; log::CheckpointKeeper has
// checkpoints made.
#include <fmt/format.h>

#include <memory>
#include <utility>
#include <vector>

#include "api/names.h"
#include "api/route.h"
#include "api/support.h"
#include "base/base64.h"
#include "protocol/event_json.h"
#include "protocol/json_text.h"

namespace syncline::api {
namespace {

constexpr std::size_t kLinesBytes = std::size_t{64} << 10;

// Whoever may see who is connected may see who was.
std::string log_line(const log::Event& event, const Names& names, const identity::Caller& caller) {
  std::string line = protocol::event_to_json(event, names.of(event.principal, event.actor));
  if (event.kind != log::EventKind::kSession || !caller.rights.has(Right::kSessions)) return line;
  const auto record = log::session_in(event);
  if (!record || !*record) return line;
  line.pop_back();
  return line + ",\"session\":" + protocol::session_to_json(**record) + "}";
}

Answer log_answer(const std::vector<log::Event>& events, const Names& names,
                  const identity::Caller& caller) {
  auto lines = std::make_unique<ListPieces>();
  std::string part;
  for (const log::Event& event : events) {
    part += log_line(event, names, caller) + "\n";
    if (part.size() >= kLinesBytes) lines->add(std::exchange(part, {}));
  }
  lines->add(std::move(part));
  Answer answer{.body = std::move(lines)};
  answer.head.headers.emplace_back("Content-Type", "application/x-ndjson");
  return answer;
}

void get_log(Inquiry inquiry) {
  const auto limit = page_size(inquiry.request);
  const auto after = number(inquiry.request, "after", 0);
  if (!limit) return inquiry.refuse(limit.error());
  if (!after) return inquiry.refuse(after.error());
  log::EventLog& log = inquiry.sources.events;
  const std::string workspace = inquiry.path.workspace;
  const auto object = http::query_parameter(inquiry.request.query, "object");
  auto answer = [where = names_of(inquiry),
                 inquiry = std::move(inquiry)](Result<std::vector<log::Event>> events) mutable {
    if (!events) return inquiry.refuse(events.error());
    std::vector<Maker> makers;
    for (const log::Event& event : *events) makers.push_back({event.principal, event.actor});
    look_up(
        where, std::move(makers), {},
        [events = std::move(*events), inquiry = std::move(inquiry)](const Names& names) mutable {
          inquiry.answer(log_answer(events, names, inquiry.caller));
        });
  };
  const log::ReadLimits limits{.max_events = *limit};
  if (object) return log.read_object(workspace, *object, *after, limits, std::move(answer));
  log.read(workspace, *after, limits, std::move(answer));
}

void get_checkpoint(Call call) {
  call.shard.notary.last(call.path.workspace,
                         answer_with<log::SignedCheckpoint>(std::move(call.responder),
                                                            [](const log::SignedCheckpoint& made) {
                                                              return plain_text(made.note);
                                                            }));
}

// The proof leads to this checkpoint, which is at its end.
void prove(Call call, std::uint64_t position, const log::SignedCheckpoint& to) {
  auto body = [note = to.note](const log::InclusionProof& proof) {
    return plain_text(log::proof_text(proof, note));
  };
  call.shard.notary.prove_inclusion(
      call.path.workspace, position, to.checkpoint.size,
      answer_with<log::InclusionProof>(std::move(call.responder), std::move(body)));
}

void get_proof(Call call) {
  const auto position = parse_number(call.path.object, "the position");
  if (!position) return call.refuse(position.error());
  log::Notary& notary = call.shard.notary;
  const std::string workspace = call.path.workspace;
  notary.last(workspace, [call = std::move(call),
                          position = *position](Result<log::SignedCheckpoint> made) mutable {
    if (!made) return call.refuse(made.error());
    if (position > made->checkpoint.size)
      return call.refuse({ErrorCode::kNotFound,
                          fmt::format("the newest checkpoint has {} events: event {} is not under "
                                      "one yet",
                                      made->checkpoint.size, position)});
    prove(std::move(call), position, *made);
  });
}

http::Response consistency_response(std::uint64_t from, std::uint64_t to,
                                    const log::merkle::Proof& proof) {
  std::string hashes;
  for (const Hash256& hash : proof)
    hashes += (hashes.empty() ? "" : ",") + protocol::json_string(to_base64(hash));
  return http::json_response(200, "{\"from\":" + std::to_string(from) + ",\"to\":" +
                                      std::to_string(to) + ",\"hashes\":[" + hashes + "]}\n");
}

void get_consistency(Call call) {
  const auto from = number(call.request, "from", 0);
  const auto to = number(call.request, "to", 0);
  if (!from) return call.refuse(from.error());
  if (!to) return call.refuse(to.error());
  auto body = [from = *from, to = *to](const log::merkle::Proof& proof) {
    return consistency_response(from, to, proof);
  };
  call.shard.notary.prove_consistency(
      call.path.workspace, *from, *to,
      answer_with<log::merkle::Proof>(std::move(call.responder), std::move(body)));
}

void get_keys(Call call) {
  const auto keys = call.context.keys();
  if (!keys) return call.refuse(keys.error());
  std::string text;
  for (const log::NoteVerifier& key : keys->keys) text += key.to_text() + "\n";
  call.answer(plain_text(std::move(text)));
}

constexpr Route kProofRoutes[] = {
    {"GET", "/v1/workspaces/{workspace}/log", Right::kHistory, get_log, Route::kAlsoWhileDeleted},
    {"GET", "/v1/workspaces/{workspace}/checkpoint", Right::kHistory, get_checkpoint,
     Route::kAlsoWhileDeleted},
    {"GET", "/v1/workspaces/{workspace}/proof/{position}", Right::kHistory, get_proof,
     Route::kAlsoWhileDeleted},
    {"GET", "/v1/workspaces/{workspace}/consistency", Right::kHistory, get_consistency,
     Route::kAlsoWhileDeleted},
    {"GET", "/v1/keys", Right::kKeys, get_keys},
};

}  // namespace

std::span<const Route> proof_routes() {
  return kProofRoutes;
}

}  // namespace syncline::api
