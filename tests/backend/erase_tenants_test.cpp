// A tenant that was deleted with its data is erased when its store is opened.
#include "backend/store/erase_tenants.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backend/store/rocksdb_store.h"
#include "backend/store/tenant_records.h"
#include "identity/api_key.h"
#include "identity/revocations.h"
#include "log/test_loop.h"
#include "store/directory.h"
#include "store_test_dir.h"

namespace syncline::backend {
namespace {

using log::DirectoryKind;

class EraseTenants : public ::testing::Test {
 protected:
  std::unique_ptr<RocksDbStore> open() {
    StoreOptions options = testing::store_options(dir_.path());
    options.change_first = erasing_tenants(nullptr);
    auto store = RocksDbStore::open(options);
    EXPECT_TRUE(store) << store.error().message;
    return std::move(*store);
  }

  void change(RocksDbStore& store, std::vector<log::DirectoryChange> changes) {
    testing::TestLoop loop;
    auto own = store.open_loop(loop);
    bool done = false;
    own->directory().change_directory(std::move(changes), [&](Result<void> kept) {
      EXPECT_TRUE(kept);
      done = true;
    });
    EXPECT_TRUE(loop.run_until([&] { return done; }));
  }

  std::vector<std::string> ids(const RocksDbStore& store, DirectoryKind kind) {
    std::vector<std::string> found;
    const auto page = syncline::store::read_directory(store.tables(), kind, "", "", 100);
    for (const log::DirectoryEntry& entry : page.value()) found.push_back(entry.id);
    return found;
  }

  static log::DirectoryChange key(const std::string& id, const std::string& tenant) {
    return {DirectoryKind::kKey, id,
            identity::encode_api_key({.id = id, .tenant = tenant, .rights = "read"})};
  }
  static log::DirectoryChange tenant(const std::string& name, limits::TenantState state) {
    return {DirectoryKind::kTenant, name, limits::encode_tenant({.name = name, .state = state})};
  }
  static log::DirectoryChange revocation(const std::string& tenant) {
    const identity::Revocation revoked{.id = "t", .tenant = tenant};
    return {DirectoryKind::kRevocation, identity::revocation_key(revoked),
            identity::encode_revocation(revoked)};
  }

  testing::TempDir dir_;
};

TEST_F(EraseTenants, ItsRecordsGoAndItsNameIsFree) {
  {
    const auto store = open();
    using enum limits::TenantState;
    change(*store, {tenant("acme", kErasing), tenant("beta", kSuspended), tenant("gone", kErasing),
                    tenant("kept", kDeleted), key("aaaaaaaaaaaaaaaa", "acme"),
                    key("bbbbbbbbbbbbbbbb", "beta"), key("cccccccccccccccc", ""),
                    revocation("acme"), revocation("beta"), revocation("")});
  }
  for (int opened = 0; opened < 2; ++opened) {
    const auto store = open();
    EXPECT_EQ(ids(*store, DirectoryKind::kTenant), (std::vector<std::string>{"beta", "kept"}));
    EXPECT_EQ(ids(*store, DirectoryKind::kKey),
              (std::vector<std::string>{"bbbbbbbbbbbbbbbb", "cccccccccccccccc"}));
    EXPECT_EQ(ids(*store, DirectoryKind::kRevocation).size(), 2U);
  }
}

}  // namespace
}  // namespace syncline::backend
