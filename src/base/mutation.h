// Mutations: bugs that a build contains on purpose, to prove that the tests find them.
//
// In a build with SYNCLINE_MUTATIONS, one mutation can be chosen by name (`syncline sim
// --mutation`, scripts/mutants.sh). In every other build the conditions are constant false, and the
// compiler removes the code. Each mutation is a mistake that somebody could make, such as a
// forgotten check or a skipped step.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace syncline {

#define SYNCLINE_MUTATION_LIST(X)                                                                  \
  X(skip_sync)                /* a batch is answered after the write, before the sync */           \
  X(release_before_commit)    /* acks and broadcasts leave before the log has answered */          \
  X(ack_dropped_update)       /* some updates are acknowledged and dropped */                      \
  X(drop_waiting_change)      /* a change that waits for others counts as known */                 \
  X(log_known_change)         /* a change that contains nothing new is logged again */             \
  X(unbounded_queue)          /* the queue of a slow reader is never dropped */                    \
  X(unbounded_inflight)       /* a fast writer is never held back */                               \
  X(forget_missed_clocks)     /* the gap of a slow reader is not remembered */                     \
  X(never_catch_up)           /* a slow reader never gets what was dropped */                      \
  X(keep_cache_after_refusal) /* memory ahead of the log is not dropped */                         \
  X(keep_heads_after_failure) /* the store counts events that it could not write */                \
  X(forget_poison)            /* the store continues after a failed sync */                        \
  X(accept_gap)               /* an append need not follow the stored log */                       \
  X(ack_refused)              /* a change that the log refused is acknowledged */                  \
  X(empty_snapshot)           /* a snapshot holds nothing */                                       \
  X(stamp_with_wall_clock)    /* stamps follow a clock that jumps back */                          \
  X(readers_may_write)        /* a read-only token writes */                                       \
  X(share_objects)            /* workspaces share objects of the same name */                      \
  X(lose_broadcast)           /* some changes are not broadcast */                                 \
  X(diff_without_inserts)     /* the answer to a state vector holds deletions only */              \
  X(overtake)                 /* some updates leave after those that follow them */                \
  X(skip_chain_check)         /* a reader of the log does not check its hashes */                  \
  X(sign_anything)            /* a checkpoint may contradict the one before it */                  \
  X(lose_tile_root)           /* the root of a full tile of the tree is not stored */              \
  X(read_before_commit)       /* readers see changes that are not in the log yet */                \
  X(lose_pin)                 /* a pin is confirmed but not stored */                              \
  X(replay_past_moment)       /* a past state contains later events */                             \
  X(skip_after_snapshot)      /* the event after a snapshot is not replayed */                     \
  X(trust_damaged_snapshot)   /* the checksum of a snapshot is not checked */                      \
  X(moment_before)            /* a time means the state before it, not at it */                    \
  X(extend_older_milestone)   /* a delta is stored against an older milestone */                   \
  X(drop_uncovered)           /* payloads are dropped without a state in their place */            \
  X(drop_past_floor)          /* payloads above the floor are dropped */                           \
  X(drop_under_hold)          /* payloads are dropped under a legal hold */                        \
  X(forget_hold)              /* a legal hold ends with the process */                             \
  X(forget_floor)             /* the floor is not stored */                                        \
  X(ignore_pins)              /* payloads that pins need are dropped */                            \
  X(pin_what_is_gone)         /* a pin can be set below the floor */                               \
  X(ghost_after_leave)        /* a client that has left stays present until it expires */          \
  X(leave_not_told)           /* a client that has left is dropped, and others are not told */     \
  X(forget_missed_presence)   /* a slow reader never gets the presence that it missed */           \
  X(forget_missed_leaves)     /* a slow reader gets the present clients, not the departures */     \
  X(never_expire)             /* presence that nobody renews stays */                              \
  X(return_under_old_clock)   /* a returning client is announced with a clock that others skip */  \
  X(forget_heir)     /* a lost connection removes a client that already has a new connection */    \
  X(joiner_not_told) /* a joining client does not get the presence of others */                    \
  X(echo_claims)     /* a client that repeats another's presence becomes its owner */              \
  X(drop_early_presence)  /* presence that comes before the object is loaded is dropped */         \
  X(evict_in_flight)      /* an unwatched object is evicted before its changes are durable */      \
  X(lose_raced_load)      /* a load that raced a reset is not repeated, and never answered */      \
  X(keep_batch)           /* a reset keeps changes that were to be appended */                     \
  X(reply_before_commit)  /* the answer to a state vector does not wait for the log */             \
  X(overtake_in_outbox)   /* entries that are released together leave in another order */          \
  X(lose_catch_up)        /* a catch-up is forgotten if the queue is full again */                 \
  X(lose_request)         /* a state vector is dropped if the queue is full */                     \
  X(status_of_refused)    /* Hocuspocus: a refused update is reported as saved */                  \
  X(ignore_gate)          /* a workspace can be entered during its import */                       \
  X(sweep_past)           /* a sweep skips what it had no time for */                              \
  X(repeat_salt)          /* all events have the same salt */                                      \
  X(digest_without_salt)  /* the digest of a payload does not include the salt */                  \
  X(mislabel_snapshot)    /* a snapshot names another type than the object has */                  \
  X(misread_old_event)    /* events of version 1: principal and actor are exchanged */             \
  X(restore_present)      /* a restore brings back the present state, not the past one */          \
  X(ignore_right)         /* the HTTP API does not check the right that a route needs */           \
  X(accept_any_token)     /* an unknown token counts as the first known token */                   \
  X(entry_before_blob)    /* the entry of a snapshot is committed before its blob is written */    \
  X(keep_orphans)         /* blobs that no entry names stay after a crash */                       \
  X(lose_slot)            /* a job that is over still counts as running */                         \
  X(work_for_nobody)      /* a job whose asker has left begins nevertheless */                     \
  X(unlimited_answers)    /* an asker may have any number of answers waiting */                    \
  X(answers_first)        /* answers begin before urgent jobs that wait */                         \
  X(greedy_asker)         /* who has many jobs gets several turns in a row */                      \
  X(lose_line)            /* what waited for a lent object is dropped when it comes home */        \
  X(wait_for_lent)        /* no change of a workspace is appended while an object of it is lent */ \
  X(unlimited_waiting)    /* an author may have any number of changes wait */                      \
  X(unlimited_presence)   /* an object may hold any amount of presence */                          \
  X(join_when_full)       /* documents are opened while memory is full */                          \
  X(refuse_for_good)      /* for lack of memory, clients are told to stay away */                  \
  X(forget_network)       /* the connections of a network together may do anything */              \
  X(keep_cache_bytes)     /* an evicted object still counts as memory */                           \
  X(keep_charge)          /* what somebody held is charged to him for ever */                      \
  X(forget_untold)        /* presence that was put off is lost when its client leaves */           \
  X(judge_once)           /* a change that a worker applied is not judged again */                 \
  X(one_urgent_worker)    /* one worker does all urgent jobs */                                    \
  X(large_together)       /* any number of large urgent jobs run at once */                        \
  X(forget_principal)     /* the connections of a principal together may do anything */            \
  X(ignore_expiry)        /* a token that expires ends nothing that it has opened */               \
  X(keep_old_rights)      /* a new token does not change what an open document allows */           \
  X(spare_live_sessions)  /* a revocation holds for those who come, not for those who are there */ \
  X(admit_revoked)        /* a revocation ends sessions, and they are let in again */              \
  X(forget_revocations)   /* revocations end with the process */                                   \
  X(pass_on_claims)       /* a client may show itself as verified */                               \
  X(trust_name)           /* a verified client is shown with the name that it claims */            \
  X(unforget_person)      /* a name that was erased for good comes back */                         \
  X(keep_erased_name)     /* a name that was erased stays in its record */                         \
  X(log_name)             /* events hold the names of people instead of their ids */               \
  X(path_not_compared)    /* a token enters whatever tenant the address names */                   \
  X(list_all_tenants)     /* a tenant's list of workspaces holds those of others */                \
  X(cache_without_tenant) /* objects of the same name in two tenants share a place in memory */    \
  X(global_quota)         /* what tenants have counts together against the quota of one */         \
  X(tell_internal_names)  /* errors name workspaces as the server does */                          \
  X(scope_without_object) /* a token for one object opens all of its workspace */                  \
  X(admit_expired_key)    /* an API key opens after its end */                                     \
  X(keep_revoked_key)     /* that a key was revoked is not stored with it */                       \
  X(ticket_without_minter) /* a ticket does not say which key minted it */                         \
  X(ticket_grants_all)     /* a ticket has the rights that somebody asks for */                    \
  X(remember_removed_key)  /* a JWT is good after its provider has removed its key */              \
  X(never_fetch_again)     /* the keys of a provider never get old */                              \
  X(keep_failing_keys)     /* while fetching fails, old keys serve for ever */                     \
  X(keep_old_policy)       /* a change of policies holds when the workspace is opened again */     \
  X(keep_taken_share)      /* a share that was taken back still gives its role */                  \
  X(spare_open_documents)  /* who may not read any more keeps the document that he has open */     \
  X(open_without_reading)  /* a document opens without the right to read it */                     \
  X(forget_path_parents)   /* a rule about a place does not hold below it */                       \
  X(allow_deletes)         /* what a change deletes is not judged */                               \
  X(judge_container_alone) /* a container is replaced without a look at what it holds */           \
  X(share_beats_forbid)    /* a `forbid` does not hold where something is shared */                \
  X(remember_without_path) /* what was allowed at one place counts as allowed at others */         \
  X(release_unjudged)      /* a change that waited is not judged when it need not wait any more */ \
  X(ack_forbidden)         /* a change that the policies forbid is reported as saved */            \
  X(show_without_right)    /* presence is shown without the right to */                            \
  X(say_without_right)     /* messages are passed on without the right to */                       \
  X(history_for_readers)   /* whoever may read the present may read the past */                    \
  X(list_any_folder)       /* the names in a folder are listed without the right to read it */     \
  X(restore_unjudged)      /* what a restore changes is not judged */                              \
  X(hide_rules_position)   /* events do not say which rules judged them */                         \
  X(forget_session)        /* events do not name the session records of their authors */           \
  X(keep_sessions)         /* session records that the log refused are named all the same */       \
  X(refuse_by_lost)        /* rules that are lost with the state refuse a change for good */       \
  X(ask_ahead)             /* rules that may still be lost decide who stays connected */           \
  X(act_before_audit)      /* an act is answered before the audit log holds it */                  \
  X(audit_success_only)    /* acts that failed are not in the audit log */                         \
  X(count_refusals_once)   /* refusals that are alike are counted as one */                        \
  X(export_not_audited)    /* an export is not in the audit log */                                 \
  X(refusal_not_audited)   /* a change that was refused is not in the audit log */                 \
  X(ignore_tenant_forbid)  /* a `forbid` of the tenant does not hold in its workspaces */          \
  X(ack_tenant_at_once)   /* a change of a tenant's policies is confirmed before others know it */ \
  X(tell_own_loop)        /* a change of a tenant's policies reaches one loop */                   \
  X(open_without_tenant)  /* a workspace is opened without its tenant's policies */                \
  X(spare_open_in_tenant) /* a change of a tenant's policies closes no document */                 \
  X(misname_tenant_rules) /* events name other rules of the tenant than those that judged them */  \
  X(keep_known_rules)     /* a workspace that is not open is judged by rules of another time */    \
  X(audit_rule_decides)   /* an audit rule gives rights */                                         \
  X(audit_own_rules_only) /* audit rules of the tenant are not looked at */                        \
  X(audit_requests_only)  /* whoever opens a document is not in the audit log */                   \
  X(keep_undone_link)     /* a link whose share was taken back still opens */                      \
  X(link_writes)          /* a link for a viewer may write where everyone may */                   \
  X(restore_as_write)     /* a restore needs only the rights to what it changes */                 \
  X(hook_stored_early)    /* a webhook counts an event as delivered before it is */                \
  X(hook_not_stored)      /* how far a webhook has come is not stored */                           \
  X(hook_overtakes)       /* an event passes one of its object that a receiver did not take */     \
  X(hook_unjudged)        /* a webhook is told of what its maker may not read */                   \
  X(hook_gives_up)        /* an event that no receiver took is forgotten */                        \
  X(retry_is_new)         /* a request that is sent again after a restart is made again */         \
  X(content_over_content) /* the first content is put over what was written meanwhile */           \
  X(content_asked_again)  /* each client that waits has the first content asked for */             \
  X(accept_old_generation)     /* what replicas of a deleted object send is accepted */            \
  X(keep_deleted_state)        /* a new object begins with the content of the deleted one */       \
  X(forget_deletions)          /* whoever opens a workspace does not look what was deleted */      \
  X(deletion_untold)           /* those who have a deleted object open are not told */             \
  X(take_up_deleted)           /* a change that waits is applied to the next object of the name */ \
  X(forget_grace)              /* a deleted object is erased at once */                            \
  X(erase_under_hold)          /* a legal hold keeps nobody from erasing */                        \
  X(keep_erased_snapshot)      /* the snapshots of an erased object stay */                        \
  X(collect_held_file)         /* the bytes of a file are removed while something names them */    \
  X(remove_held_chunk)         /* a chunk is removed that a commit under way is going to name */   \
  X(version_before_chunks)     /* a chunk counts as stored before it is */                         \
  X(range_from_chunk)          /* a range of a file begins where its chunk does */                 \
  X(keep_erased_file)          /* the bytes of an erased file stay */                              \
  X(forget_producers)          /* a stream that is loaded again does not know its producers */     \
  X(admit_stale_epoch)         /* a producer goes on in an epoch that is over */                   \
  X(reopen_stream)             /* a stream that is loaded again is not closed */                   \
  X(append_told_early)         /* an append to a stream is answered before it is durable */        \
  X(skip_while_joining)        /* a reader of a stream misses what comes while it joins */         \
  X(fork_goes_on)              /* a fork has what its source got after it was made */              \
  X(forget_deleted_workspaces) /* a restart brings back the workspaces that were deleted */        \
  X(spare_open_workspace)      /* those who have a deleted workspace open stay there */            \
  X(skip_late_snapshots)       /* a snapshot that comes during an erasure stays */                 \
  X(leave_last_object)         /* an erasure of a workspace leaves an object out */                \
  X(rename_forgets_past)       /* what an object was before it was renamed is not found */         \
  X(open_old_name)             /* whoever opens the old name of an object gets an empty one */

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
inline std::uint64_t mutation_count = 0;         // for mutations that strike only now and then

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
