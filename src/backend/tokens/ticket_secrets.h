// TicketSecrets: the secrets that sign tickets (identity/ticket.h). They are a file in the data directory that only its
// owner can read:
//
//   DIR/keys/tickets    one line each, the newest last: TICKETS+<id>+<when it was made, in ms>+<base64 of 32 bytes>
//
// A new secret replaces the newest one every kRotationMs. The one before stays valid until no ticket that it signed
// can be, so nobody notices. Deleting the file and starting the server again makes all tickets invalid at once.
//
// The file is in no backup: a restored server makes a secret of its own, and clients fetch new tickets.
//
// Thread-safety: current() may be called from any thread; keep_up() from one.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "identity/ticket.h"
#include "syncline/error.h"

namespace syncline::backend {

class TicketSecrets {
 public:
  static constexpr std::uint64_t kRotationMs = std::uint64_t{7} * 86'400'000;

  using Shared = std::shared_ptr<const std::vector<identity::TicketSecret>>;

  // Reads the secrets of `data_dir`, in which the folder "keys" exists, or makes the first one. No ticket lives
  // longer than `lifetime_ms`. kCorrupt if the file is damaged.
  static Result<std::unique_ptr<TicketSecrets>> open(const std::string& data_dir,
                                                     std::uint64_t lifetime_ms,
                                                     std::uint64_t now_ms);

  // The newest last; never empty.
  Shared current() const { return secrets_.load(); }

  // Makes a new secret when it is time, and drops those that no valid ticket needs. On an error, everything stays
  // as it is.
  Result<void> keep_up(std::uint64_t now_ms);

 private:
  TicketSecrets(std::string path, std::uint64_t lifetime_ms)
      : path_(std::move(path)), lifetime_ms_(lifetime_ms) {}

  const std::string path_;
  const std::uint64_t lifetime_ms_;
  std::atomic<Shared> secrets_;
};

}  // namespace syncline::backend
