// ActiveUploads: the uploads that a request of this loop is sending bytes to, or that are becoming a file. One request at
// a time may do so.
//
// Thread-safety: none; it belongs to one loop. A place may outlive it.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace syncline::node {

class ActiveUploads {
 public:
  // The upload belongs to whoever has this, until it is destroyed, on the loop.
  class Place {
   public:
    Place(std::shared_ptr<std::set<std::string>> ids, std::string id)
        : ids_(std::move(ids)), id_(std::move(id)) {}
    Place(Place&&) = default;
    Place& operator=(Place&&) = default;
    ~Place() {
      if (ids_ != nullptr) ids_->erase(id_);
    }

   private:
    std::shared_ptr<std::set<std::string>> ids_;
    std::string id_;
  };

  // nullopt: somebody has it.
  std::optional<Place> take(const std::string& id) {
    if (!ids_->insert(id).second) return std::nullopt;
    return Place(ids_, id);
  }

  std::size_t size() const { return ids_->size(); }

 private:
  const std::shared_ptr<std::set<std::string>> ids_ = std::make_shared<std::set<std::string>>();
};

}  // namespace syncline::node
