// Lodgers: clients of tenants, beside all others (I23 tenants). The tenants have workspaces and principals of the
// same names as everybody else; every byte that a lodger writes bears the mark of his tenant: texts, presence,
// messages to others, names of objects and workspaces. No byte with the mark of one tenant may reach another, by any
// route: sync, presence, messages, history, exports, lists, metrics, errors.
//
// Reports of the server are its operator's; none may hold what two tenants wrote.
//
// The tenants differ in their quotas. One is quiet and far below them, one is at its rates all the time, one is at
// all its other limits. The quiet one is never refused for what the others have; and in a run without faults, its
// edits are saved soon.
//
// Keys rotate: a process knows the tokens of the present and of the last period, and a lodger who is refused gets a
// new one. Some ask at the address of another tenant, which must refuse them.
//
// Thread-safety: none. The world, the network and the server must outlive it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "identity/access.h"
#include "limits/tenant_record.h"
#include "sim/network.h"
#include "sim/server.h"
#include "sim/world.h"
#include "store/tables.h"

namespace syncline::sim {

class Lodger;
class ReportReader;

// The tokens of tenants, which change while the server runs. A process reads them when it starts.
class TenantKeys {
 public:
  void rotate() { ++period_; }
  std::string token_of(std::string_view tenant) const;
  // Those of this period and of the last one.
  identity::Access access() const;

 private:
  std::uint64_t period_ = 1;
};

class Lodgers {
 public:
  static constexpr std::size_t kCount = 9;

  // The tenants of a server, with their quotas.
  static std::vector<limits::TenantRecord> tenants();

  // `first`: the number of the first lodger's path through the network. `soon_us`: within which 99 of 100 edits of the
  // quiet tenant are saved; 0: something may fail, so nobody knows.
  Lodgers(World& world, Network& network, Server& server, std::size_t first, std::string workspace,
          std::uint64_t soon_us);
  ~Lodgers();

  void start();
  void stop();
  // When all is quiet: what is in the logs of each tenant is its own.
  void check(const store::Tables& tables) const;

 private:
  void ask_later();
  void ask();
  void rotate_later();
  void check_quiet() const;

  World& world_;
  Server& server_;
  TenantKeys keys_;
  const std::string workspace_;
  const std::uint64_t soon_us_;
  Dice dice_;
  const std::shared_ptr<ReportReader> reports_;
  std::vector<std::unique_ptr<Lodger>> lodgers_;
  bool stopped_ = false;
};

}  // namespace syncline::sim
