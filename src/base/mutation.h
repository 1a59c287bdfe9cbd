// Bugs put into the product on purpose, to prove that its tests would find them.
//
// In a build with SYNCLINE_MUTATIONS one of them can be chosen by name (`syncline sim --mutation`,
// scripts/mutants.sh); in every other build the conditions are constant false and nothing is left
// of them. A mutation is a mistake that somebody could make: a check forgotten, a step skipped.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace syncline {

#define SYNCLINE_MUTATION_LIST(X)                                                                  \
  X(skip_sync)                /* a batch is answered when it is written, not when it is synced */  \
  X(release_before_commit)    /* acks and broadcasts leave before the log has answered */          \
  X(ack_dropped_update)       /* now and then an update is acknowledged and dropped */             \
  X(drop_waiting_change)      /* a change that waits for others counts as known */                 \
  X(log_known_change)         /* a change without news is logged again */                          \
  X(unbounded_queue)          /* a slow reader's queue is never dropped */                         \
  X(unbounded_inflight)       /* a fast writer is never held back */                               \
  X(forget_missed_clocks)     /* a slow reader's gap is not remembered */                          \
  X(never_catch_up)           /* a slow reader gets nothing in place of what was dropped */        \
  X(keep_cache_after_refusal) /* memory ahead of the log is not forgotten */                       \
  X(keep_heads_after_failure) /* the store believes in events that it could not write */           \
  X(forget_poison)            /* the store goes on after a failed sync */                          \
  X(accept_gap)               /* an append need not follow the stored log */                       \
  X(ack_refused)              /* a change that the log refused is acknowledged */                  \
  X(empty_snapshot)           /* a snapshot holds nothing */                                       \
  X(stamp_with_wall_clock)    /* stamps follow a clock that jumps back */                          \
  X(readers_may_write)        /* a read-only token writes */                                       \
  X(share_objects)            /* objects of one name are one in all workspaces */                  \
  X(lose_broadcast)           /* now and then a change is not told to others */                    \
  X(diff_without_inserts)     /* the answer to a state vector holds deletions only */              \
  X(overtake)                 /* now and then an update is overtaken by those behind it */         \
  X(skip_chain_check)         /* who reads the log does not look at its hashes */                  \
  X(sign_anything)            /* a checkpoint need not agree with the one before */                \
  X(lose_tile_root)           /* the root of a full tile of the tree is not stored */              \
  X(read_before_commit)       /* who reads is shown what the log has not got yet */                \
  X(lose_pin)                 /* a pin is confirmed and not stored */                              \
  X(replay_past_moment)       /* the past holds what came later */                                 \
  X(skip_after_snapshot)      /* the event behind a snapshot is not replayed */                    \
  X(trust_damaged_snapshot)   /* a snapshot's checksum is not looked at */                         \
  X(moment_before)            /* a time means what was before it, not then */                      \
  X(extend_older_milestone)   /* a delta is put on a milestone before its own */                   \
  X(drop_uncovered)           /* payloads go, and no state is kept in their place */               \
  X(drop_past_floor)          /* payloads go that the floor still keeps */                         \
  X(drop_under_hold)          /* nobody looks whether there is a legal hold */                     \
  X(forget_hold)              /* a legal hold ends with the process */                             \
  X(forget_floor)             /* where the history begins is not stored */                         \
  X(ignore_pins)              /* what is pinned is dropped like the rest */                        \
  X(pin_what_is_gone)         /* a pin is set where nothing is kept any more */                    \
  X(ghost_after_leave)        /* who has left stays present until that expires */                  \
  X(leave_not_told)           /* who has left is forgotten, and nobody is told */                  \
  X(forget_missed_presence)   /* a slow reader is never told what it missed of presence */         \
  X(forget_missed_leaves)     /* a slow reader is told who is present, not who has gone */         \
  X(never_expire)             /* presence that nobody renews stays */                              \
  X(return_under_old_clock)   /* who comes back is told under a clock that others pass over */     \
  X(forget_heir)              /* a lost connection takes along who has a new one already */        \
  X(joiner_not_told)          /* who joins is not told who is present */                           \
  X(echo_claims)              /* who repeats what it heard of a client speaks for it */            \
  X(drop_early_presence)      /* presence that comes before the object is loaded is dropped */     \
  X(evict_in_flight)          /* an object that nobody watches goes before its changes are kept */ \
  X(keep_batch)               /* a reset leaves changes behind that were to be appended */         \
  X(keep_chain)               /* after a reset events go on from a head that is not stored */      \
  X(reply_before_commit)      /* an answer to a state vector does not wait for the log */          \
  X(overtake_in_outbox)       /* what is let out together is let out in another order */           \
  X(lose_catch_up)            /* a catch-up that finds the queue full again is forgotten */        \
  X(lose_request)             /* a state vector that comes while the queue is full is dropped */   \
  X(status_of_refused)        /* Hocuspocus: a refused update is reported as saved */              \
  X(readers_may_wait)         /* a read-only token writes what waits for others */                 \
  X(ignore_gate)              /* a workspace is entered while it is imported */                    \
  X(sweep_past)               /* a sweep skips what it had no time for */                          \
  X(repeat_salt)              /* all events have one salt */                                       \
  X(digest_without_salt)      /* the digest of a payload leaves out the salt */                    \
  X(mislabel_snapshot)        /* a snapshot names another type than the object has */              \
  X(misread_old_event)        /* in events of version 1, principal and actor change places */

enum class Mutation : std::uint8_t {
#define X(name) name,
  SYNCLINE_MUTATION_LIST(X)
#undef X
      count
};

inline constexpr std::array<std::string_view, static_cast<std::size_t>(Mutation::count)>
    kMutationNames = {
#define X(name) #name,
        SYNCLINE_MUTATION_LIST(X)
#undef X
};

#ifdef SYNCLINE_MUTATIONS
inline constexpr bool kMutationsBuilt = true;
inline std::optional<Mutation> active_mutation;  // set before anything runs
inline std::uint64_t mutation_count = 0;         // for those that strike now and then

inline bool is_mutated(Mutation mutation) {
  return active_mutation == mutation;
}
inline bool is_mutated_now_and_then(Mutation mutation) {
  return active_mutation == mutation && ++mutation_count % 40 == 0;
}
#else
inline constexpr bool kMutationsBuilt = false;
constexpr bool is_mutated(Mutation) {
  return false;
}
constexpr bool is_mutated_now_and_then(Mutation) {
  return false;
}
#endif

}  // namespace syncline
