// Probes: counters of what a run has reached: every fault, by kind, and every rare state.
//
// A fault that was never injected, or a branch that was never taken, has not been tested. So a long
// run fails if a probe is still zero. All probes are listed here, so that none can be forgotten.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace syncline::sim {

// clang-format off
#define SYNCLINE_SIM_PROBES(X) \
  /* faults */ \
  X(latency_spike) X(clog) X(partition) X(partition_in) X(partition_out) X(isolate_server) \
  X(swizzle) X(slow_link) X(reset) X(corrupt) X(half_open) X(reconnect_storm) X(power_loss) \
  X(kill) X(crash_at_io) X(crash_in_recovery) X(pause) X(slow_cpu) X(drain) X(disk_full) \
  X(write_error) X(sync_error) X(slow_disk) X(bit_rot_event) X(bit_rot_snapshot) \
  X(bit_rot_at_rest) X(misdirected_write) X(misdirected_read) X(older_disk) X(revoke) \
  X(downgrade) X(clock_jump) X(clock_strobe) X(client_offline) X(client_stale) \
  X(client_restart) X(client_doubled) X(client_pause) X(slow_reader) \
  /* what the disk did at a power loss */ \
  X(lost_all_unsynced) X(torn_write) X(lost_some_sectors) X(kept_unsynced) \
  /* rare states */ \
  X(torn_tail_dropped) X(damage_refused) X(damaged_event_read) X(damaged_snapshot_rebuilt) \
  X(append_refused_full) X(view_reset) X(era_begun) X(fell_behind) X(held_back) X(evicted) \
  X(snapshot_written) X(known_change) X(change_waits) X(unacked_survived) X(undo) X(redo) \
  X(large_batch) X(garbage_sent) X(malformed_refused) X(bad_update_refused) X(denied_token) \
  X(read_only_refused) X(two_with_one_id) X(visited) X(junk_agreed) X(looked_back) \
  X(looked_at_time) X(pinned) X(checkpoint_signed) X(log_proven) X(rollback_noticed) \
  X(tampering_noticed) X(checked_out) X(undone_and_redone) X(rights_refused) X(rule_set) \
  X(hold_set) X(hold_released) X(pin_removed) X(payloads_dropped) X(drop_held) X(drop_failed) \
  X(dropped_by_hand) X(kept_unreadable) X(sweep_interrupted) X(past_refused) \
  X(pin_outlives_payloads) X(quarantined) X(snapshot_delta_written) X(presence_shown) \
  X(presence_left) X(presence_expired) X(presence_caught_up) X(corner_memory) \
  X(corner_reloads) X(corner_stalled_log) X(corner_full_queues) X(left_in_flight) \
  X(load_repeated) X(reply_waited) X(fell_back) X(import) X(import_refused) \
  X(acks_of_refusable) X(old_log) X(exported) X(imported) X(restored) X(side_door_tried) \
  X(updates_joined) X(snapshot_apart) X(snapshot_file_removed) X(snapshot_file_damaged) \
  /* sieges */ \
  X(siege) X(pool_stalled) X(memory_short) X(memory_full) X(handshake_put_off) X(join_put_off) \
  X(join_refused) X(request_put_off) X(slowed_down) X(waiting_refused) X(presence_over_limit) \
  X(answer_refused) X(asker_left) X(quiet_edit_timed) X(everything_returned) X(frozen) \
  /* tokens that expire */ \
  X(token_refused) X(token_wanted) X(token_renewed) X(token_revoked) X(revoked_presented) \
  X(session_kicked) \
  /* names */ \
  X(person_shown) X(guest_shown) X(name_erased) \
  /* tenants */ \
  X(tenant_served) X(tenant_refused) X(quiet_tenant_timed) \
  /* keys, tickets and JWTs */ \
  X(key_made) X(key_revoked) X(ticket_minted) X(ticket_refused) X(scope_refused) X(ended_refused) \
  X(holder_served) X(jwt_let_in) X(jwt_refused) X(keys_fetched) X(keys_not_fetched) \
  /* policies, shares and the audit log */ \
  X(member_served) X(member_out_of_order) X(rules_changed) X(rules_allowed) X(rules_refused) \
  X(share_by_member) X(restored_by_member) X(act_audited) X(refusal_audited) \
  X(tenant_rules_changed) X(link_made) X(link_used) X(link_undone) X(read_audited) \
  X(refused_then_allowed) \
  /* deletions */ \
  X(remover_wrote) X(remover_deleted) X(remover_undeleted) X(remover_erased) \
  X(remover_old_replicas) \
  X(clearer_wrote) X(clearer_deleted) X(clearer_undeleted) X(clearer_erased) X(clearer_began) \
  X(clearer_old_replicas) X(straggler_came) \
  /* who writes over HTTP, and who is told */ \
  X(reporter_wrote) X(reporter_asked_again) X(follower_told) X(follower_left) X(hook_taken) \
  X(hook_refused) X(hook_unanswered) X(hook_came_again) \
  /* files */ \
  X(file_put) X(file_unchanged) X(file_put_broken) X(file_read) X(file_range_read) X(file_past_read) \
  X(file_read_together) X(file_erased) X(upload_resumed) X(upload_completed) X(upload_given_up) \
  X(chunk_removed) \
  /* durable streams */ \
  X(stream_made) X(stream_appended) X(stream_repeated) X(stream_epoch_begun) X(stream_stale_refused) \
  X(stream_closed) X(stream_closed_refused) X(stream_forked) X(stream_deleted) X(stream_page_read) \
  X(stream_waited) X(stream_live_told)
// clang-format on

enum class Probe : std::uint8_t {
#define X(name) name,
  SYNCLINE_SIM_PROBES(X)
#undef X
      count
};

inline constexpr std::size_t kProbes = static_cast<std::size_t>(Probe::count);

inline constexpr std::array<std::string_view, kProbes> kProbeNames = {
#define X(name) #name,
    SYNCLINE_SIM_PROBES(X)
#undef X
};

class Probes {
 public:
  void hit(Probe probe, std::uint64_t times = 1) {
    counts_[static_cast<std::size_t>(probe)] += times;
  }
  std::uint64_t operator[](Probe probe) const { return counts_[static_cast<std::size_t>(probe)]; }
  std::uint64_t at(std::size_t index) const { return counts_[index]; }
  void add(std::size_t index, std::uint64_t times) { counts_[index] += times; }

 private:
  std::array<std::uint64_t, kProbes> counts_{};
};

}  // namespace syncline::sim
