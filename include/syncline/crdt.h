// Includes every public header of the document engine. Each of them documents itself; begin with
// doc.h.
#pragma once

#include "syncline/crdt/any.h"                // values
#include "syncline/crdt/awareness.h"          // who is there, and where their cursors are
#include "syncline/crdt/doc.h"                // documents, transactions, updates, events
#include "syncline/crdt/effect.h"             // what an update would do
#include "syncline/crdt/id.h"                 // names of operations
#include "syncline/crdt/id_set.h"             // state vectors and delete sets
#include "syncline/crdt/relative_position.h"  // places that move with the content
#include "syncline/crdt/snapshot.h"           // past states
#include "syncline/crdt/type_copy.h"          // copies of types, to put elsewhere
#include "syncline/crdt/types.h"              // arrays, maps, texts, XML
#include "syncline/crdt/undo_manager.h"       // undo and redo
#include "syncline/crdt/updates.h"            // updates without a document
#include "syncline/crdt/wire.h"               // versions and kinds
