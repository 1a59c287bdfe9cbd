#include "backend/net/asio_bridge.h"

#include "backend/net/asio_config.h"

#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>

namespace syncline::backend {

namespace bridge_asio = boost::asio;

struct AsioBridge::Impl {
  explicit Impl(int fd) : loop(context, ::dup(fd)) {}

  bridge_asio::io_context context{1};
  bridge_asio::executor_work_guard<bridge_asio::io_context::executor_type> work{
      context.get_executor()};
  bridge_asio::posix::stream_descriptor loop;
  bool armed = false;

  void arm() {
    if (armed) return;
    armed = true;
    loop.async_wait(bridge_asio::posix::descriptor_base::wait_read,
                    [this](const boost::system::error_code&) { armed = false; });
  }
};

AsioBridge::AsioBridge(int fd) : impl_(std::make_unique<Impl>(fd)) {}
AsioBridge::~AsioBridge() = default;

boost::asio::io_context& AsioBridge::context() {
  return impl_->context;
}

std::size_t AsioBridge::run() {
  return impl_->context.poll();
}

void AsioBridge::wait(std::int64_t wait_us) {
  impl_->arm();
  if (wait_us < 0) {
    impl_->context.run_one();
  } else {
    impl_->context.run_one_for(std::chrono::microseconds(wait_us));
  }
}

}  // namespace syncline::backend
