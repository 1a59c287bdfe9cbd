#include "http/exchange.h"

#include "base/assert.h"
#include "base/mutation.h"
#include "base/qualified_name.h"

namespace syncline::http {
namespace {

constexpr std::uint64_t kLookAgainMs = 5;

// The task may hold the last reference to the connection, which must be destroyed on its own loop.
void pass_on(std::shared_ptr<Exchange> exchange, Response response, SharedCell cell) {
  Scheduler& home = exchange->loop();
  if (home.is_current()) return exchange->respond(std::move(response));
  MemoryCharge charge(std::move(cell), response.body.view().size());
  home.post([exchange = std::move(exchange), response = std::move(response),
             charge = std::move(charge)]() mutable { exchange->respond(std::move(response)); });
}

}  // namespace

void Exchange::when_drained(std::size_t, Task task) {
  loop().after(kLookAgainMs, std::move(task));
}

Stream& Stream::operator=(Stream&& other) noexcept {
  if (this != &other) {
    if (auto old = std::exchange(exchange_, std::move(other.exchange_))) old->abort();
  }
  return *this;
}

Stream::~Stream() {
  if (exchange_) exchange_->abort();
}

void Stream::write(Body piece) {
  if (exchange_) exchange_->write(std::move(piece));
}

void Stream::end() {
  if (auto exchange = std::exchange(exchange_, nullptr)) exchange->end();
}

void Stream::when_closed(Task task) {
  if (exchange_) exchange_->when_closed(std::move(task));
}

void Stream::when_drained(std::size_t bytes, Task task) {
  if (exchange_) exchange_->when_drained(bytes, std::move(task));
}

Responder& Responder::operator=(Responder&& other) noexcept {
  if (this != &other) {
    give_up();
    exchange_ = std::move(other.exchange_);
    headers_ = std::move(other.headers_);
    cell_ = std::move(other.cell_);
    tenant_ = std::move(other.tenant_);
    gate_ = std::move(other.gate_);
  }
  return *this;
}

Responder::~Responder() {
  give_up();
}

void Responder::give_up() {
  if (!exchange_) return;
  gate_ = {};  // whoever set it may be gone
  respond(error_response(500, "internal", "the request was not answered"));
}

void Responder::add_header(std::string name, std::string value) {
  headers_.emplace_back(std::move(name), std::move(value));
}

Response Responder::completed(Response response) {
  for (auto& header : std::exchange(headers_, {})) response.headers.push_back(std::move(header));
  if (!tenant_.empty() && response.status >= 400 && !is_mutated(Mutation::tell_internal_names))
    response.body = public_text(std::string(as_text(response.body.view())), tenant_);
  return response;
}

void Responder::respond(Response response) {
  auto exchange = std::exchange(exchange_, nullptr);
  SYNCLINE_ASSERT(exchange);
  response = completed(std::move(response));
  if (!gate_) return pass_on(std::move(exchange), std::move(response), std::move(cell_));
  const int status = response.status;
  std::exchange(gate_, {})(status, [exchange = std::move(exchange), response = std::move(response),
                                    cell = std::move(cell_)]() mutable {
    pass_on(std::move(exchange), std::move(response), std::move(cell));
  });
}

Stream Responder::begin(Response head) {
  auto exchange = std::exchange(exchange_, nullptr);
  SYNCLINE_ASSERT(exchange && exchange->loop().is_current());
  if (gate_) std::exchange(gate_, {})(head.status, [] {});
  exchange->begin(completed(std::move(head)));
  return Stream(std::move(exchange));
}

}  // namespace syncline::http
