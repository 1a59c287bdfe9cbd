// Values, entities and requests as JSON: https://docs.cedarpolicy.com/auth/entities-syntax.html
//
// `{"__entity": {"type": …, "id": …}}` is an entity and `{"__extn": {"fn": …, "arg": …}}` an extension
// value. Where a schema says what is expected, both may be written shorter: `{"type": …, "id": …}`,
// and the text alone.
#pragma once

#include <string>
#include <string_view>

#include "cedar/entities.h"
#include "cedar/evaluator.h"
#include "cedar/json.h"
#include "cedar/schema.h"

namespace syncline::cedar {

// `expected` may be null.
Result<Value> value_from_json(const Json& json, const Type* expected, Arena& arena);

// `{"type": …, "id": …}`, also within `__entity`.
Result<const Uid*> uid_from_json(const Json& json, Arena& arena);

// A list of entities: `uid`, `attrs`, `parents`, `tags`. With a schema, its actions are entities, too,
// and each entity must fit it.
Result<Entities> entities_from_json(std::string_view json, const Schema* schema,
                                    const EntitySource* below = nullptr);

// A request with what it borrows.
struct OwnedRequest {
  std::unique_ptr<Arena> arena;
  Request request;
};

// `{"principal": …, "action": …, "resource": …, "context": {…}}`; other members are ignored. With a
// schema, the action must be known; whether the request fits is for check_request() to say.
Result<OwnedRequest> request_from_json(std::string_view json, const Schema* schema);
Result<OwnedRequest> request_from_json(const Json& json, const Schema* schema);

// Whether the schema allows requests with these types of principal and resource, and this context.
Result<void> check_request(const Request& request, const Schema& schema);
// Whether the entity has what the schema says of its type, and nothing else.
Result<void> check_entity(const Entity& entity, const Schema& schema);

void append_json(std::string& out, const Value& value);
std::string to_json(const Value& value);

}  // namespace syncline::cedar
