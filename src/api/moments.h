// Moments in the query of a request (state/moment.h).
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "api/route.h"
#include "state/moment.h"
#include "state/object_replay.h"

namespace syncline::api {

// Calls `next` with the position of the moment in the parameter `name`, which is the present one if it is absent, and
// with the inquiry. Answers itself if there is no such moment.
template <typename Next>
void at_moment(Inquiry asked, std::string_view name, Next next) {
  const std::string at = http::query_parameter(asked.request.query, name).value_or("");
  const std::string workspace = asked.path.workspace;
  const state::ReplaySources& sources = asked.sources;
  state::find_moment(
      sources.events, sources.store.pins(), workspace, at,
      [asked = std::move(asked), next = std::move(next)](Result<log::Position> position) mutable {
        if (!position) return asked.refuse(position.error());
        next(*position, std::move(asked));
      });
}

// The same for the parameters `from` and `to`: next(from, to, inquiry). Without `from`, from the beginning.
template <typename Next>
void between_moments(Inquiry asked, Next next) {
  auto with_from = [next = std::move(next)](log::Position from, Inquiry inquiry) mutable {
    at_moment(std::move(inquiry), "to",
              [from, next = std::move(next)](log::Position to, Inquiry last) mutable {
                next(from, to, std::move(last));
              });
  };
  if (!http::query_parameter(asked.request.query, "from")) return with_from(0, std::move(asked));
  at_moment(std::move(asked), "from", std::move(with_from));
}

}  // namespace syncline::api
