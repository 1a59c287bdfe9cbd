#include "node/shard.h"

#include <utility>

#include "base/qualified_name.h"
#include "node/workspace_records.h"

namespace syncline::node {
namespace {

// All loops share the store. Each loop does the upkeep only for its own workspaces.
std::function<bool(std::string_view)> owned_by(Placement placement, std::size_t index) {
  return [placement, index](std::string_view workspace) {
    return placement.owner_of(workspace) == index;
  };
}

state::ReplaySources sources_here(log::LoopStore& store, const ShardOptions& options) {
  state::ReplaySources sources(store, options.types);
  sources.most_steps = options.loop_share.most_steps;
  return sources;
}

std::unique_ptr<AuditKeeper> make_audit(Scheduler& loop, const ShardOptions& options) {
  if (options.audit_through == nullptr) return nullptr;
  return std::make_unique<AuditKeeper>(
      *options.audit_through, loop, options.reports,
      options.memory == nullptr ? nullptr : lasting(&options.memory->cell(MemoryUse::kChanges)));
}

std::unique_ptr<TenantPolicies> make_tenant_policies(const ShardOptions& options,
                                                     std::size_t index) {
  if (options.tenant_policies_through == nullptr) return nullptr;
  return std::make_unique<TenantPolicies>(*options.tenant_policies_through, index);
}

constexpr std::size_t kFailedTokenPlaces = 4096;
constexpr std::uint64_t kMemoryMs = 250;
constexpr std::uint64_t kMoreMs = 1;  // until the next turn of what takes several

}  // namespace

Shard::Shard(Scheduler& loop, std::unique_ptr<Random> random_source,
             std::unique_ptr<log::LoopStore> loop_store, const log::NotaryIdentity& identity,
             Placement placement, std::size_t index, ShardOptions options)
    : scheduler(loop),
      measures(options.measures),
      random(std::move(random_source)),
      store(std::move(loop_store)),
      home(loop),
      local_jobs(loop, sources_here(*store, options)),
      jobs(options.jobs == nullptr ? local_jobs : *options.jobs),
      sources(*store, options.types, state::OffLoop{jobs, home, options.loop_share}),
      notary(store->events(), store->attestations(), identity),
      checkpoints(store->catalog(), notary, loop, options.checkpoint_pace,
                  owned_by(placement, index)),
      quarantine(loop, std::move(options.on_quarantine)),
      cache(sources, options.cache, &quarantine),
      audit(make_audit(loop, options)),
      tenant_policies(make_tenant_policies(options, index)),
      failed_tokens(kFailedTokenPlaces, audit.get()),
      rates(options.rates),
      sessions(loop, *random, revocations, index),
      slow_answers(loop),
      people(store->directory(), loop, options.reports),
      uses(options.tenants),
      first_contents(options.content_asker == nullptr
                         ? nullptr
                         : std::make_unique<hooks::FirstContents>(*options.content_asker)),
      host({.log = store->events(),
            .cache = cache,
            .types = options.types,
            .waiting = store->waiting(),
            .retention = store->retention(),
            .rules = store->rules(),
            .scheduler = loop,
            .counters = workspace_counters,
            .random = *random,
            .on_storage_failure = std::move(options.on_storage_failure),
            .deciders = std::move(options.deciders),
            .placement = options.owners,
            .region = std::move(options.region),
            .node = std::move(options.node),
            .notary = &notary,
            .checkpoints = &checkpoints,
            .clock = &clock,
            .on_clock = std::move(options.on_clock),
            .actors = &store->actors(),
            .quarantine = &quarantine,
            .reports = options.reports,
            .people = &people,
            .audit = audit.get(),
            .tenant_policies = tenant_policies.get(),
            .presence = options.presence,
            .stamp_presence = options.stamp_presence,
            .memory = options.memory,
            .accounts = options.accounts,
            .uses = &uses,
            .first_content = first_contents.get(),
            .deleted = options.deleted,
            .off_loop = state::OffLoop{jobs, home, options.loop_share}},
           std::move(options.gate)),
      waits(loop, host),
      feeds(host, sessions, session_counters),
      streams(host, sessions, session_counters),
      hooks(
          {.host = host,
           .directory = store->directory(),
           .revocations = revocations,
           .random = *random,
           .uses = &uses,
           .sender = options.hook_sender,
           .key = std::move(options.hook_key),
           .on_disabled = [this](const hooks::Endpoint& endpoint,
                                 const std::string& reason) { audit_disabled(endpoint, reason); }},
          owned_by(placement, index), options.reports),
      agents(host, sessions, session_counters, *random, index),
      retention(
          sources, loop, options.retention_pace,
          [this, owns = owned_by(placement, index)](std::string_view workspace) {
            // While it is imported, or its rules cannot be read, nothing is dropped.
            return owns(workspace) && host.admit({}, std::string(workspace)).has_value();
          },
          [this](const std::string& workspace, std::uint64_t bytes) {
            if (const limits::SharedUse use = uses.of(workspace)) use->drop(bytes);
          }),
      erasure(options.erasure_pace
                  ? std::make_unique<workspace::ErasureKeeper>(
                        sources, host, loop, *options.erasure_pace,
                        [this, owns = owned_by(placement, index)](std::string_view workspace) {
                          return owns(workspace) &&
                                 host.admit({}, std::string(workspace), workspace::Deleted::kTaken)
                                     .has_value();
                        },
                        [this](const std::string& workspace, std::uint64_t bytes) {
                          if (const limits::SharedUse use = uses.of(workspace)) use->drop(bytes);
                        },
                        [this](const std::string& workspace, log::Done<void> done) {
                          erase_beside(workspace, std::move(done));
                        })
                  : nullptr),
      waiting(store->waiting(), loop, options.waiting_pace, owned_by(placement, index)),
      usage(loop, store->directory(), uses),
      deleted(options.deleted),
      guests(store->directory(), loop, index == 0 ? options.guest_days : 0),
      memory(options.memory),
      index_(index) {
  for (const identity::Revocation& each : options.revocations) revocations.add(each);
  if (first_contents != nullptr && hooks.enabled()) first_contents->use(hooks);
  if (memory != nullptr) look_at_memory();
}

Shard::~Shard() {
  scheduler.cancel(memory_timer_);
}

// Nobody asked for it, so nobody waits for the entry.
void Shard::audit_disabled(const hooks::Endpoint& endpoint, const std::string& reason) {
  if (audit == nullptr) return;
  const auto [tenant, workspace] = split_name(endpoint.workspace);
  audit->record(tenant,
                {.principal = endpoint.principal,
                 .right = std::string(identity::name_of(identity::Right::kWebhooks)),
                 .request = "a webhook is disabled",
                 .workspace = std::string(workspace),
                 .object = endpoint.id,
                 .reason = reason},
                [](Result<void>) {});
}

void Shard::erase_beside(const std::string& workspace, log::Done<void> done) {
  if (auto forgotten = hooks.forget(workspace); !forgotten) return done(std::move(forgotten));
  people.erase_guests(workspace);
  erase_workspace_records(store->directory(), workspace, std::move(done));
}

std::uint64_t Shard::editing_replica() {
  constexpr std::uint64_t kFirst = std::uint64_t{1} << 32;  // ids of Yjs are below
  constexpr std::uint64_t kCount =
      (std::uint64_t{1} << 42) - kFirst;  // so that an id takes six bytes
  if (editing_replica_ == 0) editing_replica_ = kFirst + random->next() % kCount;
  return editing_replica_;
}

void Shard::renew_editing_replica() {
  editing_replica_ = 0;
}

// While memory is short, objects that nobody uses leave it, a few in each turn, because some write a
// snapshot. The same for those that nobody has used for long, and for what the cache has not dropped by itself yet.
void Shard::look_at_memory() {
  const std::size_t budget = cache.budget();
  const bool scarce = memory->tight() || memory->pressed();
  bool more = cache.shrink(memory->full() ? 0 : scarce ? budget / 2 : budget);
  more = cache.expire(scheduler.monotonic_ms()) || more;
  memory->share(index_).set(MemoryUse::kObjects, cache.bytes());
  memory_timer_ = scheduler.after(more ? kMoreMs : kMemoryMs, [this] { look_at_memory(); });
}

}  // namespace syncline::node
