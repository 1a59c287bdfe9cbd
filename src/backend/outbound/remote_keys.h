// RemoteKeys: the keys of an issuer, fetched from its JWKS address, or from the address that its discovery document
// names (OpenID Connect Discovery 1.0). identity/key_cache.h says when.
//
// Thread-safety: any. stop() must come while the loops that asked still run.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "backend/outbound/outbound_client.h"
#include "backend/outbound/outbound_threads.h"
#include "identity/key_source.h"
#include "observe/report.h"

namespace syncline::backend {

class RemoteKeys final : public identity::KeySource {
 public:
  struct Place {
    std::string jwks_url = {};
    std::string issuer = {};  // of the discovery document, if there is no jwks_url
  };
  struct Counters {
    std::atomic<std::uint64_t> fetches = 0;
    std::atomic<std::uint64_t> failures = 0;
  };

  RemoteKeys(Place place, OutboundOptions outbound, observe::Reporter reporter,
             const identity::KeyCache::Times& times = {});
  ~RemoteKeys() override;

  identity::Keys keys() override;
  void ask(const identity::Keys& known, Scheduler& loop, identity::KeyCache::Done done) override;

  // Ends a fetch that runs. Those who wait are told kUnavailable.
  void stop();

  const Counters& counters() const { return counters_; }

 private:
  void fetch();  // on the thread
  void end(Result<jose::KeySet> keys);
  Result<jose::KeySet> fetched() const;
  Result<std::string> discovered() const;
  void start();

  const Place place_;
  OutboundClient client_;
  const observe::Reporter reporter_;
  Counters counters_;
  std::mutex mutex_;
  identity::KeyCache cache_;
  OutboundThreads thread_;  // last: it stops first
};

}  // namespace syncline::backend
