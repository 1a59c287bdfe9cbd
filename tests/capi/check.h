/* A few lines of test framework for C: CHECK counts, says where, and goes on. */
#ifndef SYNCLINE_TESTS_CAPI_CHECK_H
#define SYNCLINE_TESTS_CAPI_CHECK_H

#include <stdio.h>
#include <string.h>
#include <syncline/syncline.h>

static int failures = 0;

#define CHECK(condition)                                             \
  do {                                                               \
    if (!(condition)) {                                              \
      ++failures;                                                    \
      printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
    }                                                                \
  } while (0)

#define CHECK_OK(call) CHECK((call) == SYNCLINE_OK)

/* That a call fails as it should, and says why. */
#define CHECK_FAILS(wanted, call)             \
  do {                                        \
    syncline_error error = {SYNCLINE_OK, ""}; \
    syncline_error* const e = &error;         \
    CHECK((call) == (wanted));                \
    CHECK(error.status == (wanted));          \
    CHECK(strlen(error.message) > 0);         \
  } while (0)

/* Compares and frees. */
static bool is_text(syncline_buffer* buffer, const char* wanted) {
  const bool same = buffer->data != NULL && buffer->size == strlen(wanted) &&
                    strcmp((const char*)buffer->data, wanted) == 0;
  if (!same) printf("got: %s\n", buffer->data ? (const char*)buffer->data : "(nothing)");
  syncline_buffer_free(buffer);
  return same;
}

static syncline_value number(double n) {
  syncline_value value = {SYNCLINE_VALUE_NUMBER, {0}};
  value.as.number = n;
  return value;
}

static syncline_value text_value(syncline_value_kind kind, const char* data, size_t size) {
  syncline_value value = {kind, {0}};
  value.as.bytes.data = data;
  value.as.bytes.size = size == SYNCLINE_NUL ? strlen(data) : size;
  return value;
}

static syncline_type root(syncline_doc* doc, syncline_kind kind, const char* name) {
  syncline_type type;
  CHECK_OK(syncline_doc_root(doc, kind, name, SYNCLINE_NUL, &type, NULL));
  return type;
}

static syncline_doc* new_doc(uint64_t client_id) {
  syncline_doc* doc = NULL;
  CHECK_OK(syncline_doc_new(client_id, NULL, &doc, NULL));
  return doc;
}

#endif
