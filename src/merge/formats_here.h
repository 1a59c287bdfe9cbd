// The formats at a place of a text while a walk passes over it: those of before a transaction, those
// of now, and how they differ, as the members of a JSON object.
//
// Anyone may fill a text with thousands of formats under as many names, so nothing is made before
// it is asked for, and what did not change is not made again. Costs: pass() O(log names), and
// comparing the values of that name; attributes O(their bytes) if they differ from those that were
// asked for last, and those bytes are counted: the walk stops once they are too many.
//
// Thread-safety: none. Holds views into the document: it must not change meanwhile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>

#include "crdt/engine.h"

namespace syncline::merge {

// `text` without its braces. Those of equal version, not 0, have equal text.
struct AttributesJson {
  std::string text;
  std::uint64_t version = 0;
};

class FormatsHere {
 public:
  // Adds to `bytes_made` the bytes of the names and values of which it makes attributes.
  FormatsHere(const crdt::Engine& engine, std::size_t& bytes_made)
      : engine_(engine), bytes_made_(bytes_made) {}

  // A format that was there before, is there now, or both.
  void pass(const crdt::Item& format, bool before, bool now);

  // Of what is new here.
  const AttributesJson& present();
  // How those of what stayed differ from before: null ends one.
  const AttributesJson& changed();

 private:
  // By first insertion, anew after a removal, as in a JavaScript Map.
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
  // What came to an end follows what is there: the ended ones have `true`.
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
