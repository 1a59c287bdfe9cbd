// Finds the addresses of a host, within a time limit.
//
// The system's resolver cannot be interrupted, and may wait half a minute for a name server that is silent. So it runs
// on a thread of its own, which is left behind if the time is up. At most kMostResolving run in a process.
//
// Thread-safety: any thread. Blocks; never on a loop.
#pragma once

#include <netdb.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "syncline/error.h"

namespace syncline::backend {

inline constexpr std::size_t kMostResolving = 32;

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

// As getaddrinfo(): 0, or an error of it.
using Resolver =
    std::function<int(const char* host, const char* port, const addrinfo* hints, addrinfo** found)>;

// Asks again and again whether to give up; every 50 ms or so. Stream addresses, at least one.
// kUnavailable: there is no such host, the time is up, or too many names are being resolved.
Result<Addresses> resolve(const std::string& host, const std::string& port,
                          const std::function<bool()>& give_up, const Resolver& resolver = {});

}  // namespace syncline::backend
