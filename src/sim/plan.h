// Plan: everything that a seed decides before a run.
//
// Swarm testing (Groce et al., "Swarm Testing", ISSTA 2012): each run draws its own few kinds of
// faults, limits and workloads instead of a little of everything, because features hide each
// other's bugs. Faults are drawn in advance as a list, so that a failing run can be made smaller by
// leaving some of them out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/clearer.h"
#include "sim/client.h"
#include "sim/custodian.h"
#include "sim/disk.h"
#include "sim/hostile.h"
#include "sim/issuer.h"
#include "sim/library.h"
#include "sim/locksmith.h"
#include "sim/name_watch.h"
#include "sim/network.h"
#include "sim/newsroom.h"
#include "sim/probes.h"
#include "sim/radio.h"
#include "sim/remover.h"
#include "sim/server.h"
#include "sim/vandal.h"
#include "sim/warden.h"

namespace syncline::sim {

enum class FaultKind : std::uint8_t {
  kLatencySpike,
  kClog,
  kPartition,
  kPartitionIn,
  kPartitionOut,
  kIsolateServer,
  kSwizzle,
  kSlowLink,
  kReset,
  kCorrupt,
  kHalfOpen,
  kReconnectStorm,  // network
  kPowerLoss,
  kKill,
  kCrashAtIo,
  kCrashInRecovery,
  kPause,
  kSlowCpu,
  kDrain,  // process
  kDiskFull,
  kWriteError,
  kSyncError,
  kSlowDisk,
  kBitRotEvent,
  kBitRotSnapshot,
  kBitRotAtRest,
  kMisdirectedWrite,
  kMisdirectedRead,
  kOlderDisk,  // storage
  kClockJump,
  kClockStrobe,  // clock
  kClientOffline,
  kClientStale,
  kClientRestart,
  kClientDoubled,
  kClientPause,
  kSlowReader,  // clients
  kRevoke,
  kDowngrade,
  kImport,  // policy
  kCount
};

enum class Family : std::uint8_t {
  kNetwork,
  kProcess,
  kStorage,
  kClock,
  kClients,
  kPolicy,
  kCount
};

Family family_of(FaultKind kind);
std::string_view to_string(FaultKind kind);
std::string_view to_string(Family family);
Probe probe_of(FaultKind kind);

// Corners: rare states that need several limits and speeds at once. A quarter of the runs is driven
// into one of them.
enum class Corner : std::uint8_t {
  kNone,
  kMemory,      // the cache keeps only objects in use, and changes wait for a slow disk
  kReloads,     // slow loads, and a log that refuses appends meanwhile
  kStalledLog,  // answers and changes queue behind a slow disk
  kFullQueues,  // slow links and small queues towards clients
  kCount
};

std::string_view to_string(Corner corner);

struct Fault {
  std::uint64_t at_us = 0;
  FaultKind kind = FaultKind::kReset;
  std::size_t client = 0;  // the target, for kinds that have one
  std::uint64_t duration_us = 0;
  std::uint64_t amount = 0;  // a factor, a number of operations, milliseconds; depends on the kind
};

// A run with hostile clients and a small memory plan (sim/siege.h).
struct SiegeSettings {
  struct Spell {
    std::uint64_t at_us = 0;
    std::uint64_t duration_us = 0;
    std::uint64_t percent = 0;  // of the memory, that others use
  };

  bool on = false;
  std::optional<std::size_t> quiet = {};  // which client is quiet; only in a run without faults
  std::vector<Spell> memory = {};         // when others use more
  std::vector<Spell> stalls = {};         // of the workers
  std::vector<Spell> freezes = {};        // when a freeze is to begin soon (sim/freeze.h)
};

struct Plan {
  std::uint64_t seed = 0;
  std::uint64_t phase_one_us = 0;  // with faults
  std::uint64_t phase_two_us = 0;  // without faults; all clients must converge before its end
  std::vector<ClientSettings> clients;
  std::vector<VandalSettings> vandals;
  std::vector<HostileSettings> hostiles;
  std::vector<Fault> faults;  // by time
  Corner corner = Corner::kNone;
  std::uint64_t visit_every_us = 0;  // 0: the visitors draw it
  std::size_t old_events = 0;        // events of version 0.1 that are already in the log
  NetworkSpeed network;
  DiskSpeed disk;
  ServerSettings server;
  CustodianSettings custodian;
  SiegeSettings siege;
  IssuerSettings issuer;
  NameSettings names;
  LocksmithSettings locksmith;
  WardenSettings warden;
  RemoverSettings remover;
  NewsroomSettings newsroom;
  LibrarySettings library;
  RadioSettings radio;
  ClearerSettings clearer;
  bool times_quiet_tenant = false;  // nothing fails, and nobody but tenants is in each other's way
};

// For a real server: clients with the same rights share a token.
inline constexpr std::string_view kWriterToken = "writer";
inline constexpr std::string_view kReaderToken = "reader";

Plan draw_plan(std::uint64_t seed);

// One line about the parameters, for people.
std::string describe(const Plan& plan);
std::string describe(const Fault& fault);

}  // namespace syncline::sim
