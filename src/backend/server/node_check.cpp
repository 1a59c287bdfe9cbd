// Whether a node could start with its options, without starting it.
#include "backend/keys/key_ring.h"
#include "backend/net/tls.h"
#include "backend/server/identity_service.h"
#include "backend/server/node.h"
#include "backend/server/node_options.h"
#include "backend/store/rocksdb_store.h"

namespace syncline::backend {

Result<void> Node::check(const NodeOptions& options) {
  if (auto valid = check_options(options); !valid) return valid;
  if (auto identity = IdentityService::make(options.identity, nullptr); !identity)
    return std::unexpected(std::move(identity.error()));
  if (options.tls_certificate.empty() != options.tls_key.empty())
    return fail(ErrorCode::kInvalid, "TLS needs a certificate and a key");
  if (!options.tls_certificate.empty())
    if (auto tls = TlsContext::load(options.tls_certificate, options.tls_key); !tls)
      return std::unexpected(std::move(tls.error()));
  if (auto usable = RocksDbStore::check({.data_dir = options.data_dir}); !usable) return usable;
  if (auto ring = KeyRing::check(options.data_dir); !ring)
    return std::unexpected(std::move(ring.error()));
  return {};
}

}  // namespace syncline::backend
