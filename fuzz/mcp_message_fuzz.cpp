// Any text as a message of the Model Context Protocol, and its params as the arguments of each tool.
#include <string>
#include <string_view>

#include "api/mcp_message.h"
#include "api/mcp_tools.h"
#include "base/utf8.h"
#include "check.h"
#include "syncline/bytes.h"

using namespace syncline;
using namespace syncline::api;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(ByteView(data, size));
  const auto message = read_mcp_message(text);
  if (!message) {
    FUZZ_CHECK(is_valid_utf8(message.error().message));
    return 0;
  }
  FUZZ_CHECK(message->kind != McpMessage::kRequest || !message->id.is_undefined());
  // What is answered can be read by the same rules.
  const auto answer = read_mcp_message(mcp_result(message->id, "{}"));
  if (message->kind == McpMessage::kRequest) FUZZ_CHECK(answer && answer->id == message->id);
  for (const McpTool& tool : mcp_tools()) {
    const auto request = tool_request(tool, message->params);
    if (!request) continue;
    FUZZ_CHECK(request->raw_path.starts_with("/v1/workspaces"));
    FUZZ_CHECK(request->raw_path.find_first_of("?# \r\n") == std::string::npos);
    FUZZ_CHECK(request->query.find_first_of("# \r\n") == std::string::npos);
    for (const auto& [name, value] : request->headers.all())
      FUZZ_CHECK(value.find_first_of("\r\n") == std::string::npos);
  }
  return 0;
}
