// Tells the service manager (systemd) how far this process is, by the protocol of sd_notify: datagrams to the socket that
// NOTIFY_SOCKET names. So a unit of `Type=notify` counts as started once the server answers, and not before. Without a
// service manager, nothing happens.
#pragma once

#include <string_view>

namespace syncline::backend {

// `state` is lines such as "READY=1". False if there is no service manager, or it could not be told.
bool tell_service_manager(std::string_view state);

}  // namespace syncline::backend
