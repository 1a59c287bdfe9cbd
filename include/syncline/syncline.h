/* The C API of libsyncline: the document engine of syncline/crdt/ for C and for language bindings.
 *
 *   syncline_doc *doc = NULL;
 *   syncline_type text;
 *   syncline_buffer update = {0};
 *   syncline_error error;
 *   if (syncline_doc_new(1, NULL, &doc, &error) != SYNCLINE_OK) return fail(error.message);
 *   syncline_doc_root(doc, SYNCLINE_KIND_TEXT, "note", SYNCLINE_NUL, &text, NULL);
 *   syncline_text_insert(text, 0, "hello", SYNCLINE_NUL, NULL, 0, NULL);
 *   syncline_doc_encode(doc, NULL, 0, SYNCLINE_V1, &update, NULL);
 *   syncline_buffer_free(&update);
 *   syncline_doc_free(doc);
 *
 * Errors. A function that can fail returns a status and takes an error last, which it fills in if it
 * fails, and which may be NULL. A function that fails has changed nothing, and its outputs are
 * empty (sizes 0, pointers NULL). Nothing here throws, and nothing here ends the process because of
 * what it was given, but for pointers that are not what they should be. NULL for a document, an
 * undo manager or a presence is SYNCLINE_INVALID.
 *
 * Ownership. What a function named *_new gives is freed with the *_free of the same name; *_free of
 * NULL does nothing. Inputs are read during the call only. Outputs of type syncline_buffer,
 * syncline_value and syncline_change are the caller's, to be freed with their *_free, once, and
 * before they are used for another; to free an empty or zeroed one does nothing. A syncline_type is
 * a value: copy it freely, free nothing; it must not be used after its document is freed. If the
 * type is deleted, reading sees it empty and changing it is SYNCLINE_INVALID.
 *
 * Text is UTF-8, with its size in bytes; SYNCLINE_NUL as a size means "up to the NUL". Indices and
 * lengths inside shared texts are UTF-16 units, as in Yjs, JavaScript and browsers. Every buffer has
 * a NUL behind its end, which its size does not count, so that text can be used as a C string.
 *
 * JSON. Values with members or elements go in and out as JSON text; byte strings inside them come
 * out as {"0":1,"1":2}. Attributes are an object: {"bold":true,"link":null}. Deltas are Quill's:
 * [{"retain":3},{"insert":"x","attributes":{...}},{"delete":1}].
 *
 * Callbacks get the `user` pointer that they were registered with. What else they get is valid
 * during the call. They may read, change the document (a transaction of its own, after this one) and
 * register and remove callbacks; they must not free the document, nor let a C++ exception or a
 * longjmp out.
 *
 * Threads. A document and all that belongs to it are for one thread at a time; different documents
 * are independent. There is no state outside of them, no clock and no randomness.
 *
 * Versions. Functions and enumerators are added, not changed, while SYNCLINE_API_VERSION stays.
 * Structs that may grow begin with their size: set it with the *_INIT macro.
 *
 * Costs and rules are those of the C++ headers that each part names. */
#ifndef SYNCLINE_SYNCLINE_H
#define SYNCLINE_SYNCLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "syncline/version.h"

#if defined(__GNUC__)
#define SYNCLINE_API __attribute__((visibility("default")))
#else
#define SYNCLINE_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define SYNCLINE_API_VERSION 1

/* What the library was built as; compare with the macros that this header was. */
SYNCLINE_API uint32_t syncline_api_version(void);
SYNCLINE_API const char* syncline_version(void); /* "0.1.0" */

/* A size that means: up to the NUL. */
#define SYNCLINE_NUL ((size_t)-1)

/* ---- errors */

/* No value: the last enumerator of each enum, so that any number can be passed and is refused. */
#define SYNCLINE_ENUM_WIDTH 0x7fffffff

typedef enum syncline_status {
  SYNCLINE_OK = 0,
  SYNCLINE_MALFORMED = 1,   /* the bytes do not decode */
  SYNCLINE_INVALID = 2,     /* they decode, but mean nothing valid here; a bad argument */
  SYNCLINE_TOO_LARGE = 3,   /* over a stated limit */
  SYNCLINE_NOT_FOUND = 4,   /* the named thing is not there */
  SYNCLINE_UNSUPPORTED = 5, /* valid, but this build does not do it */
  SYNCLINE_CONFLICT = 6,    /* a condition does not hold */
  SYNCLINE_FAILED = 7,      /* anything else: out of memory */
  SYNCLINE_STATUS_WIDTH = SYNCLINE_ENUM_WIDTH
} syncline_status;

typedef struct syncline_error {
  syncline_status status;
  char message[252]; /* for a person; ends with NUL, cut if need be */
} syncline_error;

SYNCLINE_API const char* syncline_status_name(syncline_status status); /* "malformed" */

/* ---- bytes and values */

typedef struct syncline_buffer {
  uint8_t* data;
  size_t size;
} syncline_buffer;

SYNCLINE_API void syncline_buffer_free(syncline_buffer* buffer);

/* Kinds of shared types, by their number in Yjs's format. */
typedef enum syncline_kind {
  SYNCLINE_KIND_ARRAY = 0,
  SYNCLINE_KIND_MAP = 1,
  SYNCLINE_KIND_TEXT = 2,
  SYNCLINE_KIND_XML_ELEMENT = 3,
  SYNCLINE_KIND_XML_FRAGMENT = 4,
  SYNCLINE_KIND_XML_HOOK = 5,
  SYNCLINE_KIND_XML_TEXT = 6,
  SYNCLINE_KIND_UNDEFINED = 15, /* a root that came in an update and has not been named yet */
  SYNCLINE_KIND_WIDTH = SYNCLINE_ENUM_WIDTH
} syncline_kind;

typedef struct syncline_type {
  void* engine; /* NULL: no type */
  uint32_t index;
} syncline_type;

typedef enum syncline_value_kind {
  SYNCLINE_VALUE_UNDEFINED = 0,
  SYNCLINE_VALUE_NULL = 1,
  SYNCLINE_VALUE_BOOL = 2,
  SYNCLINE_VALUE_NUMBER = 3,
  SYNCLINE_VALUE_BIGINT = 4,
  SYNCLINE_VALUE_STRING = 5, /* `bytes`: UTF-8 */
  SYNCLINE_VALUE_BYTES = 6,  /* `bytes` */
  SYNCLINE_VALUE_JSON = 7,   /* `bytes`: an array or an object as JSON text; as input any JSON */
  SYNCLINE_VALUE_TYPE = 8,   /* `type`; output only: types are made where they are to be */
  SYNCLINE_VALUE_SUBDOC = 9, /* `bytes`: the document's guid; as input one without options */
  SYNCLINE_VALUE_WIDTH = SYNCLINE_ENUM_WIDTH
} syncline_value_kind;

typedef struct syncline_value {
  syncline_value_kind kind;
  union {
    bool boolean;
    double number;
    int64_t bigint;
    struct {
      const char* data;
      size_t size; /* not SYNCLINE_NUL */
    } bytes;
    syncline_type type;
  } as;
} syncline_value;

/* Of values that came out of a function; those that you filled in yourself are yours. */
SYNCLINE_API void syncline_value_free(syncline_value* value);

/* ---- documents: syncline/crdt/doc.h */

typedef struct syncline_doc syncline_doc;

typedef enum syncline_update_version {
  SYNCLINE_V1 = 1,
  SYNCLINE_V2 = 2,
  SYNCLINE_VERSION_WIDTH = SYNCLINE_ENUM_WIDTH
} syncline_update_version;

typedef struct syncline_doc_options {
  size_t size;
  bool gc;            /* forget deleted content; false keeps it for snapshots */
  bool clean_formats; /* as Yjs does; false for a replica that must not edit */
  const char* guid;   /* NUL-terminated, or NULL */
} syncline_doc_options;
#define SYNCLINE_DOC_OPTIONS_INIT \
  { sizeof(syncline_doc_options), true, true, NULL }

/* `client_id`: 1 to 2^53-1, unique among the replicas that edit: drawn at random for each session.
 * `options`: NULL for the defaults. */
SYNCLINE_API syncline_status syncline_doc_new(uint64_t client_id,
                                              const syncline_doc_options* options,
                                              syncline_doc** doc, syncline_error* error);
SYNCLINE_API void syncline_doc_free(syncline_doc* doc);

/* May change: when an update shows that somebody else edits under it, the document takes another. */
SYNCLINE_API uint64_t syncline_doc_client_id(const syncline_doc* doc);
SYNCLINE_API syncline_status syncline_doc_guid(const syncline_doc* doc, syncline_buffer* guid,
                                               syncline_error* error);

/* The root type of that name, made when first named. SYNCLINE_INVALID if it is of another kind. */
SYNCLINE_API syncline_status syncline_doc_root(syncline_doc* doc, syncline_kind kind,
                                               const char* name, size_t name_size,
                                               syncline_type* type, syncline_error* error);

/* All roots as one JSON object. */
SYNCLINE_API syncline_status syncline_doc_to_json(const syncline_doc* doc, syncline_buffer* json,
                                                  syncline_error* error);
SYNCLINE_API size_t syncline_doc_memory(const syncline_doc* doc); /* bytes held */

/* Changes between begin and commit are one transaction: one update, one round of events. Pairs nest;
 * the outermost one counts, with its origin. A change outside of any pair is a transaction of its
 * own. Origins are the application's numbers, below 2^63; 0 says nothing. Commit without begin is
 * SYNCLINE_INVALID. */
SYNCLINE_API syncline_status syncline_doc_begin(syncline_doc* doc, uint64_t origin,
                                                syncline_error* error);
SYNCLINE_API syncline_status syncline_doc_commit(syncline_doc* doc, syncline_error* error);

typedef struct syncline_apply_result {
  bool changed; /* false: all of it was known, or only waits */
  bool waiting; /* part of it waits for updates that are still missing */
} syncline_apply_result;

/* Applies an update whole, or refuses it whole. `result` may be NULL. */
SYNCLINE_API syncline_status syncline_doc_apply(syncline_doc* doc, const uint8_t* update,
                                                size_t size, syncline_update_version version,
                                                uint64_t origin, syncline_apply_result* result,
                                                syncline_error* error);

/* What a replica with that state vector lacks; everything if `state_size` is 0. */
SYNCLINE_API syncline_status syncline_doc_encode(const syncline_doc* doc, const uint8_t* state,
                                                 size_t state_size, syncline_update_version version,
                                                 syncline_buffer* update, syncline_error* error);
SYNCLINE_API syncline_status syncline_doc_state_vector(const syncline_doc* doc,
                                                       syncline_buffer* state,
                                                       syncline_error* error);
/* A state vector of what must be known before more of the waiting updates can be applied. */
SYNCLINE_API syncline_status syncline_doc_missing(const syncline_doc* doc, syncline_buffer* state,
                                                  syncline_error* error);

/* Callbacks. Each registration gives a token, never 0 unless it failed, for syncline_doc_off. */
typedef void (*syncline_update_fn)(void* user, const uint8_t* update, size_t size, uint64_t origin,
                                   bool local);
SYNCLINE_API uint64_t syncline_doc_on_update(syncline_doc* doc, syncline_update_version version,
                                             syncline_update_fn callback, void* user);
/* After each transaction. `types`: those that it changed, and all around them. */
typedef void (*syncline_transaction_fn)(void* user, const syncline_type* types, size_t count,
                                        uint64_t origin, bool local);
SYNCLINE_API uint64_t syncline_doc_on_transaction(syncline_doc* doc,
                                                  syncline_transaction_fn callback, void* user);
/* {"added":[{"guid":"…","options":{…}}],"removed":[…],"loaded":[…]} */
typedef void (*syncline_json_fn)(void* user, const char* json, size_t size);
SYNCLINE_API uint64_t syncline_doc_on_subdocs(syncline_doc* doc, syncline_json_fn callback,
                                              void* user);
SYNCLINE_API void syncline_doc_off(syncline_doc* doc, uint64_t token);

/* The documents in this one: [{"guid":"…","options":{…}}]. Their content is not in it: they are
 * documents of their own. Loading tells syncline_doc_on_subdocs that somebody wants one open. */
SYNCLINE_API syncline_status syncline_doc_subdocs(const syncline_doc* doc, syncline_buffer* json,
                                                  syncline_error* error);
SYNCLINE_API syncline_status syncline_doc_load_subdoc(syncline_doc* doc, const char* guid,
                                                      size_t guid_size, syncline_error* error);
SYNCLINE_API syncline_status syncline_doc_unload_subdoc(syncline_doc* doc, const char* guid,
                                                        size_t guid_size, syncline_error* error);

/* ---- all types: syncline/crdt/types.h. On a zeroed type these give the empty answer. */

SYNCLINE_API syncline_kind syncline_type_kind(syncline_type type);
SYNCLINE_API bool syncline_type_equal(syncline_type a, syncline_type b);
SYNCLINE_API bool syncline_type_deleted(syncline_type type); /* true for a zeroed one */
SYNCLINE_API uint32_t syncline_type_length(syncline_type type);
/* The type around it; false for a root. */
SYNCLINE_API bool syncline_type_parent(syncline_type type, syncline_type* parent);
/* Among the children of a sequence; false at the end. */
SYNCLINE_API bool syncline_type_next(syncline_type type, syncline_type* sibling);
SYNCLINE_API bool syncline_type_previous(syncline_type type, syncline_type* sibling);
SYNCLINE_API syncline_status syncline_type_path(syncline_type type, syncline_buffer* json,
                                                syncline_error* error); /* ["root","key",3] */
SYNCLINE_API syncline_status syncline_type_to_json(syncline_type type, syncline_buffer* json,
                                                   syncline_error* error);

/* Changes of this type: {"path":["root","key",3],"delta":[…],"keys":{"k":{"action":"update",
 * "oldValue":…}},"origin":0,"local":true}; deep: an array of such, of the types inside it as well.
 * In the delta of an array, "insert" is an array of values. Shared types appear as their JSON.
 * An origin from 2^53 on, as of undo managers, is a string of digits. Remove with syncline_doc_off.
 * 0 for a zeroed type. */
SYNCLINE_API uint64_t syncline_type_observe(syncline_type type, syncline_json_fn callback,
                                            void* user);
SYNCLINE_API uint64_t syncline_type_observe_deep(syncline_type type, syncline_json_fn callback,
                                                 void* user);

/* ---- arrays */

SYNCLINE_API syncline_status syncline_array_insert(syncline_type array, uint32_t index,
                                                   const syncline_value* values, size_t count,
                                                   syncline_error* error);
SYNCLINE_API syncline_status syncline_array_push(syncline_type array, const syncline_value* values,
                                                 size_t count, syncline_error* error);
/* `name`: of an XML element or hook; otherwise NULL, 0. */
SYNCLINE_API syncline_status syncline_array_insert_type(syncline_type array, uint32_t index,
                                                        syncline_kind kind, const char* name,
                                                        size_t name_size, syncline_type* type,
                                                        syncline_error* error);
SYNCLINE_API syncline_status syncline_array_erase(syncline_type array, uint32_t index,
                                                  uint32_t length, syncline_error* error);
/* SYNCLINE_NOT_FOUND beyond the end. */
SYNCLINE_API syncline_status syncline_array_get(syncline_type array, uint32_t index,
                                                syncline_value* value, syncline_error* error);

/* ---- maps (and XML hooks) */

SYNCLINE_API syncline_status syncline_map_set(syncline_type map, const char* key, size_t key_size,
                                              const syncline_value* value, syncline_error* error);
SYNCLINE_API syncline_status syncline_map_set_type(syncline_type map, const char* key,
                                                   size_t key_size, syncline_kind kind,
                                                   const char* name, size_t name_size,
                                                   syncline_type* type, syncline_error* error);
SYNCLINE_API syncline_status syncline_map_erase(syncline_type map, const char* key, size_t key_size,
                                                syncline_error* error);
SYNCLINE_API syncline_status syncline_map_clear(syncline_type map, syncline_error* error);
/* SYNCLINE_NOT_FOUND if there is no such key. */
SYNCLINE_API syncline_status syncline_map_get(syncline_type map, const char* key, size_t key_size,
                                              syncline_value* value, syncline_error* error);
SYNCLINE_API bool syncline_map_has(syncline_type map, const char* key, size_t key_size);
/* ["a","b"], in Yjs's order. */
SYNCLINE_API syncline_status syncline_map_keys(syncline_type map, syncline_buffer* json,
                                               syncline_error* error);

/* ---- texts (and XML texts) */

/* `attributes`: NULL takes the formats to the left; an object exactly those. */
SYNCLINE_API syncline_status syncline_text_insert(syncline_type text, uint32_t index,
                                                  const char* utf8, size_t size,
                                                  const char* attributes, size_t attributes_size,
                                                  syncline_error* error);
SYNCLINE_API syncline_status syncline_text_insert_embed(syncline_type text, uint32_t index,
                                                        const syncline_value* embed,
                                                        const char* attributes,
                                                        size_t attributes_size,
                                                        syncline_error* error);
SYNCLINE_API syncline_status syncline_text_erase(syncline_type text, uint32_t index,
                                                 uint32_t length, syncline_error* error);
SYNCLINE_API syncline_status syncline_text_format(syncline_type text, uint32_t index,
                                                  uint32_t length, const char* attributes,
                                                  size_t attributes_size, syncline_error* error);
SYNCLINE_API syncline_status syncline_text_apply_delta(syncline_type text, const char* delta,
                                                       size_t size, syncline_error* error);
/* Without formats and embeds. */
SYNCLINE_API syncline_status syncline_text_to_string(syncline_type text, syncline_buffer* utf8,
                                                     syncline_error* error);
SYNCLINE_API syncline_status syncline_text_to_delta(syncline_type text, syncline_buffer* json,
                                                    syncline_error* error);

/* ---- XML */

/* A copy of a type's content in another place, of any document (Yjs's clone): a type cannot be
 * moved, but copied and erased. `copy` is the new type. syncline/crdt/type_copy.h */
SYNCLINE_API syncline_status syncline_type_copy_to_index(syncline_type source,
                                                         syncline_type array_or_xml, uint32_t index,
                                                         syncline_type* copy,
                                                         syncline_error* error);
SYNCLINE_API syncline_status syncline_type_copy_to_key(syncline_type source, syncline_type map,
                                                       const char* key, size_t key_size,
                                                       syncline_type* copy, syncline_error* error);

/* Into a fragment or element; `name` NULL makes a text, otherwise an element of that name. */
SYNCLINE_API syncline_status syncline_xml_insert(syncline_type parent, uint32_t index,
                                                 const char* name, size_t name_size,
                                                 syncline_type* child, syncline_error* error);
SYNCLINE_API syncline_status syncline_xml_erase(syncline_type parent, uint32_t index,
                                                uint32_t length, syncline_error* error);
/* SYNCLINE_NOT_FOUND beyond the end. */
SYNCLINE_API syncline_status syncline_xml_get(syncline_type parent, uint32_t index,
                                              syncline_type* child, syncline_error* error);
SYNCLINE_API syncline_status syncline_xml_name(syncline_type element, syncline_buffer* name,
                                               syncline_error* error);
SYNCLINE_API syncline_status syncline_xml_to_string(syncline_type xml, syncline_buffer* xml_text,
                                                    syncline_error* error);
/* Attributes of elements, and of texts as a whole. */
SYNCLINE_API syncline_status syncline_xml_set_attribute(syncline_type type, const char* key,
                                                        size_t key_size,
                                                        const syncline_value* value,
                                                        syncline_error* error);
SYNCLINE_API syncline_status syncline_xml_remove_attribute(syncline_type type, const char* key,
                                                           size_t key_size, syncline_error* error);
SYNCLINE_API syncline_status syncline_xml_get_attribute(syncline_type type, const char* key,
                                                        size_t key_size, syncline_value* value,
                                                        syncline_error* error);

/* ---- updates without a document: syncline/crdt/updates.h */

SYNCLINE_API syncline_status syncline_update_merge(const uint8_t* const* updates,
                                                   const size_t* sizes, size_t count,
                                                   syncline_update_version version,
                                                   syncline_buffer* merged, syncline_error* error);
SYNCLINE_API syncline_status syncline_update_diff(const uint8_t* update, size_t size,
                                                  const uint8_t* state, size_t state_size,
                                                  syncline_update_version version,
                                                  syncline_buffer* diff, syncline_error* error);
SYNCLINE_API syncline_status syncline_update_convert(const uint8_t* update, size_t size,
                                                     syncline_update_version from,
                                                     syncline_update_version to,
                                                     syncline_buffer* converted,
                                                     syncline_error* error);
/* The same structure with other content, to show a fault without showing the document. */
SYNCLINE_API syncline_status syncline_update_obfuscate(const uint8_t* update, size_t size,
                                                       syncline_update_version version,
                                                       syncline_buffer* obfuscated,
                                                       syncline_error* error);
SYNCLINE_API syncline_status syncline_update_state_vector(const uint8_t* update, size_t size,
                                                          syncline_update_version version,
                                                          syncline_buffer* state,
                                                          syncline_error* error);

/* ---- snapshots, as Yjs encodes them (version 1): syncline/crdt/snapshot.h */

SYNCLINE_API syncline_status syncline_snapshot_take(const syncline_doc* doc,
                                                    syncline_buffer* snapshot,
                                                    syncline_error* error);
/* A new document in the state of the snapshot. `doc` must have been made with gc off. */
SYNCLINE_API syncline_status syncline_snapshot_doc(const syncline_doc* doc, const uint8_t* snapshot,
                                                   size_t size, uint64_t client_id,
                                                   const syncline_doc_options* options,
                                                   syncline_doc** past, syncline_error* error);
/* True in `contained` if the update would change nothing in that state. */
SYNCLINE_API syncline_status syncline_snapshot_contains(const uint8_t* snapshot, size_t size,
                                                        const uint8_t* update, size_t update_size,
                                                        syncline_update_version version,
                                                        bool* contained, syncline_error* error);

/* ---- relative positions, as Yjs encodes them: syncline/crdt/relative_position.h */

/* `assoc` >= 0: stays with the right neighbour; < 0: with the left. */
SYNCLINE_API syncline_status syncline_position_at(syncline_type type, uint32_t index, int32_t assoc,
                                                  syncline_buffer* position, syncline_error* error);
/* SYNCLINE_NOT_FOUND if the document does not know the place (yet, or any more). */
SYNCLINE_API syncline_status syncline_position_resolve(syncline_doc* doc, const uint8_t* position,
                                                       size_t size, syncline_type* type,
                                                       uint32_t* index, syncline_error* error);
SYNCLINE_API syncline_status syncline_position_to_json(const uint8_t* position, size_t size,
                                                       syncline_buffer* json,
                                                       syncline_error* error);
SYNCLINE_API syncline_status syncline_position_from_json(const char* json, size_t size,
                                                         syncline_buffer* position,
                                                         syncline_error* error);

/* ---- undo and redo: syncline/crdt/undo_manager.h */

typedef struct syncline_undo syncline_undo;

typedef struct syncline_undo_options {
  size_t size;
  uint64_t capture_timeout_ms;     /* changes closer than this are one step; 0: none are */
  uint64_t (*now_ms)(void* user);  /* any clock; NULL: time stands still */
  void* user;                      /* for now_ms */
  const uint64_t* tracked_origins; /* NULL: origin 0 alone. Its own origin is always tracked */
  size_t tracked_count;
  bool ignore_remote_map_changes;
} syncline_undo_options;
#define SYNCLINE_UNDO_OPTIONS_INIT \
  { sizeof(syncline_undo_options), 500, NULL, NULL, NULL, 0, false }

/* `scope`: types with all that is in them; NULL, 0: the whole document. To be freed before `doc`. */
SYNCLINE_API syncline_status syncline_undo_new(syncline_doc* doc, const syncline_type* scope,
                                               size_t scope_count,
                                               const syncline_undo_options* options,
                                               syncline_undo** undo, syncline_error* error);
SYNCLINE_API void syncline_undo_free(syncline_undo* undo);
SYNCLINE_API bool syncline_undo_undo(syncline_undo* undo); /* false: nothing to take back */
SYNCLINE_API bool syncline_undo_redo(syncline_undo* undo);
SYNCLINE_API size_t syncline_undo_steps(const syncline_undo* undo);
SYNCLINE_API size_t syncline_undo_redo_steps(const syncline_undo* undo);
SYNCLINE_API void syncline_undo_stop_capturing(
    syncline_undo* undo); /* the next change is a new step */
SYNCLINE_API void syncline_undo_clear(syncline_undo* undo, bool undo_stack, bool redo_stack);
SYNCLINE_API void syncline_undo_add_to_scope(syncline_undo* undo, syncline_type type);
SYNCLINE_API void syncline_undo_track(syncline_undo* undo, uint64_t origin);
SYNCLINE_API void syncline_undo_untrack(syncline_undo* undo, uint64_t origin);
SYNCLINE_API uint64_t syncline_undo_origin(const syncline_undo* undo); /* of its own transactions */

typedef enum syncline_undo_what {
  SYNCLINE_UNDO_ADDED = 0,   /* a new step */
  SYNCLINE_UNDO_UPDATED = 1, /* a change was joined to the last step */
  SYNCLINE_UNDO_POPPED = 2,  /* a step was undone or redone */
  SYNCLINE_UNDO_WIDTH = SYNCLINE_ENUM_WIDTH
} syncline_undo_what;
/* One step while its callback runs. */
typedef struct syncline_undo_step syncline_undo_step;
/* `redo_stack`: the step went to, or when popped came from, the redo stack. */
typedef void (*syncline_undo_fn)(void* user, syncline_undo_what what, bool redo_stack,
                                 syncline_undo_step* step);
SYNCLINE_API uint64_t syncline_undo_on(syncline_undo* undo, syncline_undo_what what,
                                       syncline_undo_fn callback, void* user);
SYNCLINE_API void syncline_undo_off(syncline_undo* undo, uint64_t token);
/* The application's own values in a step, such as a cursor to restore. */
SYNCLINE_API syncline_status syncline_undo_step_set(syncline_undo_step* step, const char* key,
                                                    size_t key_size, const syncline_value* value,
                                                    syncline_error* error);
SYNCLINE_API syncline_status syncline_undo_step_get(syncline_undo_step* step, const char* key,
                                                    size_t key_size, syncline_value* value,
                                                    syncline_error* error);

/* ---- awareness: syncline/crdt/awareness.h. Times are milliseconds of any clock. */

typedef struct syncline_awareness syncline_awareness;

/* Whose states a call has changed: `added`, then `updated`, then `removed` client ids. */
typedef struct syncline_change {
  uint64_t* clients;
  size_t added;
  size_t updated;
  size_t removed;
} syncline_change;

SYNCLINE_API void syncline_change_free(syncline_change* change);

SYNCLINE_API syncline_status syncline_awareness_new(syncline_awareness** awareness,
                                                    syncline_error* error);
SYNCLINE_API void syncline_awareness_free(syncline_awareness* awareness);
/* In the following, `change` may be NULL. */
SYNCLINE_API syncline_status syncline_awareness_set(syncline_awareness* awareness, uint64_t client,
                                                    const char* json, size_t size, uint64_t now_ms,
                                                    syncline_change* change, syncline_error* error);
SYNCLINE_API syncline_status syncline_awareness_apply(syncline_awareness* awareness,
                                                      const uint8_t* message, size_t size,
                                                      uint64_t now_ms, syncline_change* change,
                                                      syncline_error* error);
SYNCLINE_API syncline_status syncline_awareness_remove(syncline_awareness* awareness,
                                                       const uint64_t* clients, size_t count,
                                                       uint64_t now_ms, syncline_change* change,
                                                       syncline_error* error);
SYNCLINE_API syncline_status syncline_awareness_expire(syncline_awareness* awareness,
                                                       uint64_t now_ms, uint64_t timeout_ms,
                                                       syncline_change* change,
                                                       syncline_error* error);
/* A message with the states of these clients; of everyone present if `clients` is NULL. */
SYNCLINE_API syncline_status syncline_awareness_encode(const syncline_awareness* awareness,
                                                       const uint64_t* clients, size_t count,
                                                       syncline_buffer* message,
                                                       syncline_error* error);
/* JSON; SYNCLINE_NOT_FOUND if the client is unknown or gone. */
SYNCLINE_API syncline_status syncline_awareness_state(const syncline_awareness* awareness,
                                                      uint64_t client, syncline_buffer* json,
                                                      syncline_error* error);
SYNCLINE_API size_t syncline_awareness_present(const syncline_awareness* awareness);

#ifdef __cplusplus
}
#endif

#endif /* SYNCLINE_SYNCLINE_H */
