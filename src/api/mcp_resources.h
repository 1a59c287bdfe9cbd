// The resources of the Model Context Protocol: documents, as a client shows them to a person who chooses some for a
// conversation. "syncline://team/notes/plan" is the object notes/plan of the workspace team; names are percent-encoded.
//
// A page of the list is of one workspace; its cursor names where the next one begins. Pure functions; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/mcp_tools.h"
#include "syncline/crdt/any.h"
#include "syncline/error.h"

namespace syncline::api {

std::string resource_uri(std::string_view workspace, std::string_view object);
// nullopt: it names no object.
std::optional<McpPlace> place_of_uri(std::string_view uri);

// Where a page of the list begins.
struct ResourceCursor {
  std::string workspace;
  std::string after = {};  // the last object of the page before
  bool behind = false;     // all of this workspace was listed: with the next one
};
std::string to_text(const ResourceCursor& cursor);
std::optional<ResourceCursor> read_resource_cursor(std::string_view text);

// {"resources":[…]} of the answer to a list of objects with details; `next`: there is a further page.
std::string resources_json(std::string_view workspace, const crdt::Any& objects,
                           const std::optional<ResourceCursor>& next);
// {"contents":[…]}. A text, or JSON.
std::string resource_contents_json(std::string_view uri, std::string_view mime_type,
                                   std::string_view text);
// {"resourceTemplates":[…]}.
std::string_view resource_templates_json();

}  // namespace syncline::api
