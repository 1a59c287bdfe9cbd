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

#define SYNCLINE_MUTATION_LIST(X)                                                                 \
  X(skip_sync)                /* a batch is answered when it is written, not when it is synced */ \
  X(release_before_commit)    /* acks and broadcasts leave before the log has answered */         \
  X(ack_dropped_update)       /* now and then an update is acknowledged and dropped */            \
  X(drop_waiting_change)      /* a change that waits for others counts as known */                \
  X(log_known_change)         /* a change without news is logged again */                         \
  X(unbounded_queue)          /* a slow reader's queue is never dropped */                        \
  X(unbounded_inflight)       /* a fast writer is never held back */                              \
  X(forget_missed_clocks)     /* a slow reader's gap is not remembered */                         \
  X(never_catch_up)           /* a slow reader gets nothing in place of what was dropped */       \
  X(keep_cache_after_refusal) /* memory ahead of the log is not forgotten */                      \
  X(keep_heads_after_failure) /* the store believes in events that it could not write */          \
  X(forget_poison)            /* the store goes on after a failed sync */                         \
  X(accept_gap)               /* an append need not follow the stored log */                      \
  X(ack_refused)              /* a change that the log refused is acknowledged */                 \
  X(empty_snapshot)           /* a snapshot holds nothing */                                      \
  X(stamp_with_wall_clock)    /* stamps follow a clock that jumps back */                         \
  X(readers_may_write)        /* a read-only token writes */                                      \
  X(share_objects)            /* objects of one name are one in all workspaces */                 \
  X(lose_broadcast)           /* now and then a change is not told to others */                   \
  X(diff_without_inserts)     /* the answer to a state vector holds deletions only */             \
  X(overtake)                 /* now and then an update is overtaken by those behind it */        \
  X(skip_chain_check)         /* who reads the log does not look at its hashes */                 \
  X(sign_anything)            /* a checkpoint need not agree with the one before */               \
  X(lose_tile_root)           /* the root of a full tile of the tree is not stored */             \
  X(read_before_commit)       /* who reads is shown what the log has not got yet */               \
  X(lose_pin)                 /* a pin is confirmed and not stored */                             \
  X(replay_past_moment)       /* the past holds what came later */                                \
  X(skip_after_snapshot)      /* the event behind a snapshot is not replayed */                   \
  X(trust_damaged_snapshot)   /* a snapshot's checksum is not looked at */                        \
  X(moment_before)            /* a time means what was before it, not then */                     \
  X(extend_older_milestone)   /* a delta is put on a milestone before its own */                  \
  X(drop_uncovered)           /* payloads go, and no state is kept in their place */              \
  X(drop_past_floor)          /* payloads go that the floor still keeps */                        \
  X(drop_under_hold)          /* nobody looks whether there is a legal hold */                    \
  X(forget_hold)              /* a legal hold ends with the process */                            \
  X(forget_floor)             /* where the history begins is not stored */                        \
  X(ignore_pins)              /* what is pinned is dropped like the rest */                       \
  X(pin_what_is_gone)         /* a pin is set where nothing is kept any more */

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
