#include "merge/doc_lineage.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "crdt/block.h"
#include "crdt/small_update.h"
#include "syncline/crdt/id_set.h"

namespace syncline::merge {
namespace {

using crdt::Block;
using crdt::ClientId;

class DocLineage final : public Lineage {
 public:
  explicit DocLineage(std::vector<ClientId> clients) : clients_(std::move(clients)) {}

  bool has_change(ByteView intent) const override {
    if (crdt::SmallUpdate small; crdt::read_small_update(intent, small))
      return small.deleted.len > 0 ? has(small.block.client) : names(small.block);
    Names found(*this);
    crdt::DecodedUpdate decoded;
    const auto read = crdt::decode_update(intent, crdt::UpdateVersion::kV1, decoded, found);
    if (!read) return false;
    return found.any || has_any_of(decoded.deletes.clients());
  }

  bool has_version(ByteView version) const override {
    const auto known = crdt::decode_state_vector(version);
    return known && has_any_of(known->clients());
  }

 private:
  struct Names final : crdt::BlockSink {
    explicit Names(const DocLineage& all) : lineage(all) {}
    void add(const Block& block) override { any = any || lineage.names(block); }

    const DocLineage& lineage;
    bool any = false;
  };

  bool has(ClientId client) const { return std::ranges::binary_search(clients_, client); }
  bool names(const Block& block) const {
    return has(block.client) || (block.has_origin && has(block.origin.client)) ||
           (block.has_right_origin && has(block.right_origin.client)) ||
           (block.parent_kind == crdt::ParentKind::kItem && has(block.parent_id.client));
  }
  template <typename Clients>
  bool has_any_of(const Clients& clients) const {
    return std::ranges::any_of(clients, [this](const auto& each) { return has(each.first); });
  }

  const std::vector<ClientId> clients_;  // ascending
};

}  // namespace

std::unique_ptr<Lineage> doc_lineage(std::span<const ByteView> versions,
                                     std::span<const std::uint64_t> seeds) {
  std::vector<ClientId> clients;
  for (const ByteView version : versions) {
    const auto known = crdt::decode_state_vector(version);
    if (!known) continue;
    for (const auto& [client, clock] : known->clients())
      if (!std::ranges::binary_search(seeds, client)) clients.push_back(client);
  }
  if (clients.empty()) return nullptr;
  std::ranges::sort(clients);
  clients.erase(std::ranges::unique(clients).begin(), clients.end());
  return std::make_unique<DocLineage>(std::move(clients));
}

}  // namespace syncline::merge
