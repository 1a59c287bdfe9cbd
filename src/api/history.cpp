#include "api/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "api/deleted.h"
#include "api/history_json.h"
#include "api/moments.h"
#include "api/names.h"
#include "api/quarantine.h"
#include "api/route.h"
#include "api/rules.h"
#include "api/state_page.h"
#include "api/support.h"
#include "protocol/event_json.h"
#include "protocol/json_text.h"
#include "state/object_replay.h"

namespace syncline::api {
namespace {

// Whole states are large, so a page has fewer of them than of names.
constexpr std::size_t kMaxStates = 100;
constexpr std::size_t kPartBytes = std::size_t{64} << 10;

Answer json_answer(std::unique_ptr<Pieces> body) {
  return {http::json_response(200, {}), std::move(body)};
}

void get_state_at(Inquiry inquiry) {
  const auto limit = page_size(inquiry.request, kMaxStates);
  if (!limit) return inquiry.refuse(limit.error());
  at_moment(std::move(inquiry), "at", [limit = *limit](log::Position at, Inquiry asked) {
    with_deletions(std::move(asked), [at, limit](Inquiry inquiry, state::SharedDeletions gone) {
      send_state_page(std::move(inquiry), at, limit, std::move(gone));
    });
  });
}

Result<Answer> object_answer(const std::vector<StateForm>& forms, const Path& path,
                             log::Position at, state::ReplayedObject replayed) {
  if (replayed.position == 0)
    return fail(ErrorCode::kNotFound, fmt::format("there was no object {} at {}", path.object, at));
  StateForm form;
  auto shown = show(*replayed.object, forms, form);
  if (!shown) return std::unexpected(std::move(shown.error()));
  return state_answer(form, path, at, replayed.position, std::move(*shown));
}

// ---- changes and their authors

Answer changes_answer(log::Position from, log::Position to, const state::ChangePage& page,
                      const Names& names) {
  auto body = std::make_unique<ListPieces>();
  body->add(fmt::format(R"({{"from":{},"to":{},"changes":[)", from, to));
  std::string part;
  const char* between = "";
  for (const state::Change& change : page.changes) {
    const log::Event& event = change.event;
    part += between + change_to_json(change, names.of(event.principal, event.actor));
    between = ",";
    if (part.size() >= kPartBytes) body->add(std::exchange(part, {}));
  }
  const bool more = page.next != 0 && page.next < to;
  body->add(std::move(part));
  body->add(fmt::format("],\"next\":{}}}\n", more ? std::to_string(page.next) : "null"));
  return json_answer(std::move(body));
}

void list_changes(Inquiry inquiry, log::Position from, log::Position after, log::Position to,
                  std::size_t limit) {
  const Path path = inquiry.path;
  const state::ReplaySources& sources = inquiry.sources;
  auto answer = [where = names_of(inquiry), inquiry = std::move(inquiry), from,
                 to](Result<state::ChangePage> page) mutable {
    if (!page) return inquiry.refuse(page.error());
    std::vector<Maker> makers;
    for (const state::Change& change : page->changes)
      makers.push_back({change.event.principal, change.event.actor});
    look_up(
        where, std::move(makers), {},
        [page = std::move(*page), inquiry = std::move(inquiry), from, to](
            const Names& names) mutable { inquiry.answer(changes_answer(from, to, page, names)); });
  };
  state::list_changes(sources, path.workspace, path.object, after, to, limit, std::move(answer));
}

// From the beginning to the end, unless the query says otherwise.
void get_changes(Inquiry inquiry) {
  const auto limit = page_size(inquiry.request);
  const auto after = number(inquiry.request, "after", 0);
  if (!limit) return inquiry.refuse(limit.error());
  if (!after) return inquiry.refuse(after.error());
  between_moments(std::move(inquiry), [limit = *limit, after = *after](
                                          log::Position from, log::Position to, Inquiry asked) {
    list_changes(std::move(asked), from, std::max(from, after), to, limit);
  });
}

// The job ends before the answer is sent: what it has read is no reason to refuse its own answer.
void send_blame(Inquiry inquiry, std::unique_ptr<BlameSource> blame) {
  BlameSource& begun = *blame;
  begun.begin(
      [blame = std::move(blame), inquiry = std::move(inquiry)](Result<SharedPiece> piece) mutable {
        inquiry.slot = state::JobSlot();
        http::Response head = http::json_response(200, {});
        if (blame->at_end()) {
          head.body = http::Body(std::move(*piece));
          return inquiry.answer(std::move(head));
        }
        std::vector<SharedPiece> first;
        if (inquiry.sending.head_only)
          blame.reset();
        else
          first.push_back(std::move(*piece));
        const std::size_t held = blame == nullptr ? 0 : blame->memory_bytes();
        stream(std::move(inquiry.responder), std::move(head), std::move(first), std::move(blame),
               held, std::move(inquiry.sending));
      });
}

void get_blame(Inquiry inquiry) {
  at_moment(std::move(inquiry), "at", [](log::Position at, Inquiry asked) {
    if (auto ok = check_quarantine(asked, at); !ok) return asked.refuse(ok.error());
    const Path path = asked.path;
    const state::ReplaySources& sources = asked.sources;
    state::open_blame(
        sources, path.workspace, path.object, at,
        [asked = std::move(asked), at](Result<std::unique_ptr<state::BlameReader>> read) mutable {
          if (!read) return asked.refuse(read.error());
          auto blame = std::make_unique<BlameSource>(asked.path.object, at, std::move(*read),
                                                     names_of(asked));
          send_blame(std::move(asked), std::move(blame));
        });
  });
}

// ---- pins

http::Response pins_response(const std::vector<log::Pin>& pins, std::size_t limit,
                             const Names& names) {
  std::string list;
  for (const log::Pin& pin : pins)
    list += (list.empty() ? "" : ",") + protocol::pin_to_json(pin, names.of(pin.principal));
  const bool last = pins.size() < limit;
  return http::json_response(
      200, "{\"pins\":[" + list +
               "],\"next\":" + (last ? "null" : protocol::json_string(pins.back().name)) + "}\n");
}

void list_pins(Call call) {
  const auto limit = page_size(call.request);
  if (!limit) return call.refuse(limit.error());
  log::PinStore& pins = call.shard.store->pins();
  const std::string workspace = call.path.workspace;
  const std::string after = http::query_parameter(call.request.query, "after").value_or("");
  pins.list_pins(
      workspace, after, *limit,
      [call = std::move(call), limit = *limit](Result<std::vector<log::Pin>> read) mutable {
        if (!read) return call.refuse(read.error());
        std::vector<Maker> makers;
        for (const log::Pin& pin : *read) makers.push_back({pin.principal});
        const NamesOf where = names_of(call);
        look_up(where, std::move(makers), {},
                [read = std::move(*read), call = std::move(call), limit](Names names) mutable {
                  call.answer(pins_response(read, limit, names));
                });
      });
}

void answer_pin(Call call) {
  log::PinStore& pins = call.shard.store->pins();
  const Path path = call.path;
  pins.load_pin(
      path.workspace, path.object,
      [call = std::move(call)](Result<std::optional<log::Pin>> pin) mutable {
        if (!pin) return call.refuse(pin.error());
        if (!*pin)
          return call.refuse(
              {ErrorCode::kNotFound, "pin " + call.path.object + " was removed meanwhile"});
        const NamesOf where = names_of(call);
        look_up(where, {{(*pin)->principal}}, {},
                [pin = std::move(**pin), call = std::move(call)](Names names) mutable {
                  const auto& shown = names.of(pin.principal);
                  call.answer(http::json_response(200, protocol::pin_to_json(pin, shown) + "\n"));
                });
      });
}

// A worker has found the moment.
void set_pin(log::Position at, Inquiry asked) {
  if (at == 0)
    return asked.refuse({ErrorCode::kInvalid, "before the first event there is nothing to pin"});
  const std::string workspace = asked.path.workspace;
  asked.context.shards.on_owner(
      workspace, [&context = asked.context, at, request = std::move(asked.request),
                  path = std::move(asked.path), caller = std::move(asked.caller),
                  responder = std::move(asked.responder)](node::Shard& shard) mutable {
        log::SetPin act{path.object, at};
        change_rules({context, shard, std::move(request), std::move(path), std::move(caller),
                      std::move(responder)},
                     Right::kPin, std::move(act), "", answer_pin);
      });
}

void put_pin(Inquiry inquiry) {
  at_moment(std::move(inquiry), "at", set_pin);
}

void delete_pin(Call call) {
  log::RemovePin act{call.path.object};
  change_rules(std::move(call), Right::kPin, std::move(act), "", [](Call asked) {
    http::Response gone;
    gone.status = 204;
    asked.answer(std::move(gone));
  });
}

constexpr Route kHistoryRoutes[] = {
    {"GET", "/v1/workspaces/{workspace}/state", Right::kHistory, get_state_at, Route::kWhileOpen,
     Route::kOfPrefix},
    {"GET", "/v1/workspaces/{workspace}/changes", Right::kHistory, get_changes},
    {"GET", "/v1/workspaces/{workspace}/changes/{object}", Right::kHistory, get_changes},
    {"GET", "/v1/workspaces/{workspace}/blame/{object}", Right::kHistory, get_blame},
    {"GET", "/v1/workspaces/{workspace}/pins", Right::kHistory, list_pins},
    {"PUT", "/v1/workspaces/{workspace}/pins/{pin}", Right::kPin, put_pin},
    {"DELETE", "/v1/workspaces/{workspace}/pins/{pin}", Right::kPin, delete_pin},
};

}  // namespace

void get_object_at(Inquiry inquiry, std::vector<StateForm> forms) {
  at_moment(std::move(inquiry), "at", [forms = std::move(forms)](log::Position at, Inquiry asked) {
    if (auto ok = check_quarantine(asked, at); !ok) return asked.refuse(ok.error());
    with_deletions(std::move(asked), [forms, at](Inquiry inquiry, state::SharedDeletions gone) {
      const Path path = inquiry.path;
      const state::ReplaySources& sources = inquiry.sources;
      state::replay_to_show(
          sources, path.workspace, path.object, at,
          [asked = std::move(inquiry), forms, at,
           gone = std::move(gone)](Result<state::ReplayedObject> replayed) mutable {
            if (!replayed) return asked.refuse(replayed.error());
            if (const auto deleted =
                    state::gone_at(*gone, asked.path.object, at, replayed->position))
              return asked.refuse(*deleted);
            auto shown = object_answer(forms, asked.path, at, std::move(*replayed));
            if (!shown) return asked.refuse(shown.error());
            asked.answer(std::move(*shown));
          });
    });
  });
}

std::span<const Route> history_routes() {
  return kHistoryRoutes;
}

}  // namespace syncline::api
