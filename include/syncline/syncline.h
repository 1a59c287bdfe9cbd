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
 * Errors. A function that can fail returns a status. Its last parameter is an error, which it fills
 * in if it fails and which may be NULL. A failed function has changed nothing, and its outputs are
 * empty (sizes 0, pointers NULL). No function throws. No input ends the process, except an invalid
 * pointer. NULL for a document, an undo manager or an awareness is SYNCLINE_INVALID.
 *
 * Ownership. Free what a *_new function returns with the *_free function of the same name; *_free of
 * NULL does nothing. Inputs are read only during the call. The caller owns outputs of type
 * syncline_buffer, syncline_value and syncline_change. It frees each with its *_free once, before it
 * passes the same variable to another call. To free an empty or zeroed output does nothing. A
 * syncline_type is a plain value: it can be copied and needs no free, and it must not be used after
 * its document is freed. If the type is deleted, reads see it empty, and changes are
 * SYNCLINE_INVALID.
 *
 * Text is UTF-8 with its size in bytes; the size SYNCLINE_NUL means "up to the NUL". Indices and
 * lengths inside shared texts are UTF-16 units, as in Yjs, JavaScript and browsers. Every buffer has
 * a NUL after its end, which its size does not count, so that text can be used as a C string.
 *
 * JSON. Values with members or elements are passed in both directions as JSON text. Byte strings
 * inside them come out as {"0":1,"1":2}. Attributes are an object: {"bold":true,"link":null}. Deltas
 * are Quill's: [{"retain":3},{"insert":"x","attributes":{...}},{"delete":1}].
 *
 * Callbacks get the `user` pointer of their registration. Their other arguments are valid only
 * during the call. A callback may read, change the document (as a transaction of its own, after this
 * one), and add and remove callbacks. It must not free the document, throw a C++ exception, or leave
 * by longjmp.
 *
 * Threads. A document and everything that belongs to it may be used by one thread at a time.
 * Different documents are independent. The library has no global state, no clock and no randomness.
 *
 * Versions. While SYNCLINE_API_VERSION stays, functions and enumerators are added but not changed.
 * Structs that may grow begin with their size: initialise them with the *_INIT macro.
 *
 * For costs and rules, see the C++ header that each part names. */
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

/* The API version of the library. Compare it with SYNCLINE_API_VERSION of this header. */
SYNCLINE_API uint32_t syncline_api_version(void);
SYNCLINE_API const char* syncline_version(void); /* "0.1.0" */

/* As a size: the text ends at its NUL. */
#define SYNCLINE_NUL ((size_t)-1)

/* ---- errors */

/* Not a value. It is the last enumerator of each enum, so that a caller can pass any number and
 * the library can refuse it. */
#define SYNCLINE_ENUM_WIDTH 0x7fffffff

typedef enum syncline_status {
  SYNCLINE_OK = 0,
  SYNCLINE_MALFORMED = 1,   /* the bytes do not decode */
  SYNCLINE_INVALID = 2,     /* they decode, but make no sense here; or a bad argument */
  SYNCLINE_TOO_LARGE = 3,   /* over a stated limit */
  SYNCLINE_NOT_FOUND = 4,   /* the named thing does not exist */
  SYNCLINE_UNSUPPORTED = 5, /* valid, but not implemented in this build */
  SYNCLINE_CONFLICT = 6,    /* a condition does not hold */
  SYNCLINE_FAILED = 7,      /* anything else, such as out of memory */
  SYNCLINE_STATUS_WIDTH = SYNCLINE_ENUM_WIDTH
} syncline_status;

typedef struct syncline_error {
  syncline_status status;
  char message[252]; /* for a person; NUL-terminated, cut if it is too long */
} syncline_error;

SYNCLINE_API const char* syncline_status_name(syncline_status status); /* "malformed" */

/* ---- bytes and values */

typedef struct syncline_buffer {
  uint8_t* data;
  size_t size;
} syncline_buffer;

SYNCLINE_API void syncline_buffer_free(syncline_buffer* buffer);

/* The kinds of shared types, with their numbers in Yjs's format. */
typedef enum syncline_kind {
  SYNCLINE_KIND_ARRAY = 0,
  SYNCLINE_KIND_MAP = 1,
  SYNCLINE_KIND_TEXT = 2,
  SYNCLINE_KIND_XML_ELEMENT = 3,
  SYNCLINE_KIND_XML_FRAGMENT = 4,
  SYNCLINE_KIND_XML_HOOK = 5,
  SYNCLINE_KIND_XML_TEXT = 6,
  SYNCLINE_KIND_UNDEFINED = 15, /* a root that came in an update and was not named yet */
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
  SYNCLINE_VALUE_TYPE = 8,   /* `type`; output only: see *_insert_type and *_set_type */
  SYNCLINE_VALUE_SUBDOC = 9, /* `bytes`: the guid of the document; an input has no options */
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

/* For values that a function returned. Values that you filled in yourself need no free. */
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
  bool clean_formats; /* as Yjs does; false for a replica that must not edit: doc.h */
  const char* guid;   /* NUL-terminated, or NULL */
} syncline_doc_options;
#define SYNCLINE_DOC_OPTIONS_INIT \
  { sizeof(syncline_doc_options), true, true, NULL }

/* `client_id`: 1 to 2^53-1, unique among the replicas that edit. Draw it at random for each
 * session. `options`: NULL for the defaults. */
SYNCLINE_API syncline_status syncline_doc_new(uint64_t client_id,
                                              const syncline_doc_options* options,
                                              syncline_doc** doc, syncline_error* error);
SYNCLINE_API void syncline_doc_free(syncline_doc* doc);

/* The id can change: the document takes a new one when an update shows that another replica
 * edits under the same id. */
SYNCLINE_API uint64_t syncline_doc_client_id(const syncline_doc* doc);
SYNCLINE_API syncline_status syncline_doc_guid(const syncline_doc* doc, syncline_buffer* guid,
                                               syncline_error* error);

/* The root type of that name. Creates it at the first call. SYNCLINE_INVALID if it has another
 * kind. */
SYNCLINE_API syncline_status syncline_doc_root(syncline_doc* doc, syncline_kind kind,
                                               const char* name, size_t name_size,
                                               syncline_type* type, syncline_error* error);

/* All roots as one JSON object. */
SYNCLINE_API syncline_status syncline_doc_to_json(const syncline_doc* doc, syncline_buffer* json,
                                                  syncline_error* error);
SYNCLINE_API size_t syncline_doc_memory(const syncline_doc* doc); /* bytes held */

/* All changes between begin and commit form one transaction: one update, one round of events.
 * Pairs may nest; the outermost pair makes the transaction and sets its origin. A change
 * outside any pair is a transaction of its own. An origin is a number below 2^63 that the
 * application chooses; 0 means "not stated". A commit without a begin is SYNCLINE_INVALID. */
SYNCLINE_API syncline_status syncline_doc_begin(syncline_doc* doc, uint64_t origin,
                                                syncline_error* error);
SYNCLINE_API syncline_status syncline_doc_commit(syncline_doc* doc, syncline_error* error);

typedef struct syncline_apply_result {
  bool changed; /* false: all of it was already known, or waits */
  bool waiting; /* a part waits for updates that have not arrived */
} syncline_apply_result;

/* Applies an update completely, or refuses it completely. `result` may be NULL. */
SYNCLINE_API syncline_status syncline_doc_apply(syncline_doc* doc, const uint8_t* update,
                                                size_t size, syncline_update_version version,
                                                uint64_t origin, syncline_apply_result* result,
                                                syncline_error* error);

/* An update with what a replica with that state vector lacks; with everything if `state_size`
 * is 0. */
SYNCLINE_API syncline_status syncline_doc_encode(const syncline_doc* doc, const uint8_t* state,
                                                 size_t state_size, syncline_update_version version,
                                                 syncline_buffer* update, syncline_error* error);
SYNCLINE_API syncline_status syncline_doc_state_vector(const syncline_doc* doc,
                                                       syncline_buffer* state,
                                                       syncline_error* error);
/* The state vector that must be known before more of the waiting updates can be applied. */
SYNCLINE_API syncline_status syncline_doc_missing(const syncline_doc* doc, syncline_buffer* state,
                                                  syncline_error* error);

/* Callbacks. Each registration returns a token for syncline_doc_off, or 0 if it failed. */
typedef void (*syncline_update_fn)(void* user, const uint8_t* update, size_t size, uint64_t origin,
                                   bool local);
SYNCLINE_API uint64_t syncline_doc_on_update(syncline_doc* doc, syncline_update_version version,
                                             syncline_update_fn callback, void* user);
/* Called after each transaction. `types`: the types that it changed, and all types that contain
 * them. */
typedef void (*syncline_transaction_fn)(void* user, const syncline_type* types, size_t count,
                                        uint64_t origin, bool local);
SYNCLINE_API uint64_t syncline_doc_on_transaction(syncline_doc* doc,
                                                  syncline_transaction_fn callback, void* user);
/* {"added":[{"guid":"…","options":{…}}],"removed":[…],"loaded":[…]} */
typedef void (*syncline_json_fn)(void* user, const char* json, size_t size);
SYNCLINE_API uint64_t syncline_doc_on_subdocs(syncline_doc* doc, syncline_json_fn callback,
                                              void* user);
SYNCLINE_API void syncline_doc_off(syncline_doc* doc, uint64_t token);

/* The subdocuments: [{"guid":"…","options":{…}}]. Their content is in documents of their own.
 * Loading one tells the callback of syncline_doc_on_subdocs that the application wants it open. */
SYNCLINE_API syncline_status syncline_doc_subdocs(const syncline_doc* doc, syncline_buffer* json,
                                                  syncline_error* error);
SYNCLINE_API syncline_status syncline_doc_load_subdoc(syncline_doc* doc, const char* guid,
                                                      size_t guid_size, syncline_error* error);
SYNCLINE_API syncline_status syncline_doc_unload_subdoc(syncline_doc* doc, const char* guid,
                                                        size_t guid_size, syncline_error* error);

/* ---- all types: syncline/crdt/types.h. For a zeroed type these functions return an empty
 * answer. */

SYNCLINE_API syncline_kind syncline_type_kind(syncline_type type);
SYNCLINE_API bool syncline_type_equal(syncline_type a, syncline_type b);
SYNCLINE_API bool syncline_type_deleted(syncline_type type); /* true for a zeroed type */
SYNCLINE_API uint32_t syncline_type_length(syncline_type type);
/* The type that contains this one. Returns false for a root. */
SYNCLINE_API bool syncline_type_parent(syncline_type type, syncline_type* parent);
/* The next or previous type in the same sequence. Returns false at the ends. */
SYNCLINE_API bool syncline_type_next(syncline_type type, syncline_type* sibling);
SYNCLINE_API bool syncline_type_previous(syncline_type type, syncline_type* sibling);
SYNCLINE_API syncline_status syncline_type_path(syncline_type type, syncline_buffer* json,
                                                syncline_error* error); /* ["root","key",3] */
SYNCLINE_API syncline_status syncline_type_to_json(syncline_type type, syncline_buffer* json,
                                                   syncline_error* error);

/* Calls back with the changes of this type:
 * {"path":["root","key",3],"delta":[…],"keys":{"k":{"action":"update","oldValue":…}},
 *  "origin":0,"local":true}.
 * `deep` gets an array of these, also for the types inside. In the delta of an array, "insert"
 * is an array of values. Shared types appear as their JSON. An origin of 2^53 or more (those of
 * undo managers) is a string of digits. Remove the callback with syncline_doc_off. Returns 0
 * for a zeroed type. */
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
/* `name` is the name of an XML element or hook; for other kinds pass NULL, 0. */
SYNCLINE_API syncline_status syncline_array_insert_type(syncline_type array, uint32_t index,
                                                        syncline_kind kind, const char* name,
                                                        size_t name_size, syncline_type* type,
                                                        syncline_error* error);
SYNCLINE_API syncline_status syncline_array_erase(syncline_type array, uint32_t index,
                                                  uint32_t length, syncline_error* error);
/* SYNCLINE_NOT_FOUND if the index is beyond the end. */
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

/* `attributes`: NULL: the text takes the formats of the text to its left; an object: exactly
 * those. */
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
/* The plain text, without formats and embeds. */
SYNCLINE_API syncline_status syncline_text_to_string(syncline_type text, syncline_buffer* utf8,
                                                     syncline_error* error);
SYNCLINE_API syncline_status syncline_text_to_delta(syncline_type text, syncline_buffer* json,
                                                    syncline_error* error);

/* ---- XML */

/* Copies the content of a type to another place, in the same or another document (Yjs's clone).
 * A type cannot be moved, only copied and erased. `copy` is the new type.
 * syncline/crdt/type_copy.h */
SYNCLINE_API syncline_status syncline_type_copy_to_index(syncline_type source,
                                                         syncline_type array_or_xml, uint32_t index,
                                                         syncline_type* copy,
                                                         syncline_error* error);
SYNCLINE_API syncline_status syncline_type_copy_to_key(syncline_type source, syncline_type map,
                                                       const char* key, size_t key_size,
                                                       syncline_type* copy, syncline_error* error);

/* Inserts into a fragment or element. `name` NULL makes a text, otherwise an element of that
 * name. */
SYNCLINE_API syncline_status syncline_xml_insert(syncline_type parent, uint32_t index,
                                                 const char* name, size_t name_size,
                                                 syncline_type* child, syncline_error* error);
SYNCLINE_API syncline_status syncline_xml_erase(syncline_type parent, uint32_t index,
                                                uint32_t length, syncline_error* error);
/* SYNCLINE_NOT_FOUND if the index is beyond the end. */
SYNCLINE_API syncline_status syncline_xml_get(syncline_type parent, uint32_t index,
                                              syncline_type* child, syncline_error* error);
SYNCLINE_API syncline_status syncline_xml_name(syncline_type element, syncline_buffer* name,
                                               syncline_error* error);
SYNCLINE_API syncline_status syncline_xml_to_string(syncline_type xml, syncline_buffer* xml_text,
                                                    syncline_error* error);
/* Attributes of elements, and of whole texts. */
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
/* The same structure with other content. For showing a fault without disclosing the document. */
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
/* A new document in the state of the snapshot. `doc` must have been created with gc = false. */
SYNCLINE_API syncline_status syncline_snapshot_doc(const syncline_doc* doc, const uint8_t* snapshot,
                                                   size_t size, uint64_t client_id,
                                                   const syncline_doc_options* options,
                                                   syncline_doc** past, syncline_error* error);
/* Sets `contained` if the update would not change a document in that state. */
SYNCLINE_API syncline_status syncline_snapshot_contains(const uint8_t* snapshot, size_t size,
                                                        const uint8_t* update, size_t update_size,
                                                        syncline_update_version version,
                                                        bool* contained, syncline_error* error);

/* ---- relative positions, as Yjs encodes them: syncline/crdt/relative_position.h */

/* `assoc` >= 0: the place stays with its right neighbour; < 0: with its left one. */
SYNCLINE_API syncline_status syncline_position_at(syncline_type type, uint32_t index, int32_t assoc,
                                                  syncline_buffer* position, syncline_error* error);
/* SYNCLINE_NOT_FOUND if the document does not know the place yet, or has forgotten it. */
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
  uint64_t capture_timeout_ms;     /* changes closer than this form one step; 0: no joining */
  uint64_t (*now_ms)(void* user);  /* any clock; NULL: time stands still */
  void* user;                      /* passed to now_ms */
  const uint64_t* tracked_origins; /* NULL: only 0. The own origin is always tracked */
  size_t tracked_count;
  bool ignore_remote_map_changes;
} syncline_undo_options;
#define SYNCLINE_UNDO_OPTIONS_INIT \
  { sizeof(syncline_undo_options), 500, NULL, NULL, NULL, 0, false }

/* `scope`: these types and everything inside them; NULL, 0: the whole document. Free it before
 * `doc`. */
SYNCLINE_API syncline_status syncline_undo_new(syncline_doc* doc, const syncline_type* scope,
                                               size_t scope_count,
                                               const syncline_undo_options* options,
                                               syncline_undo** undo, syncline_error* error);
SYNCLINE_API void syncline_undo_free(syncline_undo* undo);
SYNCLINE_API bool syncline_undo_undo(syncline_undo* undo); /* false: nothing to undo */
SYNCLINE_API bool syncline_undo_redo(syncline_undo* undo);
SYNCLINE_API size_t syncline_undo_steps(const syncline_undo* undo);
SYNCLINE_API size_t syncline_undo_redo_steps(const syncline_undo* undo);
SYNCLINE_API void syncline_undo_stop_capturing(
    syncline_undo* undo); /* the next change begins a new step */
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
/* A step. The pointer is valid only while the callback runs. */
typedef struct syncline_undo_step syncline_undo_step;
/* `redo_stack`: the step was put on the redo stack; for POPPED, it came from there. */
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

/* The clients whose states a call has changed: first the `added` ids, then `updated`, then
 * `removed`. */
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
/* In these functions, `change` may be NULL. */
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
/* A message with the states of these clients; if `clients` is NULL, of all that are present. */
SYNCLINE_API syncline_status syncline_awareness_encode(const syncline_awareness* awareness,
                                                       const uint64_t* clients, size_t count,
                                                       syncline_buffer* message,
                                                       syncline_error* error);
/* The state as JSON. SYNCLINE_NOT_FOUND if the client is unknown or gone. */
SYNCLINE_API syncline_status syncline_awareness_state(const syncline_awareness* awareness,
                                                      uint64_t client, syncline_buffer* json,
                                                      syncline_error* error);
SYNCLINE_API size_t syncline_awareness_present(const syncline_awareness* awareness);

#ifdef __cplusplus
}
#endif

#endif /* SYNCLINE_SYNCLINE_H */
