#include "workspace/few_clients.h"

#include <gtest/gtest.h>

#include <vector>

namespace syncline::workspace {
namespace {

std::vector<crdt::ClientId> listed(const FewClients& clients) {
  const auto all = clients.all();
  return {all.begin(), all.end()};
}

using Ids = std::vector<crdt::ClientId>;

TEST(FewClients, AreSortedAndListedOnce) {
  FewClients clients;
  EXPECT_TRUE(clients.empty());
  clients.add(5);
  clients.add(5);
  EXPECT_EQ(listed(clients), Ids({5}));
  clients.add(9);
  clients.add(0);
  clients.add(5);
  EXPECT_EQ(listed(clients), Ids({0, 5, 9}));
  EXPECT_EQ(clients.size(), 3u);
}

TEST(FewClients, AreRemovedDownToNone) {
  FewClients clients;
  clients.remove(1);
  EXPECT_TRUE(clients.empty());
  for (const crdt::ClientId client : {3, 1, 2}) clients.add(client);
  clients.remove(7);
  clients.remove(2);
  EXPECT_EQ(listed(clients), Ids({1, 3}));
  clients.remove(1);
  EXPECT_EQ(listed(clients), Ids({3}));
  clients.remove(1);
  EXPECT_EQ(listed(clients), Ids({3}));
  clients.remove(3);
  EXPECT_TRUE(clients.empty());
  clients.add(4);
  EXPECT_EQ(listed(clients), Ids({4}));
}

// Connections are many, and nearly each speaks for one client.
TEST(FewClients, OneNeedsNoMemoryOfItsOwn) {
  FewClients clients;
  clients.add(5);
  const auto* const at = reinterpret_cast<const char*>(clients.all().data());
  const auto* const begin = reinterpret_cast<const char*>(&clients);
  EXPECT_GE(at, begin);
  EXPECT_LT(at, begin + sizeof(clients));
}

}  // namespace
}  // namespace syncline::workspace
