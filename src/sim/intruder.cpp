#include "sim/intruder.h"

#include <fmt/format.h>

#include <array>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "api/dispatch.h"
#include "base/percent.h"
#include "sim/invariants.h"

namespace syncline::sim {
namespace {

constexpr std::array<std::string_view, 5> kWrongTokens = {"operato", "operator2", "Operator",
                                                          "token-", "x"};
constexpr std::string_view kForeignPage = "https://elsewhere.example";

// So that each route would do something for a caller who has the right.
constexpr std::string_view kParameters =
    "?at=1&from=1&to=2&keep_last=1&reason=none&name=copy&into=stolen&limit=5";

constexpr int kUnauthorized = 401;
constexpr int kForbidden = 403;
constexpr int kUnavailable = 503;

bool asks_a_workspace(const api::Route& route) {
  return route.path.find("{workspace}") != std::string_view::npos;
}

// The simulated process writes no log. tests/api/side_doors_test.cpp tries these routes as well.
std::vector<const api::Route*> routes_of_the_world() {
  std::vector<const api::Route*> routes = api::all_routes();
  // He draws one of the routes: those of renaming, which no world uses, would change what he does in every recorded world.
  std::erase_if(routes, [](const api::Route* route) {
    return route->path == "/v1/log-level" || route->path.contains("/rename/") ||
           route->path.contains("/redirects/");
  });
  return routes;
}

}  // namespace

Intruder::Intruder(World& world, Server& server, const Rights& rights, std::size_t clients,
                   std::vector<ObjectName> objects)
    : world_(world),
      server_(server),
      rights_(rights),
      clients_(clients),
      objects_(std::move(objects)),
      routes_(routes_of_the_world()),
      dice_(world.dice.fork("intruder")),
      every_us_(dice_.scale(kSecond / 2, 5 * kSecond)) {}

void Intruder::start() {
  if (!objects_.empty()) act_later();
}

void Intruder::act_later() {
  world_.timeline.after(1 + dice_.wait(static_cast<double>(every_us_)), [this] {
    act();
    act_later();
  });
}

Intruder::Asker Intruder::draw_asker() {
  Asker asker;
  switch (dice_.below(5)) {
    case 0: break;  // no token
    case 1: asker.token = dice_.pick(kWrongTokens); break;
    case 2:
    case 3: {
      const std::size_t number = dice_.below(clients_);
      asker = {.token = Rights::token_of(number), .level = rights_.level(number)};
      break;
    }
    default: asker = {.token = std::string(Rights::kVisitor), .level = Rights::Level::kRead};
  }
  if (dice_.chance(0.2)) asker.origin = kForeignPage;
  return asker;
}

std::string Intruder::draw_target(const api::Route& route, const ObjectName& object) {
  std::string target(route.path);
  if (const auto at = target.find("{workspace}"); at != target.npos)
    target.replace(at, std::string_view("{workspace}").size(), percent_encode(object.first));
  if (const auto at = target.find("{session}"); at != target.npos)
    target.replace(at, std::string_view("{session}").size(), "1");
  if (const auto at = target.find('{'); at != target.npos) {
    const bool names_object = route.path.ends_with("{object}");
    target.replace(at, target.npos, names_object ? percent_encode(object.second, true) : "1");
  }
  return target.append(kParameters);
}

void Intruder::act() {
  if (server_.process() == nullptr) return;
  const api::Route& route = *routes_[dice_.below(routes_.size())];
  const ObjectName& object = objects_[dice_.below(objects_.size())];
  auto question = std::make_shared<Question>(Question{&route, object.first, draw_asker()});
  // Those who may write may do everything, and are no intruders.
  if (question->asker.level == Rights::Level::kWrite) return;
  const std::string_view method =
      route.method == "GET" && dice_.chance(0.2) ? "HEAD" : route.method;
  ApiUser(world_, server_, question->asker.token, question->asker.origin)
      .ask(
          method, draw_target(route, object),
          [this, question](const ApiUser::Answer& answer) {
            // With several loops, the workspace may have opened before its own loop was asked.
            if (server_.process()->shards.size() > 1)
              question->shut = question->shut && server_.importing(question->workspace);
            judge(*question, answer);
          },
          [this, question] { question->shut = server_.importing(question->workspace); });
}

void Intruder::judge(const Question& question, const ApiUser::Answer& answer) {
  const api::Route& route = *question.route;
  int expected = 0;
  if (question.asker.level == Rights::Level::kNone) {
    expected = kUnauthorized;
  } else if (!identity::Rights::reading().has(route.right)) {
    expected = kForbidden;
  } else if (question.shut && route.door == api::Route::kWhileOpen && asks_a_workspace(route)) {
    expected = kUnavailable;
  }
  const bool refused = answer.status == kUnauthorized || answer.status == kForbidden;
  const auto broken = [&](std::string_view what) {
    world_.violated(kRights, fmt::format("{} {} with token '{}': {} ({})", route.method, route.path,
                                         question.asker.token, what, answer.status));
  };
  if (expected == 0) return refused ? broken("refused, and the caller may read") : void();
  if (answer.status != expected) return broken(fmt::format("not refused with {}", expected));
  if (expected == kUnavailable) return;
  world_.hit(Probe::side_door_tried);
  const auto first =
      refusals_.emplace(std::pair(answer.status, question.asker.token.empty()), answer.body).first;
  if (first->second != answer.body) return broken("the refusal depends on what was asked for");
  if (answer.body.find(question.workspace) != std::string::npos)
    broken("the refusal names the workspace");
}

}  // namespace syncline::sim
