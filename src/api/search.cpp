// Search: where a text occurs in the present states of objects. There is no index: a worker looks through the objects, in
// the order of their names, a bounded number of them and of their bytes for each page.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/readable.h"
#include "api/route.h"
#include "api/support.h"
#include "forms/form.h"
#include "merge/facets.h"
#include "protocol/json_text.h"
#include "state/deletions_view.h"
#include "state/object_replay.h"

namespace syncline::api {
namespace {

constexpr std::size_t kMostQueryBytes = 256;
constexpr std::size_t kMostFound = 100;                        // objects of a page
constexpr std::size_t kMostMatches = 5;                        // of one object
constexpr std::size_t kContextBytes = 60;                      // on each side of a match
constexpr std::size_t kMostTextBytes = std::size_t{4} << 20;   // of one object
constexpr std::size_t kMostPageBytes = std::size_t{16} << 20;  // of the texts of a page

// Letters of other alphabets are as they are.
std::string lower_ascii(std::string text) {
  for (char& letter : text)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  return text;
}

bool continues_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

struct SearchedText {
  std::string_view form;
  std::string text;
};

Result<std::string> collect(Result<std::unique_ptr<Pieces>> pieces) {
  if (!pieces) return std::unexpected(std::move(pieces.error()));
  std::string text;
  while (!(*pieces)->at_end()) text += as_text((*pieces)->next(kMostTextBytes).view);
  return text;
}

// A document that is no text is searched as JSON.
Result<SearchedText> text_of_object(const merge::Object& object) {
  auto text = collect(merge::form_pieces(object, {.form = forms::Form::kText}, kMostTextBytes));
  if (text) return SearchedText{"text", std::move(*text)};
  if (text.error().code == ErrorCode::kTooLarge) return std::unexpected(std::move(text.error()));
  auto json = collect(object.json_pieces(kMostTextBytes));
  if (!json) return std::unexpected(std::move(json.error()));
  return SearchedText{"json", std::move(*json)};
}

// A match as a place of a text edit: what is quoted, and what stands around it.
std::string match_json(std::string_view text, std::size_t at, std::size_t length) {
  std::size_t from = at - std::min(at, kContextBytes);
  std::size_t to = std::min(text.size(), at + length + kContextBytes);
  while (from < at && continues_character(text[from])) ++from;
  while (to < text.size() && continues_character(text[to])) ++to;
  return fmt::format(R"({{"quote":{},"before":{},"after":{}}})",
                     protocol::json_string(text.substr(at, length)),
                     protocol::json_string(text.substr(from, at - from)),
                     protocol::json_string(text.substr(at + length, to - at - length)));
}

class Search : public std::enable_shared_from_this<Search> {
 public:
  Search(Inquiry asked, std::string query, std::vector<std::string> objects,
         std::optional<std::string> next, std::size_t limit)
      : asked_(std::move(asked)),
        query_(std::move(query)),
        folded_(lower_ascii(query_)),
        objects_(std::move(objects)),
        next_(std::move(next)),
        limit_(limit) {}

  void begin() {
    if (!asked_.may_have_deletions) return step();
    state::load_deletions(asked_.sources, asked_.path.workspace,
                          [self = shared_from_this()](Result<state::SharedDeletions> deletions) {
                            if (!deletions) return self->asked_.refuse(deletions.error());
                            self->deletions_ = std::move(*deletions);
                            self->step();
                          });
  }

 private:
  void step() {
    if (asked_.sending.order.abandoned != nullptr && asked_.sending.order.abandoned->load())
      return asked_.refuse({ErrorCode::kUnavailable, "nobody waits for the answer"});
    if (done_ == objects_.size()) return answer();
    if (found_ == limit_ || bytes_ >= kMostPageBytes) {
      next_ = objects_[done_ - 1];
      return answer();
    }
    state::replay_to_show(asked_.sources, asked_.path.workspace, objects_[done_], log::kNow,
                          [self = shared_from_this()](Result<state::ReplayedObject> replayed) {
                            self->look_at(std::move(replayed));
                          });
  }

  void look_at(Result<state::ReplayedObject> replayed) {
    const std::string& name = objects_[done_++];
    const bool deleted =
        replayed ? deletions_ != nullptr &&
                       state::gone_at(*deletions_, name, log::kNow, replayed->position).has_value()
                 : replayed.error().code == ErrorCode::kGone;
    if (deleted) return step();
    auto text =
        replayed ? text_of_object(*replayed->object) : std::unexpected(std::move(replayed.error()));
    text ? search_in(name, *text, replayed->position) : skip(name, text.error());
    step();
  }

  void skip(const std::string& name, const Error& why) {
    skipped_ += fmt::format(R"({}{{"object":{},"reason":{}}})", skipped_.empty() ? "" : ",",
                            protocol::json_string(name), protocol::json_string(why.message));
  }

  void search_in(const std::string& name, const SearchedText& searched, log::Position position) {
    const std::string& text = searched.text;
    bytes_ += text.size();
    const std::string folded = lower_ascii(text);
    std::string matches;
    std::size_t count = 0;
    std::size_t at = folded.find(folded_);
    for (; at != folded.npos && count < kMostMatches; at = folded.find(folded_, at + query_.size()))
      matches += (count++ == 0 ? "" : ",") + match_json(text, at, query_.size());
    if (count == 0) return;
    ++found_;
    results_ +=
        fmt::format(R"({}{{"object":{},"position":{},"form":"{}","matches":[{}],"more":{}}})",
                    results_.empty() ? "" : ",", protocol::json_string(name), position,
                    searched.form, matches, at != folded.npos);
  }

  void answer() {
    asked_.answer(http::json_response(
        200,
        fmt::format("{{\"results\":[{}],\"searched\":{},\"skipped\":[{}],\"next\":{}}}\n", results_,
                    done_, skipped_, next_ ? protocol::json_string(*next_) : "null")));
  }

  Inquiry asked_;
  state::SharedDeletions deletions_;  // nullptr: nothing was deleted
  const std::string query_;
  const std::string folded_;
  const std::vector<std::string> objects_;
  std::optional<std::string> next_;
  const std::size_t limit_;
  std::size_t done_ = 0;   // of objects_
  std::size_t found_ = 0;  // of these: with matches
  std::size_t bytes_ = 0;
  std::string results_;
  std::string skipped_;
};

struct SearchWish {
  std::string query;
  std::size_t limit;
  std::optional<std::string> next = {};
};

void search_readable(Call call, SearchWish wish, std::vector<std::string> objects) {
  workspace::Host& host = call.shard.host;
  const identity::Caller caller = call.caller;
  const std::string workspace = call.path.workspace;
  auto begin = [call = std::move(call), wish = std::move(wish),
                objects](Result<std::vector<Readable>> may) mutable {
    if (!may) return call.refuse(may.error());
    std::vector<std::string> readable;
    for (std::size_t i = 0; i < objects.size(); ++i)
      if ((*may)[i].state) readable.push_back(std::move(objects[i]));
    inquire(std::move(call), "/v1/workspaces/{workspace}/search",
            [wish = std::move(wish), readable = std::move(readable)](Inquiry asked) mutable {
              std::make_shared<Search>(std::move(asked), std::move(wish.query), std::move(readable),
                                       std::move(wish.next), wish.limit)
                  ->begin();
            });
  };
  ask_readable(host, caller, workspace, objects, std::move(begin));
}

void search_objects(Call call) {
  const std::string& parameters = call.request.query;
  SearchWish wish{.query = http::query_parameter(parameters, "q").value_or(""), .limit = 0};
  if (wish.query.empty() || wish.query.size() > kMostQueryBytes)
    return call.refuse({ErrorCode::kInvalid, fmt::format("q is 1 to {} bytes", kMostQueryBytes)});
  const auto limit = page_size(call.request, kMostFound);
  if (!limit) return call.refuse(limit.error());
  wish.limit = *limit;
  const std::string prefix = http::query_parameter(parameters, "prefix").value_or("");
  const std::string after = http::query_parameter(parameters, "after").value_or("");
  const std::string workspace = call.path.workspace;
  log::Catalog& catalog = call.shard.store->catalog();
  catalog.list_objects(workspace, prefix, after, kMostReadable,
                       [call = std::move(call),
                        wish = std::move(wish)](Result<std::vector<std::string>> objects) mutable {
                         if (!objects) return call.refuse(objects.error());
                         if (objects->size() == kMostReadable) wish.next = objects->back();
                         search_readable(std::move(call), std::move(wish), std::move(*objects));
                       });
}

constexpr Route kSearchRoutes[] = {
    {"GET", "/v1/workspaces/{workspace}/search", Right::kRead, search_objects, Route::kWhileOpen,
     Route::kOfPrefix},
};

}  // namespace

std::span<const Route> search_routes() {
  return kSearchRoutes;
}

}  // namespace syncline::api
