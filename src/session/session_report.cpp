#include "session/session_report.h"

namespace syncline::session {

void report_end(observe::Sink* sink, const Party& party, std::uint16_t code, const Error& error) {
  const observe::Reporter reporter(sink, observe::Area::kSession);
  const bool for_good = code >= 4400 && code < 4500;
  const observe::Constant message =
      for_good ? observe::Constant("session refused") : observe::Constant("session ended");
  reporter.info(message, {{"reason", error.message},
                          {"code", code},
                          {"workspace", party.workspace},
                          {"object", party.object},
                          {"principal", party.principal},
                          {"protocol", party.protocol},
                          {"peer", party.peer}});
}

void report_opened(observe::Sink* sink, const Party& party) {
  observe::Reporter(sink, observe::Area::kSession)
      .debug("session opened", {{"workspace", party.workspace},
                                {"object", party.object},
                                {"principal", party.principal},
                                {"protocol", party.protocol},
                                {"peer", party.peer}});
}

}  // namespace syncline::session
