/* The C API from C: every function, with what it gives, what it refuses and what it leaves to free.
 * Under AddressSanitizer this is also the test of who owns what. */
#include "check.h"

static const syncline_type kNoType = {NULL, 0};

/* ---- documents */

static void test_versions(void) {
  CHECK(syncline_api_version() == SYNCLINE_API_VERSION);
  CHECK(strcmp(syncline_version(), SYNCLINE_VERSION_STRING) == 0);
  CHECK(strcmp(syncline_status_name(SYNCLINE_OK), "ok") == 0);
  CHECK(strcmp(syncline_status_name(SYNCLINE_NOT_FOUND), "not_found") == 0);
  CHECK(strcmp(syncline_status_name((syncline_status)99), "failed") == 0);
}

static void test_new_and_free(void) {
  syncline_doc* doc = (syncline_doc*)&failures;
  syncline_buffer buffer = {0};
  CHECK_FAILS(SYNCLINE_INVALID, syncline_doc_new(0, NULL, &doc, e));
  CHECK(doc == NULL);
  CHECK_FAILS(SYNCLINE_INVALID, syncline_doc_new((uint64_t)1 << 53, NULL, &doc, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_doc_new(1, NULL, NULL, e));
  syncline_doc_options zeroed = {0};
  CHECK_FAILS(SYNCLINE_INVALID, syncline_doc_new(1, &zeroed, &doc, e));
  syncline_doc_options options = SYNCLINE_DOC_OPTIONS_INIT;
  options.guid = "\xff";
  CHECK_FAILS(SYNCLINE_INVALID, syncline_doc_new(1, &options, &doc, e));

  options.guid = "some-guid";
  CHECK_OK(syncline_doc_new(((uint64_t)1 << 53) - 1, &options, &doc, NULL));
  CHECK(syncline_doc_client_id(doc) == ((uint64_t)1 << 53) - 1);
  CHECK_OK(syncline_doc_guid(doc, &buffer, NULL));
  CHECK(is_text(&buffer, "some-guid"));
  CHECK(syncline_doc_memory(doc) > 0);
  CHECK_FAILS(SYNCLINE_INVALID, syncline_doc_guid(doc, NULL, e));
  syncline_doc_free(doc);

  syncline_doc_free(NULL);
  syncline_buffer_free(NULL);
  syncline_buffer_free(&buffer);
  syncline_value_free(NULL);
  CHECK(syncline_doc_client_id(NULL) == 0);
  CHECK(syncline_doc_memory(NULL) == 0);
  CHECK_FAILS(SYNCLINE_INVALID, syncline_doc_guid(NULL, &buffer, e));
}

static void test_roots(void) {
  syncline_doc* doc = new_doc(1);
  syncline_type type;
  syncline_buffer json = {0};
  CHECK_FAILS(SYNCLINE_INVALID, syncline_doc_root(NULL, SYNCLINE_KIND_MAP, "m", 1, &type, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_doc_root(doc, (syncline_kind)7, "m", 1, &type, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_doc_root(doc, SYNCLINE_KIND_MAP, "\xc3", 1, &type, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_doc_root(doc, SYNCLINE_KIND_MAP, "m", 1, NULL, e));
  CHECK_OK(syncline_doc_root(doc, SYNCLINE_KIND_MAP, "mmm", 1, &type, NULL));
  CHECK(syncline_type_kind(type) == SYNCLINE_KIND_MAP);
  CHECK(syncline_type_equal(type, root(doc, SYNCLINE_KIND_MAP, "m")));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_doc_root(doc, SYNCLINE_KIND_TEXT, "m", 1, &type, e));
  CHECK(type.engine == NULL);
  CHECK_OK(syncline_doc_to_json(doc, &json, NULL));
  CHECK(is_text(&json, "{\"m\":{}}"));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_doc_to_json(NULL, &json, e));
  syncline_doc_free(doc);
}

/* ---- transactions, updates, callbacks */

struct seen {
  int calls;
  size_t size;
  uint64_t origin;
  bool local;
  char json[1024];
  syncline_doc* doc;
};

static void on_update(void* user, const uint8_t* update, size_t size, uint64_t origin, bool local) {
  struct seen* seen = user;
  CHECK(update != NULL);
  ++seen->calls;
  seen->size = size;
  seen->origin = origin;
  seen->local = local;
}

static void on_transaction(void* user, const syncline_type* types, size_t count, uint64_t origin,
                           bool local) {
  struct seen* seen = user;
  ++seen->calls;
  seen->size = count;
  seen->origin = origin;
  seen->local = local;
  if (count > 0) CHECK(!syncline_type_deleted(types[0]));
}

static void on_json(void* user, const char* json, size_t size) {
  struct seen* seen = user;
  ++seen->calls;
  CHECK(strlen(json) == size && size < sizeof(seen->json));
  memcpy(seen->json, json, size + 1);
}

static void test_transactions(void) {
  syncline_doc* doc = new_doc(1);
  struct seen updates = {0}, v2 = {0}, transactions = {0};
  const uint64_t token = syncline_doc_on_update(doc, SYNCLINE_V1, on_update, &updates);
  CHECK(token != 0);
  CHECK(syncline_doc_on_update(doc, SYNCLINE_V2, on_update, &v2) != 0);
  CHECK(syncline_doc_on_transaction(doc, on_transaction, &transactions) != 0);
  CHECK(syncline_doc_on_update(NULL, SYNCLINE_V1, on_update, &updates) == 0);
  CHECK(syncline_doc_on_update(doc, SYNCLINE_V1, NULL, &updates) == 0);
  CHECK(syncline_doc_on_update(doc, (syncline_update_version)3, on_update, &updates) == 0);
  CHECK(syncline_doc_on_transaction(NULL, on_transaction, NULL) == 0);

  syncline_type text = root(doc, SYNCLINE_KIND_TEXT, "t");
  CHECK_FAILS(SYNCLINE_INVALID, syncline_doc_commit(doc, e));
  CHECK_OK(syncline_doc_begin(doc, 7, NULL));
  CHECK_OK(syncline_text_insert(text, 0, "a", 1, NULL, 0, NULL));
  CHECK_OK(syncline_doc_begin(doc, 8, NULL)); /* joins */
  CHECK_OK(syncline_text_insert(text, 1, "b", 1, NULL, 0, NULL));
  CHECK_OK(syncline_doc_commit(doc, NULL));
  CHECK(updates.calls == 0);
  CHECK_OK(syncline_doc_commit(doc, NULL));
  CHECK(updates.calls == 1 && updates.origin == 7 && updates.local);
  CHECK(v2.calls == 1 && v2.size != updates.size);
  CHECK(transactions.calls == 1 && transactions.size == 1 && transactions.origin == 7);

  syncline_doc_off(doc, token);
  CHECK_OK(syncline_text_insert(text, 2, "c", 1, NULL, 0, NULL));
  CHECK(updates.calls == 1 && v2.calls == 2);
  CHECK_FAILS(SYNCLINE_INVALID, syncline_doc_begin(NULL, 0, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_doc_commit(NULL, e));
  syncline_doc_off(NULL, token);
  syncline_doc_free(doc);
}

static void test_sync(void) {
  syncline_doc *a = new_doc(1), *b = new_doc(2);
  syncline_buffer update = {0}, state = {0}, first = {0};
  syncline_apply_result result;
  syncline_type text = root(a, SYNCLINE_KIND_TEXT, "t");
  CHECK_OK(syncline_text_insert(text, 0, "one", 3, NULL, 0, NULL));
  CHECK_OK(syncline_doc_encode(a, NULL, 0, SYNCLINE_V1, &first, NULL));
  CHECK_OK(syncline_doc_state_vector(a, &state, NULL));
  CHECK_OK(syncline_text_insert(text, 3, " two", SYNCLINE_NUL, NULL, 0, NULL));
  CHECK_OK(syncline_doc_encode(a, state.data, state.size, SYNCLINE_V2, &update, NULL));
  syncline_buffer_free(&state);

  /* The later part waits for the earlier. */
  CHECK_OK(syncline_doc_apply(b, update.data, update.size, SYNCLINE_V2, 0, &result, NULL));
  CHECK(!result.changed && result.waiting);
  CHECK_OK(syncline_doc_missing(b, &state, NULL));
  CHECK(state.size > 1);
  syncline_buffer_free(&state);
  CHECK_OK(syncline_doc_apply(b, first.data, first.size, SYNCLINE_V1, 0, &result, NULL));
  CHECK(result.changed && !result.waiting);
  CHECK_OK(syncline_text_to_string(root(b, SYNCLINE_KIND_TEXT, "t"), &state, NULL));
  CHECK(is_text(&state, "one two"));
  CHECK_OK(syncline_doc_apply(b, first.data, first.size, SYNCLINE_V1, 0, NULL, NULL));

  CHECK_FAILS(SYNCLINE_MALFORMED,
              syncline_doc_apply(b, first.data, first.size - 1, SYNCLINE_V1, 0, &result, e));
  CHECK_FAILS(SYNCLINE_MALFORMED, syncline_doc_apply(b, NULL, 5, SYNCLINE_V1, 0, NULL, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_doc_apply(b, first.data, first.size,
                                                   (syncline_update_version)0, 0, NULL, e));
  CHECK_FAILS(SYNCLINE_INVALID,
              syncline_doc_apply(NULL, first.data, first.size, SYNCLINE_V1, 0, NULL, e));
  CHECK_FAILS(SYNCLINE_MALFORMED,
              syncline_doc_encode(a, (const uint8_t*)"\xff", 1, SYNCLINE_V1, &state, e));
  CHECK(state.data == NULL && state.size == 0);
  CHECK_FAILS(SYNCLINE_INVALID,
              syncline_doc_encode(a, NULL, 0, (syncline_update_version)9, &state, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_doc_encode(NULL, NULL, 0, SYNCLINE_V1, &state, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_doc_state_vector(NULL, &state, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_doc_missing(NULL, &state, e));
  syncline_buffer_free(&first);
  syncline_buffer_free(&update);
  syncline_doc_free(a);
  syncline_doc_free(b);
}

static void test_updates_without_a_document(void) {
  syncline_doc* doc = new_doc(1);
  syncline_buffer parts[2] = {{0}, {0}}, out = {0}, back = {0}, state = {0};
  syncline_type text = root(doc, SYNCLINE_KIND_TEXT, "t");
  CHECK_OK(syncline_text_insert(text, 0, "one", 3, NULL, 0, NULL));
  CHECK_OK(syncline_doc_encode(doc, NULL, 0, SYNCLINE_V1, &parts[0], NULL));
  CHECK_OK(syncline_update_state_vector(parts[0].data, parts[0].size, SYNCLINE_V1, &state, NULL));
  CHECK_OK(syncline_text_insert(text, 3, "two", 3, NULL, 0, NULL));
  CHECK_OK(syncline_doc_encode(doc, state.data, state.size, SYNCLINE_V1, &parts[1], NULL));

  const uint8_t* const updates[] = {parts[1].data, parts[0].data};
  const size_t sizes[] = {parts[1].size, parts[0].size};
  CHECK_OK(syncline_update_merge(updates, sizes, 2, SYNCLINE_V1, &out, NULL));
  CHECK_OK(
      syncline_update_diff(out.data, out.size, state.data, state.size, SYNCLINE_V1, &back, NULL));
  CHECK(back.size == parts[1].size && memcmp(back.data, parts[1].data, back.size) == 0);
  syncline_buffer_free(&back);
  syncline_buffer v2 = {0};
  CHECK_OK(syncline_update_convert(out.data, out.size, SYNCLINE_V1, SYNCLINE_V2, &v2, NULL));
  CHECK_OK(syncline_update_convert(v2.data, v2.size, SYNCLINE_V2, SYNCLINE_V1, &back, NULL));
  CHECK(back.size == out.size && memcmp(back.data, out.data, back.size) == 0);
  syncline_buffer hidden = {0};
  CHECK_OK(syncline_update_obfuscate(out.data, out.size, SYNCLINE_V1, &hidden, NULL));
  CHECK(hidden.size == out.size && memcmp(hidden.data, out.data, out.size) != 0);
  syncline_buffer_free(&hidden);
  CHECK_FAILS(SYNCLINE_MALFORMED, syncline_update_obfuscate(out.data, 3, SYNCLINE_V1, &hidden, e));
  CHECK(hidden.data == NULL);

  syncline_buffer none = {0};
  CHECK_OK(syncline_update_merge(NULL, NULL, 0, SYNCLINE_V1, &none, NULL));
  CHECK(none.size == 2);
  syncline_buffer_free(&none);
  CHECK_FAILS(SYNCLINE_INVALID, syncline_update_merge(NULL, NULL, 1, SYNCLINE_V1, &none, e));
  CHECK_FAILS(SYNCLINE_MALFORMED,
              syncline_update_merge(updates, (const size_t[]){1, 1}, 2, SYNCLINE_V1, &none, e));
  CHECK_FAILS(SYNCLINE_MALFORMED,
              syncline_update_diff(NULL, 0, state.data, state.size, SYNCLINE_V1, &none, e));
  CHECK_FAILS(SYNCLINE_MALFORMED,
              syncline_update_diff(out.data, out.size, NULL, 0, SYNCLINE_V1, &none, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_update_convert(out.data, out.size, SYNCLINE_V1,
                                                        (syncline_update_version)4, &none, e));
  CHECK_FAILS(SYNCLINE_MALFORMED, syncline_update_state_vector(out.data, 3, SYNCLINE_V1, &none, e));
  CHECK(none.data == NULL);
  syncline_buffer_free(&parts[0]);
  syncline_buffer_free(&parts[1]);
  syncline_buffer_free(&out);
  syncline_buffer_free(&back);
  syncline_buffer_free(&v2);
  syncline_buffer_free(&state);
  syncline_doc_free(doc);
}

static void test_subdocs(void) {
  syncline_doc *doc = new_doc(1), *other = new_doc(2);
  struct seen seen = {0};
  syncline_buffer json = {0}, update = {0};
  CHECK(syncline_doc_on_subdocs(other, on_json, &seen) != 0);
  CHECK(syncline_doc_on_subdocs(NULL, on_json, &seen) == 0);
  const syncline_value page = text_value(SYNCLINE_VALUE_SUBDOC, "page", SYNCLINE_NUL);
  syncline_type map = root(doc, SYNCLINE_KIND_MAP, "m");
  CHECK_OK(syncline_map_set(map, "p", 1, &page, NULL));
  CHECK_OK(syncline_array_push(root(doc, SYNCLINE_KIND_ARRAY, "a"), &page, 1, NULL));
  CHECK_OK(syncline_map_erase(map, "p", 1, NULL));
  CHECK_OK(syncline_doc_encode(doc, NULL, 0, SYNCLINE_V1, &update, NULL));
  CHECK_OK(syncline_doc_apply(other, update.data, update.size, SYNCLINE_V1, 0, NULL, NULL));
  CHECK(strcmp(seen.json,
               "{\"added\":[{\"guid\":\"page\",\"options\":{}}],\"removed\":[],\"loaded\":[]}") ==
        0);
  CHECK_OK(syncline_doc_subdocs(other, &json, NULL));
  CHECK(is_text(&json, "[{\"guid\":\"page\",\"options\":{}}]"));
  CHECK_OK(syncline_doc_load_subdoc(other, "page", SYNCLINE_NUL, NULL));
  CHECK(strcmp(seen.json,
               "{\"added\":[],\"removed\":[],\"loaded\":[{\"guid\":\"page\",\"options\":{}}]}") ==
        0);
  CHECK_OK(syncline_doc_load_subdoc(other, "page", SYNCLINE_NUL, NULL));
  CHECK(seen.calls == 2); /* it is loaded already */
  CHECK_OK(syncline_doc_unload_subdoc(other, "page", SYNCLINE_NUL, NULL));
  CHECK(seen.calls == 3);
  CHECK_OK(syncline_doc_load_subdoc(other, "page", SYNCLINE_NUL, NULL));
  CHECK(seen.calls == 4);
  CHECK_FAILS(SYNCLINE_NOT_FOUND, syncline_doc_load_subdoc(other, "none", SYNCLINE_NUL, e));
  CHECK_FAILS(SYNCLINE_NOT_FOUND, syncline_doc_unload_subdoc(other, "none", SYNCLINE_NUL, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_doc_load_subdoc(NULL, "page", 4, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_doc_unload_subdoc(NULL, "page", 4, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_doc_subdocs(NULL, &json, e));
  syncline_buffer_free(&update);
  syncline_doc_free(doc);
  syncline_doc_free(other);
}

/* ---- types */

static void test_values(void) {
  syncline_doc* doc = new_doc(1);
  syncline_type map = root(doc, SYNCLINE_KIND_MAP, "m");
  syncline_value value = {0}, out = {0};
  syncline_buffer json = {0};
  CHECK_OK(syncline_map_set(map, "undefined", SYNCLINE_NUL, &value, NULL));
  CHECK_OK(syncline_map_get(map, "undefined", SYNCLINE_NUL, &out, NULL));
  CHECK(out.kind == SYNCLINE_VALUE_UNDEFINED);
  value.kind = SYNCLINE_VALUE_NULL;
  CHECK_OK(syncline_map_set(map, "k", 1, &value, NULL));
  CHECK_OK(syncline_map_get(map, "k", 1, &out, NULL));
  CHECK(out.kind == SYNCLINE_VALUE_NULL);
  value.kind = SYNCLINE_VALUE_BOOL;
  value.as.boolean = true;
  CHECK_OK(syncline_map_set(map, "k", 1, &value, NULL));
  CHECK_OK(syncline_map_get(map, "k", 1, &out, NULL));
  CHECK(out.kind == SYNCLINE_VALUE_BOOL && out.as.boolean);
  value.kind = SYNCLINE_VALUE_BIGINT;
  value.as.bigint = INT64_MIN;
  CHECK_OK(syncline_map_set(map, "k", 1, &value, NULL));
  CHECK_OK(syncline_map_get(map, "k", 1, &out, NULL));
  CHECK(out.kind == SYNCLINE_VALUE_BIGINT && out.as.bigint == INT64_MIN);
  value = number(2.5);
  CHECK_OK(syncline_map_set(map, "k", 1, &value, NULL));
  CHECK_OK(syncline_map_get(map, "k", 1, &out, NULL));
  CHECK(out.kind == SYNCLINE_VALUE_NUMBER && out.as.number == 2.5);
  value = text_value(SYNCLINE_VALUE_STRING, "\xc3\xa4\0b", 4);
  CHECK_OK(syncline_map_set(map, "k", 1, &value, NULL));
  CHECK_OK(syncline_map_get(map, "k", 1, &out, NULL));
  CHECK(out.kind == SYNCLINE_VALUE_STRING && out.as.bytes.size == 4);
  CHECK(memcmp(out.as.bytes.data, "\xc3\xa4\0b", 5) == 0);
  syncline_value_free(&out);
  CHECK(out.kind == SYNCLINE_VALUE_UNDEFINED);
  syncline_value_free(&out); /* twice does no harm */
  value = text_value(SYNCLINE_VALUE_BYTES, "\xff\x00", 2);
  CHECK_OK(syncline_map_set(map, "k", 1, &value, NULL));
  CHECK_OK(syncline_map_get(map, "k", 1, &out, NULL));
  CHECK(out.kind == SYNCLINE_VALUE_BYTES && out.as.bytes.size == 2);
  syncline_value_free(&out);
  value = text_value(SYNCLINE_VALUE_JSON, " {\"a\":[1,null]}", SYNCLINE_NUL);
  CHECK_OK(syncline_map_set(map, "k", 1, &value, NULL));
  CHECK_OK(syncline_map_get(map, "k", 1, &out, NULL));
  CHECK(out.kind == SYNCLINE_VALUE_JSON && strcmp(out.as.bytes.data, "{\"a\":[1,null]}") == 0);
  syncline_value_free(&out);

  value = text_value(SYNCLINE_VALUE_STRING, "\xed\xa0\x80", 3); /* half a surrogate pair */
  CHECK_FAILS(SYNCLINE_INVALID, syncline_map_set(map, "k", 1, &value, e));
  value = text_value(SYNCLINE_VALUE_SUBDOC, "\xff", 1);
  CHECK_FAILS(SYNCLINE_INVALID, syncline_map_set(map, "k", 1, &value, e));
  value = text_value(SYNCLINE_VALUE_JSON, "{", 1);
  CHECK_FAILS(SYNCLINE_MALFORMED, syncline_map_set(map, "k", 1, &value, e));
  value.kind = SYNCLINE_VALUE_TYPE;
  CHECK_FAILS(SYNCLINE_INVALID, syncline_map_set(map, "k", 1, &value, e));
  value.kind = (syncline_value_kind)77;
  CHECK_FAILS(SYNCLINE_INVALID, syncline_map_set(map, "k", 1, &value, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_map_set(map, "k", 1, NULL, e));
  CHECK_OK(syncline_type_to_json(map, &json, NULL));
  CHECK(is_text(&json, "{\"k\":{\"a\":[1,null]}}"));
  syncline_doc_free(doc);
}

static void test_maps(void) {
  syncline_doc* doc = new_doc(1);
  syncline_type map = root(doc, SYNCLINE_KIND_MAP, "m"), nested, parent;
  syncline_value one = number(1), out = {0};
  syncline_buffer json = {0};
  CHECK_OK(syncline_map_set(map, "b", SYNCLINE_NUL, &one, NULL));
  CHECK_OK(
      syncline_map_set_type(map, "a", SYNCLINE_NUL, SYNCLINE_KIND_ARRAY, NULL, 0, &nested, NULL));
  CHECK_OK(syncline_map_keys(map, &json, NULL));
  CHECK(is_text(&json, "[\"b\",\"a\"]"));
  CHECK(syncline_type_length(map) == 2);
  CHECK(syncline_map_has(map, "a", 1) && !syncline_map_has(map, "c", 1));
  CHECK_OK(syncline_map_get(map, "a", 1, &out, NULL));
  CHECK(out.kind == SYNCLINE_VALUE_TYPE && syncline_type_equal(out.as.type, nested));
  syncline_value_free(&out);
  CHECK(syncline_type_parent(nested, &parent) && syncline_type_equal(parent, map));
  CHECK(!syncline_type_parent(map, &parent) && parent.engine == NULL);
  CHECK_OK(syncline_type_path(nested, &json, NULL));
  CHECK(is_text(&json, "[\"m\",\"a\"]"));
  CHECK_FAILS(SYNCLINE_NOT_FOUND, syncline_map_get(map, "c", 1, &out, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_map_get(map, "b", 1, NULL, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_map_set(map, "\xff", 1, &one, e));
  CHECK_FAILS(SYNCLINE_INVALID,
              syncline_map_set_type(map, "x", 1, SYNCLINE_KIND_UNDEFINED, NULL, 0, &nested, e));
  CHECK_FAILS(SYNCLINE_INVALID,
              syncline_map_set(root(doc, SYNCLINE_KIND_ARRAY, "a"), "b", 1, &one, e));

  CHECK_OK(syncline_map_get(map, "a", 1, &out, NULL));
  CHECK_OK(syncline_map_erase(map, "a", 1, NULL));
  CHECK(syncline_type_deleted(out.as.type) && syncline_type_length(out.as.type) == 0);
  CHECK_FAILS(SYNCLINE_INVALID, syncline_array_push(out.as.type, &one, 1, e));
  CHECK_OK(syncline_map_erase(map, "never", SYNCLINE_NUL, NULL));
  CHECK_OK(syncline_map_clear(map, NULL));
  CHECK(syncline_type_length(map) == 0);
  CHECK_FAILS(SYNCLINE_INVALID, syncline_map_clear(kNoType, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_map_erase(kNoType, "a", 1, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_map_keys(kNoType, &json, e));
  CHECK(!syncline_map_has(kNoType, "a", 1));
  syncline_doc_free(doc);
}

static void test_copies(void) {
  syncline_doc* doc = new_doc(1);
  syncline_type array = root(doc, SYNCLINE_KIND_ARRAY, "a"),
                map = root(doc, SYNCLINE_KIND_MAP, "m");
  syncline_type source, copy;
  syncline_value one = number(1);
  syncline_buffer json = {0};
  CHECK_OK(syncline_array_insert_type(array, 0, SYNCLINE_KIND_MAP, NULL, 0, &source, NULL));
  CHECK_OK(syncline_map_set(source, "n", 1, &one, NULL));
  CHECK_OK(syncline_type_copy_to_index(source, array, 1, &copy, NULL));
  CHECK_OK(syncline_type_copy_to_key(array, map, "k", 1, NULL, NULL));
  CHECK_OK(syncline_map_set(copy, "n", 1, &one, NULL));
  CHECK_OK(syncline_type_to_json(map, &json, NULL));
  CHECK(is_text(&json, "{\"k\":[{\"n\":1},{\"n\":1}]}"));
  CHECK_OK(syncline_type_copy_to_index(source, root(doc, SYNCLINE_KIND_XML_FRAGMENT, "x"), 0, NULL,
                                       NULL));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_type_copy_to_index(source, array, 9, &copy, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_type_copy_to_index(source, map, 0, &copy, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_type_copy_to_index(kNoType, array, 0, &copy, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_type_copy_to_index(source, kNoType, 0, &copy, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_type_copy_to_key(source, array, "k", 1, &copy, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_type_copy_to_key(kNoType, map, "k", 1, &copy, e));
  syncline_doc_free(doc);
}

static void test_arrays(void) {
  syncline_doc* doc = new_doc(1);
  syncline_type array = root(doc, SYNCLINE_KIND_ARRAY, "a"), nested, sibling;
  syncline_value values[3] = {number(1), number(2), number(3)}, out = {0};
  syncline_buffer json = {0};
  CHECK_OK(syncline_array_push(array, values, 2, NULL));
  CHECK_OK(syncline_array_insert(array, 0, &values[2], 1, NULL));
  CHECK_OK(syncline_array_insert_type(array, 1, SYNCLINE_KIND_MAP, NULL, 0, &nested, NULL));
  CHECK(syncline_type_length(array) == 4);
  CHECK_OK(syncline_type_to_json(array, &json, NULL));
  CHECK(is_text(&json, "[3,{},1,2]"));
  CHECK(!syncline_type_next(nested, &sibling) && !syncline_type_previous(nested, NULL));
  CHECK_OK(syncline_array_get(array, 2, &out, NULL));
  CHECK(out.kind == SYNCLINE_VALUE_NUMBER && out.as.number == 1);
  CHECK_OK(syncline_array_erase(array, 0, 3, NULL));
  CHECK_FAILS(SYNCLINE_NOT_FOUND, syncline_array_get(array, 1, &out, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_array_erase(array, 0, 2, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_array_insert(array, 2, values, 1, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_array_insert(array, 0, NULL, 1, e));
  CHECK_FAILS(SYNCLINE_INVALID,
              syncline_array_insert_type(array, 9, SYNCLINE_KIND_MAP, NULL, 0, &nested, e));
  values[1].kind = SYNCLINE_VALUE_TYPE;
  CHECK_FAILS(SYNCLINE_INVALID, syncline_array_insert(array, 0, values, 3, e));
  CHECK(syncline_type_length(array) == 1);
  CHECK_FAILS(SYNCLINE_INVALID, syncline_array_push(kNoType, values, 1, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_array_erase(kNoType, 0, 1, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_array_get(kNoType, 0, &out, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_type_to_json(kNoType, &json, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_type_path(kNoType, &json, e));
  CHECK(syncline_type_kind(kNoType) == SYNCLINE_KIND_UNDEFINED && syncline_type_deleted(kNoType));
  CHECK(syncline_type_length(kNoType) == 0 && !syncline_type_parent(kNoType, NULL));
  CHECK(!syncline_type_next(kNoType, NULL) && !syncline_type_previous(kNoType, NULL));
  syncline_doc_free(doc);
}

static void test_texts(void) {
  syncline_doc* doc = new_doc(1);
  syncline_type text = root(doc, SYNCLINE_KIND_TEXT, "t");
  syncline_buffer out = {0};
  const syncline_value image = text_value(SYNCLINE_VALUE_JSON, "{\"image\":\"x\"}", SYNCLINE_NUL);
  CHECK_OK(syncline_text_insert(text, 0, "Hi \xf0\x9f\x98\x80!", SYNCLINE_NUL, NULL, 0, NULL));
  CHECK(syncline_type_length(text) == 6); /* the smiley is two units */
  CHECK_OK(syncline_text_format(text, 0, 2, "{\"bold\":true}", SYNCLINE_NUL, NULL));
  CHECK_OK(syncline_text_insert(text, 2, "!", 1, "{}", 2, NULL));
  CHECK_OK(syncline_text_insert_embed(text, 7, &image, "{\"a\":1}", SYNCLINE_NUL, NULL));
  CHECK_OK(syncline_text_insert_embed(text, 0, &image, NULL, 0, NULL));
  CHECK_OK(syncline_text_erase(text, 0, 1, NULL));
  CHECK_OK(syncline_text_to_delta(text, &out, NULL));
  CHECK(is_text(
      &out,
      "[{\"insert\":\"Hi\",\"attributes\":{\"bold\":true}},{\"insert\":\"! \xf0\x9f\x98\x80!\"},"
      "{\"insert\":{\"image\":\"x\"},\"attributes\":{\"a\":1}}]"));
  CHECK_OK(syncline_text_apply_delta(
      text, "[{\"retain\":2},{\"delete\":1},{\"insert\":\"?\",\"attributes\":{\"b\":1}}]",
      SYNCLINE_NUL, NULL));
  CHECK_OK(syncline_text_to_string(text, &out, NULL));
  CHECK(is_text(&out, "Hi? \xf0\x9f\x98\x80!"));

  CHECK_FAILS(SYNCLINE_INVALID, syncline_text_insert(text, 99, "x", 1, NULL, 0, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_text_insert(text, 0, "\xff", 1, NULL, 0, e));
  CHECK_FAILS(SYNCLINE_MALFORMED, syncline_text_insert(text, 0, "x", 1, "{", 1, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_text_insert(text, 0, "x", 1, "[]", 2, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_text_insert_embed(text, 0, NULL, NULL, 0, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_text_erase(text, 5, 99, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_text_format(text, 0, 99, "{}", 2, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_text_format(text, 0, 1, "3", 1, e));
  const char* const bad[] = {"{}",
                             "[{}]",
                             "[{\"retain\":0}]",
                             "[{\"delete\":1.5}]",
                             "[{\"retain\":\"1\"}]",
                             "[{\"insert\":\"x\",\"attributes\":1}]",
                             "[{\"retain\":5000000000}]"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i)
    CHECK_FAILS(SYNCLINE_INVALID, syncline_text_apply_delta(text, bad[i], SYNCLINE_NUL, e));
  CHECK_FAILS(SYNCLINE_MALFORMED, syncline_text_apply_delta(text, "[", 1, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_text_insert(kNoType, 0, "x", 1, NULL, 0, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_text_insert_embed(kNoType, 0, &image, NULL, 0, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_text_erase(kNoType, 0, 0, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_text_format(kNoType, 0, 0, "{}", 2, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_text_apply_delta(kNoType, "[]", 2, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_text_to_string(kNoType, &out, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_text_to_delta(kNoType, &out, e));
  syncline_doc_free(doc);
}

static void test_xml(void) {
  syncline_doc* doc = new_doc(1);
  syncline_type fragment = root(doc, SYNCLINE_KIND_XML_FRAGMENT, "x"), p, text, found;
  syncline_buffer out = {0};
  syncline_value value = text_value(SYNCLINE_VALUE_STRING, "wide", SYNCLINE_NUL), got = {0};
  CHECK_OK(syncline_xml_insert(fragment, 0, "p", SYNCLINE_NUL, &p, NULL));
  CHECK_OK(syncline_xml_insert(fragment, 1, NULL, 0, &text, NULL));
  CHECK_OK(syncline_text_insert(text, 0, "words", SYNCLINE_NUL, NULL, 0, NULL));
  CHECK_OK(syncline_xml_set_attribute(p, "class", SYNCLINE_NUL, &value, NULL));
  CHECK_OK(syncline_xml_set_attribute(text, "lang", SYNCLINE_NUL, &value, NULL));
  CHECK_OK(syncline_xml_to_string(fragment, &out, NULL));
  CHECK(is_text(&out, "<p class=\"wide\"></p>words"));
  CHECK_OK(syncline_xml_to_string(text, &out, NULL));
  CHECK(is_text(&out, "words"));
  CHECK_OK(syncline_xml_name(p, &out, NULL));
  CHECK(is_text(&out, "p"));
  CHECK_OK(syncline_xml_get_attribute(p, "class", SYNCLINE_NUL, &got, NULL));
  CHECK(got.kind == SYNCLINE_VALUE_STRING && strcmp(got.as.bytes.data, "wide") == 0);
  syncline_value_free(&got);
  CHECK_OK(syncline_xml_get_attribute(text, "lang", SYNCLINE_NUL, &got, NULL));
  syncline_value_free(&got);
  CHECK_OK(syncline_xml_get(fragment, 1, &found, NULL));
  CHECK(syncline_type_equal(found, text));
  CHECK(syncline_type_next(p, &found) && syncline_type_equal(found, text));
  CHECK(syncline_type_previous(text, &found) && syncline_type_equal(found, p));
  CHECK(!syncline_type_next(text, &found));

  CHECK_OK(syncline_xml_remove_attribute(p, "class", SYNCLINE_NUL, NULL));
  CHECK_OK(syncline_xml_remove_attribute(text, "lang", SYNCLINE_NUL, NULL));
  CHECK_FAILS(SYNCLINE_NOT_FOUND, syncline_xml_get_attribute(p, "class", SYNCLINE_NUL, &got, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_xml_set_attribute(fragment, "a", 1, &value, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_xml_remove_attribute(kNoType, "a", 1, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_xml_get_attribute(kNoType, "a", 1, &got, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_xml_name(fragment, &out, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_xml_to_string(root(doc, SYNCLINE_KIND_MAP, "m"), &out, e));
  CHECK_FAILS(SYNCLINE_NOT_FOUND, syncline_xml_get(fragment, 2, &found, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_xml_insert(fragment, 3, "p", 1, &found, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_xml_erase(fragment, 0, 3, e));
  CHECK_OK(syncline_xml_erase(fragment, 0, 2, NULL));
  CHECK(syncline_type_deleted(p));
  syncline_doc_free(doc);
}

static void edit_in_callback(void* user, const char* json, size_t size) {
  struct seen* seen = user;
  on_json(user, json, size);
  if (seen->calls > 1) return;
  CHECK_OK(syncline_doc_begin(seen->doc, 9, NULL));
  const syncline_value two = number(2);
  CHECK_OK(syncline_map_set(root(seen->doc, SYNCLINE_KIND_MAP, "m"), "k", 1, &two, NULL));
  CHECK_OK(syncline_doc_commit(seen->doc, NULL));
}

static void test_observers(void) {
  syncline_doc* doc = new_doc(1);
  struct seen shallow = {0}, deep = {0};
  syncline_type map = root(doc, SYNCLINE_KIND_MAP, "m"), array;
  shallow.doc = doc;
  CHECK(syncline_type_observe(map, edit_in_callback, &shallow) != 0);
  const uint64_t token = syncline_type_observe_deep(map, on_json, &deep);
  const syncline_value one = number(1);
  CHECK_OK(syncline_map_set(map, "k", 1, &one, NULL));
  CHECK(shallow.calls == 2);
  CHECK(
      strcmp(
          shallow.json,
          "{\"path\":[\"m\"],\"delta\":[],\"keys\":{\"k\":{\"action\":\"update\",\"oldValue\":1}},"
          "\"origin\":9,\"local\":true}") == 0);
  CHECK_OK(syncline_map_set_type(map, "list", 4, SYNCLINE_KIND_ARRAY, NULL, 0, &array, NULL));
  CHECK_OK(syncline_array_push(array, &one, 1, NULL));
  CHECK(strcmp(deep.json,
               "[{\"path\":[\"m\",\"list\"],\"delta\":[{\"insert\":[1]}],\"keys\":{},"
               "\"origin\":0,\"local\":true}]") == 0);
  const int calls = deep.calls;
  syncline_doc_off(doc, token);
  CHECK_OK(syncline_array_push(array, &one, 1, NULL));
  CHECK(deep.calls == calls);
  CHECK(syncline_type_observe(kNoType, on_json, &deep) == 0);
  CHECK(syncline_type_observe_deep(map, NULL, &deep) == 0);
  syncline_doc_free(doc);
}

/* ---- snapshots and positions */

static void test_snapshots(void) {
  syncline_doc *doc = NULL, *past = NULL;
  syncline_doc_options options = SYNCLINE_DOC_OPTIONS_INIT;
  syncline_buffer snapshot = {0}, update = {0}, out = {0};
  bool contained = true;
  options.gc = false;
  CHECK_OK(syncline_doc_new(1, &options, &doc, NULL));
  syncline_type text = root(doc, SYNCLINE_KIND_TEXT, "t");
  CHECK_OK(syncline_text_insert(text, 0, "old", 3, NULL, 0, NULL));
  CHECK_OK(syncline_snapshot_take(doc, &snapshot, NULL));
  CHECK_OK(syncline_doc_encode(doc, NULL, 0, SYNCLINE_V1, &update, NULL));
  CHECK_OK(syncline_snapshot_contains(snapshot.data, snapshot.size, update.data, update.size,
                                      SYNCLINE_V1, &contained, NULL));
  CHECK(contained);
  syncline_buffer_free(&update);
  CHECK_OK(syncline_text_erase(text, 0, 3, NULL));
  CHECK_OK(syncline_text_insert(text, 0, "new", 3, NULL, 0, NULL));
  CHECK_OK(syncline_doc_encode(doc, NULL, 0, SYNCLINE_V1, &update, NULL));
  CHECK_OK(syncline_snapshot_contains(snapshot.data, snapshot.size, update.data, update.size,
                                      SYNCLINE_V1, &contained, NULL));
  CHECK(!contained);
  CHECK_OK(syncline_snapshot_doc(doc, snapshot.data, snapshot.size, 2, NULL, &past, NULL));
  CHECK_OK(syncline_text_to_string(root(past, SYNCLINE_KIND_TEXT, "t"), &out, NULL));
  CHECK(is_text(&out, "old"));

  syncline_doc* none = NULL;
  CHECK_FAILS(SYNCLINE_INVALID,
              syncline_snapshot_doc(past, snapshot.data, snapshot.size, 3, NULL, &none, e));
  CHECK_FAILS(SYNCLINE_MALFORMED, syncline_snapshot_doc(doc, snapshot.data, 1, 3, NULL, &none, e));
  CHECK_FAILS(SYNCLINE_INVALID,
              syncline_snapshot_doc(doc, snapshot.data, snapshot.size, 0, NULL, &none, e));
  CHECK_FAILS(SYNCLINE_INVALID,
              syncline_snapshot_doc(NULL, snapshot.data, snapshot.size, 3, NULL, &none, e));
  CHECK(none == NULL);
  CHECK_FAILS(SYNCLINE_INVALID, syncline_snapshot_take(NULL, &out, e));
  CHECK_FAILS(SYNCLINE_MALFORMED,
              syncline_snapshot_contains(snapshot.data, snapshot.size, update.data, 1, SYNCLINE_V1,
                                         &contained, e));
  syncline_buffer_free(&snapshot);
  syncline_buffer_free(&update);
  syncline_doc_free(past);
  syncline_doc_free(doc);
}

static void test_positions(void) {
  syncline_doc *doc = new_doc(1), *empty = new_doc(2);
  syncline_type text = root(doc, SYNCLINE_KIND_TEXT, "t"), found;
  syncline_buffer position = {0}, json = {0}, again = {0};
  uint32_t index = 0;
  CHECK_OK(syncline_text_insert(text, 0, "abc", 3, NULL, 0, NULL));
  CHECK_OK(syncline_position_at(text, 1, 0, &position, NULL));
  CHECK_OK(syncline_text_insert(text, 0, "xx", 2, NULL, 0, NULL));
  CHECK_OK(syncline_position_resolve(doc, position.data, position.size, &found, &index, NULL));
  CHECK(index == 3 && syncline_type_equal(found, text));
  CHECK_OK(syncline_position_to_json(position.data, position.size, &json, NULL));
  CHECK_OK(syncline_position_from_json((const char*)json.data, json.size, &again, NULL));
  syncline_buffer_free(&json);
  CHECK_OK(syncline_position_resolve(doc, again.data, again.size, NULL, &index, NULL));
  CHECK(index == 3);
  CHECK_FAILS(SYNCLINE_NOT_FOUND,
              syncline_position_resolve(empty, position.data, position.size, &found, &index, e));
  CHECK_FAILS(SYNCLINE_MALFORMED,
              syncline_position_resolve(doc, position.data, 1, &found, &index, e));
  CHECK_FAILS(SYNCLINE_INVALID,
              syncline_position_resolve(NULL, position.data, position.size, &found, &index, e));
  CHECK_FAILS(SYNCLINE_MALFORMED, syncline_position_to_json(NULL, 0, &json, e));
  CHECK_FAILS(SYNCLINE_MALFORMED, syncline_position_from_json("{", 1, &json, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_position_at(kNoType, 0, 0, &json, e));
  syncline_buffer_free(&position);
  syncline_buffer_free(&again);
  syncline_doc_free(doc);
  syncline_doc_free(empty);
}

/* ---- undo */

static uint64_t read_clock(void* user) {
  return *(uint64_t*)user;
}

static void on_step(void* user, syncline_undo_what what, bool redo_stack,
                    syncline_undo_step* step) {
  struct seen* seen = user;
  syncline_value value = number(42);
  ++seen->calls;
  seen->local = redo_stack;
  if (what == SYNCLINE_UNDO_ADDED) {
    CHECK_FAILS(SYNCLINE_NOT_FOUND,
                syncline_undo_step_get(step, "cursor", SYNCLINE_NUL, &value, e));
    value = number(42);
    CHECK_OK(syncline_undo_step_set(step, "cursor", SYNCLINE_NUL, &value, NULL));
    CHECK_FAILS(SYNCLINE_INVALID, syncline_undo_step_set(step, "\xff", 1, &value, e));
    CHECK_FAILS(SYNCLINE_INVALID, syncline_undo_step_set(step, "k", 1, NULL, e));
  } else {
    CHECK_OK(syncline_undo_step_get(step, "cursor", SYNCLINE_NUL, &value, NULL));
    CHECK(value.kind == SYNCLINE_VALUE_NUMBER && value.as.number == 42);
  }
}

static void test_undo(void) {
  syncline_doc *doc = new_doc(1), *other = new_doc(2);
  syncline_type text = root(doc, SYNCLINE_KIND_TEXT, "t");
  const syncline_type foreign = root(other, SYNCLINE_KIND_TEXT, "t");
  syncline_undo* undo = NULL;
  syncline_undo_options options = SYNCLINE_UNDO_OPTIONS_INIT;
  struct seen added = {0}, updated = {0}, popped = {0};
  syncline_buffer out = {0};
  uint64_t now = 0;
  const uint64_t origins[] = {5};
  options.now_ms = read_clock;
  options.user = &now;
  options.tracked_origins = origins;
  options.tracked_count = 1;
  CHECK_OK(syncline_undo_new(doc, &text, 1, &options, &undo, NULL));
  CHECK(syncline_undo_on(undo, SYNCLINE_UNDO_ADDED, on_step, &added) != 0);
  CHECK(syncline_undo_on(undo, SYNCLINE_UNDO_UPDATED, on_step, &updated) != 0);
  const uint64_t token = syncline_undo_on(undo, SYNCLINE_UNDO_POPPED, on_step, &popped);
  CHECK(syncline_undo_on(undo, (syncline_undo_what)9, on_step, &popped) == 0);
  CHECK(syncline_undo_on(NULL, SYNCLINE_UNDO_ADDED, on_step, NULL) == 0);

  CHECK_OK(syncline_text_insert(text, 0, "-", 1, NULL, 0, NULL)); /* origin 0 is not tracked */
  CHECK(syncline_undo_steps(undo) == 0 && !syncline_undo_undo(undo));
  syncline_undo_track(undo, 0);
  CHECK_OK(syncline_text_insert(text, 1, "a", 1, NULL, 0, NULL));
  CHECK_OK(syncline_text_insert(text, 2, "b", 1, NULL, 0, NULL));
  CHECK(added.calls == 1 && updated.calls == 1 && syncline_undo_steps(undo) == 1);
  now += 1000;
  CHECK_OK(syncline_text_insert(text, 3, "c", 1, NULL, 0, NULL));
  syncline_undo_stop_capturing(undo);
  CHECK_OK(syncline_text_insert(text, 4, "d", 1, NULL, 0, NULL));
  CHECK(syncline_undo_steps(undo) == 3);
  CHECK(syncline_undo_undo(undo) && syncline_undo_undo(undo));
  CHECK(popped.calls == 2 && !popped.local);
  CHECK(syncline_undo_redo_steps(undo) == 2 && syncline_undo_redo(undo));
  CHECK_OK(syncline_text_to_string(text, &out, NULL));
  CHECK(is_text(&out, "-abc"));
  syncline_undo_off(undo, token);
  CHECK(syncline_undo_redo(undo) && popped.calls == 3);
  syncline_undo_untrack(undo, 0);
  CHECK_OK(syncline_text_insert(text, 0, "x", 1, NULL, 0, NULL));
  CHECK(syncline_undo_steps(undo) == 3);
  CHECK(syncline_undo_origin(undo) >= (uint64_t)1 << 63);
  syncline_undo_clear(undo, true, true);
  CHECK(syncline_undo_steps(undo) == 0);
  syncline_undo_add_to_scope(undo, root(doc, SYNCLINE_KIND_MAP, "m"));
  CHECK_OK(syncline_doc_begin(doc, 5, NULL));
  const syncline_value one = number(1);
  CHECK_OK(syncline_map_set(root(doc, SYNCLINE_KIND_MAP, "m"), "k", 1, &one, NULL));
  CHECK_OK(syncline_doc_commit(doc, NULL));
  CHECK(syncline_undo_steps(undo) == 1);
  syncline_undo_free(undo);

  CHECK_OK(syncline_undo_new(doc, NULL, 0, NULL, &undo, NULL)); /* the whole document */
  CHECK_OK(syncline_map_erase(root(doc, SYNCLINE_KIND_MAP, "m"), "k", 1, NULL));
  CHECK(syncline_undo_undo(undo) && syncline_map_has(root(doc, SYNCLINE_KIND_MAP, "m"), "k", 1));
  syncline_undo_free(undo);

  options.size = 0;
  CHECK_FAILS(SYNCLINE_INVALID, syncline_undo_new(doc, &text, 1, &options, &undo, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_undo_new(doc, &foreign, 1, NULL, &undo, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_undo_new(doc, &kNoType, 1, NULL, &undo, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_undo_new(NULL, &text, 1, NULL, &undo, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_undo_new(doc, &text, 1, NULL, NULL, e));
  CHECK(undo == NULL);
  syncline_undo_free(NULL);
  CHECK(!syncline_undo_undo(NULL) && !syncline_undo_redo(NULL));
  CHECK(syncline_undo_steps(NULL) == 0 && syncline_undo_redo_steps(NULL) == 0);
  CHECK(syncline_undo_origin(NULL) == 0);
  syncline_doc_free(doc);
  syncline_doc_free(other);
}

/* ---- awareness */

static void test_awareness(void) {
  syncline_awareness *a = NULL, *b = NULL;
  syncline_buffer message = {0}, state = {0};
  syncline_change change = {0};
  const uint64_t clients[] = {1};
  CHECK_FAILS(SYNCLINE_INVALID, syncline_awareness_new(NULL, e));
  CHECK_OK(syncline_awareness_new(&a, NULL));
  CHECK_OK(syncline_awareness_new(&b, NULL));
  CHECK_OK(syncline_awareness_set(a, 1, "{\"n\":\"Ada\"}", SYNCLINE_NUL, 0, &change, NULL));
  CHECK(change.added == 1 && change.updated == 0 && change.removed == 0 && change.clients[0] == 1);
  syncline_change_free(&change);
  CHECK_OK(syncline_awareness_encode(a, clients, 1, &message, NULL));
  CHECK_OK(syncline_awareness_apply(b, message.data, message.size, 10, &change, NULL));
  CHECK(change.added == 1);
  syncline_change_free(&change);
  CHECK_OK(syncline_awareness_apply(b, message.data, message.size, 10, &change, NULL));
  CHECK(change.clients == NULL); /* no news */
  CHECK_OK(syncline_awareness_state(b, 1, &state, NULL));
  CHECK(is_text(&state, "{\"n\":\"Ada\"}"));
  CHECK(syncline_awareness_present(b) == 1);

  CHECK_OK(syncline_awareness_expire(b, 40011, 30000, &change, NULL));
  CHECK(change.removed == 1 && syncline_awareness_present(b) == 0);
  syncline_change_free(&change);
  CHECK_FAILS(SYNCLINE_NOT_FOUND, syncline_awareness_state(b, 1, &state, e));
  CHECK_OK(syncline_awareness_remove(a, clients, 1, 0, NULL, NULL));
  syncline_buffer_free(&message);
  CHECK_OK(syncline_awareness_encode(a, NULL, 0, &message, NULL));
  CHECK(message.size == 1); /* nobody is there */

  CHECK_FAILS(SYNCLINE_MALFORMED,
              syncline_awareness_apply(b, (const uint8_t*)"\x05", 1, 0, &change, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_awareness_set(a, 1, "{", 1, 0, &change, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_awareness_set(a, 1, "", 0, 0, &change, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_awareness_set(a, 0, "{}", 2, 0, &change, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_awareness_set(NULL, 1, "{}", 2, 0, &change, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_awareness_apply(NULL, message.data, 1, 0, &change, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_awareness_remove(NULL, clients, 1, 0, &change, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_awareness_expire(NULL, 0, 0, &change, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_awareness_encode(NULL, NULL, 0, &state, e));
  CHECK_FAILS(SYNCLINE_INVALID, syncline_awareness_state(NULL, 1, &state, e));
  CHECK(syncline_awareness_present(NULL) == 0);
  syncline_buffer_free(&message);
  syncline_awareness_free(a);
  syncline_awareness_free(b);
  syncline_awareness_free(NULL);
}

int main(void) {
  test_versions();
  test_new_and_free();
  test_roots();
  test_transactions();
  test_sync();
  test_updates_without_a_document();
  test_subdocs();
  test_values();
  test_maps();
  test_copies();
  test_arrays();
  test_texts();
  test_xml();
  test_observers();
  test_snapshots();
  test_positions();
  test_undo();
  test_awareness();
  printf("%d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
