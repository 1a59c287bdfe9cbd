// Imports that nobody finishes do not keep their places.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include "backend/net/http_client.h"
#include "backend/server/import_service.h"
#include "backend/server/node.h"
#include "log/bundle.h"
#include "support/temp_dir.h"

namespace syncline::backend {
namespace {

const std::string kBeginning(std::begin(log::kBundleMagic), std::end(log::kBundleMagic));

class Importing {
 public:
  explicit Importing(std::uint64_t idle_ms) {
    NodeOptions options;
    options.data_dir = dir_.path();
    options.port = 0;
    options.loops = 2;
    options.import_idle_ms = idle_ms;
    auto node = Node::start(std::move(options));
    EXPECT_TRUE(node.has_value()) << node.error().message;
    if (node) node_ = std::move(*node);
  }

  std::string url(int number) const {
    return node_->url() + "/v1/workspaces/w" + std::to_string(number) + "/import";
  }
  int send(int number, std::size_t offset, const std::string& bytes) {
    const auto answer = http_post(url(number) + "?offset=" + std::to_string(offset), bytes, "", {});
    EXPECT_TRUE(answer.has_value()) << answer.error().message;
    return answer ? answer->status : 0;
  }
  // The state of an import, such as "receiving".
  bool has_state(int number, const std::string& state) {
    const auto answer = http_get(url(number), {});
    EXPECT_TRUE(answer.has_value()) << answer.error().message;
    return answer && answer->body.find("\"" + state + "\"") != std::string::npos;
  }
  bool is_staged(int number) const {
    return std::filesystem::exists(dir_.path() + "/imports/w" + std::to_string(number) + ".part");
  }

 private:
  testing::TempDir dir_;
  std::unique_ptr<Node> node_;
};

constexpr int kMost = static_cast<int>(ImportService::kMaxImports);

TEST(ImportService, TheMostUnfinishedImportsBlockOthersOnlyForATime) {
  Importing imports(400);
  for (int i = 0; i < kMost; ++i) ASSERT_EQ(imports.send(i, 0, kBeginning), 200) << i;
  EXPECT_EQ(imports.send(kMost, 0, kBeginning), 503);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (imports.is_staged(0) && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_TRUE(imports.has_state(0, "none"));
  EXPECT_EQ(imports.send(0, kBeginning.size(), "x"), 409) << "it begins at 0 again";
  EXPECT_EQ(imports.send(kMost, 0, kBeginning), 200);
}

TEST(ImportService, OneThatGoesOnIsKept) {
  Importing imports(3000);
  ASSERT_EQ(imports.send(0, 0, kBeginning.substr(0, 1)), 200);
  ASSERT_EQ(imports.send(1, 0, kBeginning), 200);
  const auto start = std::chrono::steady_clock::now();
  std::size_t sent = 1;
  while (std::chrono::steady_clock::now() - start < std::chrono::milliseconds(4500)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(700));
    if (sent < kBeginning.size()) {
      ASSERT_EQ(imports.send(0, sent, kBeginning.substr(sent, 1)), 200);
    }
    ++sent;
  }
  EXPECT_TRUE(imports.has_state(0, "receiving"));
  EXPECT_TRUE(imports.has_state(1, "none"));
}

}  // namespace
}  // namespace syncline::backend
