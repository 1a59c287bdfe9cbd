#include "api/names.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "base/qualified_name.h"
#include "identity/person.h"

namespace syncline::api {

using log::DirectoryKind;
using protocol::ShownName;

const ShownName& Names::of(const std::string& principal, const std::string& actor) const {
  static const ShownName nobody;
  if (const auto person = people_.find(principal);
      person != people_.end() && !person->second.name.empty())
    return person->second;
  const auto guest = guests_.find(actor);
  return guest == guests_.end() ? nobody : guest->second;
}

namespace {

ShownName shown_name(const Result<std::optional<Bytes>>& stored, bool verified) {
  if (!stored || !*stored) return {};
  auto person = identity::decode_person(**stored);
  if (!person) return {};
  return {.name = std::move(person->name), .verified = verified};
}

}  // namespace

// First the people, then the guests among those who have no name by then.
class LookingUp : public std::enable_shared_from_this<LookingUp> {
 public:
  LookingUp(const NamesOf& where, std::vector<Maker> makers, Names known,
            std::move_only_function<void(Names)> done)
      : where_(where),
        makers_(std::move(makers)),
        names_(std::move(known)),
        done_(std::move(done)) {
    std::ranges::sort(makers_);
    makers_.erase(std::ranges::unique(makers_).begin(), makers_.end());
  }

  void look_up_people() {
    missing_ = 1;
    for (const Maker& maker : makers_) {
      if (names_.people_.contains(maker.principal)) continue;
      ShownName& shown = names_.people_[maker.principal];
      read(DirectoryKind::kPerson, identity::person_id(where_.tenant, maker.principal), shown);
    }
    answered();
  }

 private:
  void look_up_guests() {
    missing_ = 1;
    for (const Maker& maker : makers_) {
      if (maker.actor.empty() || names_.guests_.contains(maker.actor)) continue;
      if (!names_.people_.at(maker.principal).name.empty()) continue;
      ShownName& shown = names_.guests_[maker.actor];
      read(DirectoryKind::kGuest, identity::guest_id(where_.workspace, maker.actor), shown);
    }
    answered();
  }

  void read(DirectoryKind kind, std::optional<std::string> id, ShownName& shown) {
    if (!id) return;
    ++missing_;
    where_.directory.load_entry(
        kind, std::move(*id),
        [self = shared_from_this(), &shown, kind](const Result<std::optional<Bytes>>& stored) {
          shown = shown_name(stored, kind == DirectoryKind::kPerson);
          self->answered();
        });
  }

  void answered() {
    if (--missing_ > 0) return;
    if (!std::exchange(guests_begun_, true)) return look_up_guests();
    done_(std::move(names_));
  }

  const NamesOf where_;
  std::vector<Maker> makers_;
  Names names_;
  std::move_only_function<void(Names)> done_;
  std::size_t missing_ = 0;
  bool guests_begun_ = false;
};

NamesOf names_of(const Call& call) {
  return {.directory = call.shard.store->directory(),
          .tenant = std::string(split_name(call.path.workspace).tenant),
          .workspace = call.path.workspace};
}

NamesOf names_of(const Inquiry& inquiry) {
  return {.directory = inquiry.sources.store.directory(),
          .tenant = std::string(split_name(inquiry.path.workspace).tenant),
          .workspace = inquiry.path.workspace};
}

void look_up(const NamesOf& where, std::vector<Maker> makers, Names known,
             std::move_only_function<void(Names)> done) {
  std::make_shared<LookingUp>(where, std::move(makers), std::move(known), std::move(done))
      ->look_up_people();
}

}  // namespace syncline::api
