#include "backend/process/service_manager.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

namespace syncline::backend {
namespace {

// The end at which systemd listens, under a name that is no file.
class ServiceManager {
 public:
  ServiceManager() : name_("@syncline-test-" + std::to_string(getpid())) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, name_.data() + 1, name_.size() - 1);
    fd_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
    EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&address), length), 0);
    setenv("NOTIFY_SOCKET", name_.c_str(), 1);
  }
  ~ServiceManager() {
    unsetenv("NOTIFY_SOCKET");
    close(fd_);
  }
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

  std::string told() const {
    char bytes[256];
    const ssize_t size = recv(fd_, bytes, sizeof bytes, 0);
    return size < 0 ? "nothing" : std::string(bytes, static_cast<std::size_t>(size));
  }

 private:
  std::string name_;
  int fd_ = -1;
};

TEST(ServiceManagerTest, IsToldInOneDatagram) {
  const ServiceManager manager;
  EXPECT_TRUE(tell_service_manager("READY=1\nSTATUS=serving\n"));
  EXPECT_EQ(manager.told(), "READY=1\nSTATUS=serving\n");
  EXPECT_EQ(manager.told(), "nothing");
}

TEST(ServiceManagerTest, NothingHappensWithoutOne) {
  unsetenv("NOTIFY_SOCKET");
  EXPECT_FALSE(tell_service_manager("READY=1"));
  const std::string names[] = {"", "/", "relative", "/nowhere/at/all", std::string(200, '/')};
  for (const std::string& name : names) {
    setenv("NOTIFY_SOCKET", name.c_str(), 1);
    EXPECT_FALSE(tell_service_manager("READY=1")) << name;
  }
  unsetenv("NOTIFY_SOCKET");
}

}  // namespace
}  // namespace syncline::backend
