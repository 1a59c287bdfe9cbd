// What policies can know of one question: its principal, its context, and the resource that is asked about, with all
// that they are in (policy/access_schema.h).
//
// Everything is made in an arena of the caller, which must outlive the object and is not cleared by it. Nothing
// refers to the question afterwards.
//
// Thread-safety: none; it belongs to one decision.
#pragma once

#include <string_view>
#include <vector>

#include "cedar/entities.h"
#include "cedar/evaluator.h"
#include "policy/decider.h"

namespace syncline::policy {

// What a question is about, as an entity.
struct ResourceName {
  enum class Kind : std::uint8_t { kWorkspace, kFolder, kObject, kPath };
  Kind kind = Kind::kWorkspace;
  std::string_view object =
      {};  // of a folder: its name, which ends with '/'. Of a path: that of its object
  std::string_view path = {};  // policy/path_id.h

  // The resource of a share (log::Share).
  static ResourceName of_share(std::string_view resource);
};

class QuestionEntities final : public cedar::EntitySource {
 public:
  // `actions` knows the actions, with the groups that they are in; it must outlive this.
  QuestionEntities(cedar::Arena& arena, const cedar::EntitySource& actions,
                   const Question& question);

  // From now on, this is asked about. Several calls may follow each other; the request of before is void.
  cedar::Request request(const cedar::Uid& action, const ResourceName& resource);

  const cedar::Entity* find(const cedar::Uid& uid) const override;

 private:
  void make_principal(const identity::Caller& caller);
  void make_context(const Question& question);
  void name_object(std::string_view object, bool folder);
  const cedar::Uid* uid(std::string_view type, std::string_view id);
  const cedar::Uid* part_of(const cedar::Text& type, const cedar::Text& whole, std::size_t size);
  std::span<const cedar::Uid* const> sorted(std::vector<const cedar::Uid*> uids);

  cedar::Arena& arena_;
  const cedar::EntitySource& actions_;
  std::string_view workspace_name_;
  const cedar::Record* nothing_;
  const cedar::Record* context_ = nullptr;
  cedar::Entity principal_;
  cedar::Entity resource_;
  // The workspace and what it is in, and then the folders of the object and the object, as the last request had them.
  std::vector<const cedar::Uid*> around_;
  std::size_t workspace_depth_ = 0;
  std::string_view named_ = {};
  bool any_named_ = false;
};

}  // namespace syncline::policy
