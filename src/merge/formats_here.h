// FormatsHere: the formats at a place of a text during a walk over it. It keeps those from before a
// transaction and those after it, and gives them, and their difference, as the members of a JSON
// object.
//
// A text may contain thousands of formats under different names. So the JSON is built only on
// demand, and only again if it changed. Costs: pass() takes O(log names), plus comparing the values
// of that name. Getting attributes takes O(their bytes) if they differ from the last ones. These
// bytes are counted, so that the walk can stop when there are too many.
//
// Thread-safety: none. Holds views into the document, which must not change meanwhile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>

#include "crdt/engine.h"

namespace syncline::merge {

// `text` has no braces. Two with the same version, except 0, have the same text.
struct AttributesJson {
  std::string text;
  std::uint64_t version = 0;
};

class FormatsHere {
 public:
  // Adds the bytes of names and values to `bytes_made` each time it builds attributes.
  FormatsHere(const crdt::Engine& engine, std::size_t& bytes_made)
      : engine_(engine), bytes_made_(bytes_made) {}

  // Processes a format item. It existed before the transaction, exists now, or both.
  void pass(const crdt::Item& format, bool before, bool now);

  // The formats of new content at this place.
  const AttributesJson& present();
  // How the formats of kept content differ from before; null ends a format.
  const AttributesJson& changed();

 private:
  // In order of first insertion; a name that was removed is inserted anew. As in a JavaScript Map.
  using Place = std::uint64_t;
  struct Side {
    ByteView value;  // packed; empty: there is none
    Place place = 0;
  };
  struct Name {
    Side before;
    Side now;
    bool differs = false;
  };
  // Formats that ended sort after the present ones: the flag is true for them.
  using ChangedPlace = std::pair<bool, Place>;

  bool set(Side& side, const crdt::Item& format);
  static ChangedPlace changed_place(const Name& name);
  void add(std::string& attributes, crdt::KeyIndex name, ByteView value);
  template <typename Names>
  void make(AttributesJson& attributes, const Names& names);

  const crdt::Engine& engine_;
  std::size_t& bytes_made_;
  boost::unordered_flat_map<crdt::KeyIndex, Name> names_;
  std::map<Place, crdt::KeyIndex> present_names_;
  std::map<ChangedPlace, crdt::KeyIndex> changed_names_;
  Place last_place_ = 0;
  std::uint64_t last_version_ = 0;
  AttributesJson present_;
  AttributesJson changed_;
  bool present_is_old_ = false;
  bool changed_is_old_ = false;
};

}  // namespace syncline::merge
