// Updates that no honest client sends: they are made to cost the document engine as much as possible
// for their size. Used by the tests that count work (tests/crdt/hostile_test.cpp) and by the
// benchmark that measures seconds (bench/hostile_bench.cpp).
//
// An attack has a size n, in structs or ranges; its updates together take a few bytes for each.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "crdt/any_tags.h"
#include "crdt/block.h"
#include "crdt/update_writer.h"
#include "syncline/bytes.h"

namespace syncline::crdt::hostile {

// Collects blocks and writes them as one update of version 1.
class UpdateBuilder {
 public:
  Block& add(ClientId client, Clock clock, Clock len = 1) {
    Block& block = blocks_[client].emplace_back();
    block.kind = BlockKind::kDeleted;
    block.client = client;
    block.clock = clock;
    block.len = len;
    return block;
  }
  DeleteSet& deletes() { return deletes_; }

  Bytes take() {
    UpdateWriter writer(UpdateVersion::kV1);
    writer.begin_clients(blocks_.size());
    for (const auto& [client, blocks] : blocks_) {
      writer.begin_client(blocks.size(), client, blocks.front().clock);
      for (const Block& block : blocks) writer.write(block);
    }
    writer.write_deletes(deletes_);
    blocks_.clear();
    deletes_.clear();
    return writer.take();
  }

 private:
  std::map<ClientId, std::vector<Block>, std::greater<>> blocks_;
  DeleteSet deletes_;
};

struct Attack {
  std::vector<Bytes> before;   // what the document holds already
  std::vector<Bytes> updates;  // the attack
  bool clean_formats = false;  // the document is a client's, which cleans formats
  bool merges = false;         // merge_updates() of the updates is what costs
};

using Random = std::mt19937;

inline constexpr std::uint8_t kOne[] = {kAnyInteger, 1};
inline constexpr std::uint8_t kTrue[] = {kAnyTrue};

inline Block& in_root(Block& block, std::string_view root = "r") {
  block.parent_kind = ParentKind::kRoot;
  block.parent_name = root;
  return block;
}

inline Block& under_key(Block& block, std::string_view key) {
  block.has_parent_sub = true;
  block.parent_sub = key;
  return block;
}

inline Block& behind(Block& block, Id origin) {
  block.has_origin = true;
  block.origin = origin;
  return block;
}

inline Block& before(Block& block, Id right_origin) {
  block.has_right_origin = true;
  block.right_origin = right_origin;
  return block;
}

inline Block& with_value(Block& block) {
  block.kind = BlockKind::kAny;
  block.payload = kOne;
  return block;
}

// `text` must outlive the builder.
inline Block& with_text(Block& block, std::string_view text) {
  block.kind = BlockKind::kString;
  block.payload = as_bytes(text);
  return block;
}

inline std::vector<std::uint32_t> shuffled(std::uint32_t n) {
  std::vector<std::uint32_t> out(n);
  for (std::uint32_t i = 0; i < n; ++i) out[i] = i;
  std::shuffle(out.begin(), out.end(), Random(n));
  return out;
}

// One text of this many characters, of client 1.
inline Bytes run(std::string_view text, Clock units) {
  UpdateBuilder builder;
  with_text(in_root(builder.add(1, 0, units)), text);
  return builder.take();
}

// Something small, so that the document is not empty and updates are applied struct by struct.
inline Bytes seed() {
  UpdateBuilder builder;
  with_text(in_root(builder.add(1, 0, 1), "seed"), "x");
  return builder.take();
}

// ---- one key

inline Attack key_of_one_client(std::uint32_t n) {
  UpdateBuilder builder;
  for (std::uint32_t i = 0; i < n; ++i) with_value(under_key(in_root(builder.add(2, i)), "k"));
  return {{}, {builder.take()}};
}

inline Attack key_of_many_clients(std::uint32_t n) {
  Attack attack{{seed()}, {}};
  for (const std::uint32_t i : shuffled(n)) {
    UpdateBuilder builder;
    with_value(under_key(in_root(builder.add(2 + i, 0)), "k"));
    attack.updates.push_back(builder.take());
  }
  return attack;
}

// ---- one place

// Many clients insert at the start of a text, in random order.
inline Attack one_origin(std::uint32_t n) {
  Attack attack{{seed()}, {}};
  for (const std::uint32_t i : shuffled(n)) {
    UpdateBuilder builder;
    with_text(in_root(builder.add(2 + i, 0)), "x");
    attack.updates.push_back(builder.take());
  }
  return attack;
}

// All of them have the first character as their origin, and each another right origin.
inline Attack many_right_origins(std::uint32_t n) {
  const std::string text(n + 2, 'a');
  UpdateBuilder builder;
  const std::vector<std::uint32_t> order = shuffled(n);
  for (std::uint32_t i = 0; i < n; ++i)
    with_text(before(behind(builder.add(2 + i, 0), {1, 0}), {1, 2 + order[i]}), "x");
  return {{run(text, n + 2)}, {builder.take()}};
}

// Each of n siblings stops a scan only for a while, because what comes after it began before it. The
// client that has these right origins could not have seen them beside the origin.
inline Attack crossing(std::uint32_t n) {
  const ClientId walls = n + 10;  // the client of the siblings
  UpdateBuilder chain;
  with_text(in_root(chain.add(1, 0)), "o");
  with_text(behind(chain.add(2, 0), {1, 0}), "t");
  Attack attack{{chain.take()}, {}};
  const std::uint32_t half = std::max(n / 2, 1u);
  const std::vector<std::uint32_t> order = shuffled(half);
  for (std::uint32_t i = 0; i < half; ++i) {
    UpdateBuilder pair;
    // A character behind the one before, as when it is typed in another place each time.
    with_text(behind(pair.add(3, i), i == 0 ? Id{2, 0} : Id{3, i - 1}), "x");
    with_text(before(behind(pair.add(walls + order[i], 0), {1, 0}), {3, i}), "w");
    attack.updates.push_back(pair.take());
  }
  return attack;
}

// ---- order and nesting

// Maps inside each other; then a key in each.
inline Attack nesting(std::uint32_t n) {
  const std::uint32_t half = n / 2;
  UpdateBuilder maps;
  for (std::uint32_t i = 0; i < half; ++i) {
    Block& block = maps.add(2, i);
    if (i == 0) {
      in_root(block);
    } else {
      block.parent_kind = ParentKind::kItem;
      block.parent_id = {2, i - 1};
    }
    under_key(block, "k").kind = BlockKind::kType;
    block.type = TypeKind::kMap;
  }
  UpdateBuilder values;
  for (std::uint32_t i = 0; i < half; ++i) {
    Block& block = with_value(values.add(3, i));
    block.parent_kind = ParentKind::kItem;
    block.parent_id = {2, half - 1 - i};
    under_key(block, "v");
  }
  return {{}, {maps.take(), values.take()}};
}

inline Attack many_clients(std::uint32_t n) {
  UpdateBuilder builder;
  for (std::uint32_t i = 0; i < n; ++i) with_text(in_root(builder.add(2 + i, 0)), "x");
  return {{seed()}, {builder.take()}};
}

// Each client's struct needs that of the next lower one.
inline Attack chain_of_clients(std::uint32_t n) {
  UpdateBuilder builder;
  with_text(in_root(builder.add(2, 0)), "x");
  for (std::uint32_t i = 1; i < n; ++i) with_text(behind(builder.add(2 + i, 0), {1 + i, 0}), "x");
  return {{seed()}, {builder.take()}};
}

// Two clients, each of whose structs needs the last one of the other.
inline Attack zigzag(std::uint32_t n) {
  UpdateBuilder builder;
  with_text(in_root(builder.add(2, 0)), "x");
  for (std::uint32_t i = 1; i < n; ++i)
    with_text(behind(builder.add(2 + i % 2, i / 2), {2 + (i - 1) % 2, (i - 1) / 2}), "x");
  return {{seed()}, {builder.take()}};
}

// ---- deletions

inline Attack tiny_deletions(std::uint32_t n) {
  UpdateBuilder builder;
  for (std::uint32_t i = 0; i < n; ++i) builder.deletes().add(1, 2 * i, 1);
  return {{run(std::string(2 * n, 'a'), 2 * n)}, {builder.take()}};
}

// Characters of one client, each typed before the one before it: their structs do not join, not even
// when they are deleted.
inline Bytes apart(std::uint32_t n) {
  UpdateBuilder builder;
  for (std::uint32_t i = 0; i < n; ++i) {
    Block& block = with_text(builder.add(1, i), "x");
    i == 0 ? in_root(block) : before(block, {1, i - 1});
  }
  return builder.take();
}

// A few bytes delete all of a document.
inline Attack deleted_at_once(std::uint32_t n) {
  UpdateBuilder builder;
  builder.deletes().add(1, 0, n);
  return {{apart(n)}, {builder.take()}};
}

// The same, again and again.
inline Attack deleted_again(std::uint32_t n) {
  UpdateBuilder builder;
  builder.deletes().add(1, 0, n);
  const Bytes all = builder.take();
  return {{apart(n), all}, std::vector<Bytes>(n / 10, all)};
}

// Deletions of what nobody knows; then others between them; then a thousand small updates.
inline Attack waiting_deletions(std::uint32_t n) {
  Attack attack{{seed()}, {}};
  UpdateBuilder builder;
  for (std::uint32_t i = 0; i < n; ++i) builder.deletes().add(9, 4 * i, 1);
  attack.updates.push_back(builder.take());
  for (std::uint32_t i = 0; i < n; ++i) builder.deletes().add(9, 4 * i + 2, 1);
  attack.updates.push_back(builder.take());
  for (Clock i = 0; i < 1000; ++i) {
    with_text(in_root(builder.add(3, i)), "x");
    attack.updates.push_back(builder.take());
  }
  return attack;
}

// ---- cuts

// Insertions at random places of one run.
inline Attack cuts(std::uint32_t n, bool wide) {
  std::string text;
  for (std::uint32_t i = 0; i < n; ++i) text += wide ? "\xC3\xA4" : "a";
  UpdateBuilder builder;
  const std::vector<std::uint32_t> order = shuffled(n);
  for (std::uint32_t i = 0; i < n; ++i)
    with_text(behind(builder.add(2 + i, 0), {1, order[i]}), "x");
  return {{run(text, n)}, {builder.take()}};
}

inline Attack narrow_cuts(std::uint32_t n) {
  return cuts(n, false);
}
inline Attack wide_cuts(std::uint32_t n) {
  return cuts(n, true);
}

// Cuts through surrogate pairs by structs that are forgotten at once, so that everything is joined
// again: their right origins are forgotten already.
inline Attack joined_cuts(std::uint32_t n) {
  std::string text;
  for (std::uint32_t i = 0; i < n; ++i) text += "\xF0\x9F\x98\x80";
  UpdateBuilder forgotten;
  Block& holder = in_root(forgotten.add(8, 0), "t");
  holder.kind = BlockKind::kType;
  holder.type = TypeKind::kArray;
  Block& inside = with_value(forgotten.add(8, 1));
  inside.parent_kind = ParentKind::kItem;
  inside.parent_id = {8, 0};
  forgotten.deletes().add(8, 0, 1);
  UpdateBuilder builder;
  for (std::uint32_t i = 0; i < n; ++i)
    with_text(before(behind(builder.add(9, i), {1, 2 * i}), {8, 1}), "x");
  return {{run(text, 2 * n), forgotten.take()}, {builder.take()}};
}

// ---- formats

// In one gap between characters: formats of different names, and deleted characters between them.
inline Attack formats_in_a_gap(std::uint32_t n) {
  static std::deque<std::string> names;
  while (names.size() < n) names.push_back("f" + std::to_string(names.size()));
  const std::uint32_t half = n / 2;
  UpdateBuilder builder;
  with_text(in_root(builder.add(2, 0)), "a");
  for (std::uint32_t i = 0; i < half; ++i) {
    Block& format = behind(builder.add(2, 2 * i + 1), {2, 2 * i});
    format.kind = BlockKind::kFormat;
    format.name = names[i];
    format.payload = kTrue;
    with_text(behind(builder.add(2, 2 * i + 2), {2, 2 * i + 1}), "x");
  }
  Attack attack{{builder.take()}, {}, true};
  for (std::uint32_t i = 0; i < half; ++i) builder.deletes().add(2, 2 * i + 2, 1);
  attack.updates.push_back(builder.take());
  return attack;
}

// Many texts that all have a new format and lose a character.
inline Attack formatted_texts(std::uint32_t n) {
  const std::uint32_t count = n / 4;
  Attack attack{{seed()}, {}, true};
  UpdateBuilder builder;
  const auto inside = [&](Block& block, std::uint32_t i) {
    block.parent_kind = ParentKind::kItem;
    block.parent_id = {2, i};
  };
  for (std::uint32_t i = 0; i < count; ++i) {
    Block& text = in_root(builder.add(2, i));
    text.kind = BlockKind::kType;
    text.type = TypeKind::kText;
  }
  for (std::uint32_t i = 0; i < count; ++i) inside(with_text(builder.add(3, 2 * i, 2), "ab"), i);
  attack.before.push_back(builder.take());
  for (std::uint32_t i = 0; i < count; ++i) {
    Block& format = behind(builder.add(4, i), {3, 2 * i + 1});
    format.kind = BlockKind::kFormat;
    format.name = "bold";
    format.payload = kTrue;
    builder.deletes().add(3, 2 * i, 1);
  }
  attack.updates.push_back(builder.take());
  return attack;
}

// ---- others

// Subdocuments that want to be loaded; then they go; and as many that come and go in one update.
inline Attack subdocuments(std::uint32_t n) {
  static std::deque<std::string> guids;
  while (guids.size() < n) guids.push_back("g" + std::to_string(guids.size()));
  static constexpr std::uint8_t kAutoLoad[] = {kAnyObject, 1,   8,   'a', 'u', 't',
                                               'o',        'L', 'o', 'a', 'd', kAnyTrue};
  Attack attack{{seed()}, {}};
  UpdateBuilder builder;
  const auto add = [&](ClientId client, std::uint32_t i) {
    Block& block = in_root(builder.add(client, i));
    block.kind = BlockKind::kDoc;
    block.name = guids[i];
    block.payload = kAutoLoad;
  };
  const std::uint32_t count = n / 2;
  for (std::uint32_t i = 0; i < count; ++i) add(2, i);
  attack.updates.push_back(builder.take());
  builder.deletes().add(2, 0, count);
  attack.updates.push_back(builder.take());
  for (std::uint32_t i = 0; i < count; ++i) add(3, i);
  builder.deletes().add(3, 0, count);
  attack.updates.push_back(builder.take());
  return attack;
}

// A key whose value is long, set again and again.
inline Attack long_value(std::uint32_t n) {
  Bytes values;
  for (std::uint32_t i = 0; i < n; ++i) values.insert(values.end(), {kAnyInteger, 1});
  UpdateBuilder builder;
  Block& block = under_key(in_root(builder.add(1, 0, n)), "k");
  block.kind = BlockKind::kAny;
  block.payload = values;
  Attack attack{{builder.take()}, {}};
  for (std::uint32_t i = 0; i < n; ++i)
    with_value(behind(builder.add(2, i), i == 0 ? Id{1, n - 1} : Id{2, i - 1}));
  attack.updates.push_back(builder.take());
  return attack;
}

// Updates that are merged without a document, each with structs of the same clients.
inline Attack interleaved(std::uint32_t n) {
  Attack attack{{}, {}, false, true};
  const std::uint32_t count = n / 2;
  for (std::uint32_t i = 0; i < count; ++i) {
    UpdateBuilder builder;
    with_text(in_root(builder.add(2, i)), "x");
    with_text(in_root(builder.add(3, i)), "x");
    attack.updates.push_back(builder.take());
  }
  return attack;
}

struct NamedAttack {
  std::string_view name;
  Attack (*make)(std::uint32_t n);
};

inline constexpr NamedAttack kAttacks[] = {
    {"KeyOfOneClient", key_of_one_client},
    {"KeyOfManyClients", key_of_many_clients},
    {"OneOrigin", one_origin},
    {"ManyRightOrigins", many_right_origins},
    {"Crossing", crossing},
    {"Nesting", nesting},
    {"ManyClients", many_clients},
    {"ChainOfClients", chain_of_clients},
    {"Zigzag", zigzag},
    {"TinyDeletions", tiny_deletions},
    {"DeletedAtOnce", deleted_at_once},
    {"DeletedAgain", deleted_again},
    {"WaitingDeletions", waiting_deletions},
    {"NarrowCuts", narrow_cuts},
    {"WideCuts", wide_cuts},
    {"JoinedCuts", joined_cuts},
    {"FormatsInAGap", formats_in_a_gap},
    {"FormattedTexts", formatted_texts},
    {"Subdocuments", subdocuments},
    {"LongValue", long_value},
    {"Interleaved", interleaved},
};

}  // namespace syncline::crdt::hostile
