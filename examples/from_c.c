/* The same engine from C, as a binding for another language would use it. */
#include <stdio.h>
#include <stdlib.h>
#include <syncline/syncline.h>

/* Prints what went wrong and ends the program; a binding would throw its own kind of error. */
static void check(syncline_status status, const syncline_error *error) {
  if (status == SYNCLINE_OK) return;
  fprintf(stderr, "%s: %s\n", syncline_status_name(status), error->message);
  exit(1);
}

static void send_to(void *other, const uint8_t *update, size_t size, uint64_t origin, bool local) {
  syncline_error error;
  (void)origin;
  if (local) check(syncline_doc_apply(other, update, size, SYNCLINE_V1, 0, NULL, &error), &error);
}

static void print_event(void *user, const char *json, size_t size) {
  (void)user;
  (void)size;
  printf("event: %s\n", json);
}

int main(void) {
  syncline_doc *ada, *ben;
  syncline_type text, copy;
  syncline_buffer buffer = {0};
  syncline_error error;

  check(syncline_doc_new(1, NULL, &ada, &error), &error);
  check(syncline_doc_new(2, NULL, &ben, &error), &error);
  syncline_doc_on_update(ada, SYNCLINE_V1, send_to, ben);

  check(syncline_doc_root(ada, SYNCLINE_KIND_TEXT, "note", SYNCLINE_NUL, &text, &error), &error);
  check(syncline_doc_root(ben, SYNCLINE_KIND_TEXT, "note", SYNCLINE_NUL, &copy, &error), &error);
  syncline_type_observe(copy, print_event, NULL);

  check(syncline_doc_begin(ada, 0, &error), &error);
  check(syncline_text_insert(text, 0, "Hello C", SYNCLINE_NUL, NULL, 0, &error), &error);
  check(syncline_text_format(text, 6, 1, "{\"bold\":true}", SYNCLINE_NUL, &error), &error);
  check(syncline_doc_commit(ada, &error), &error);

  check(syncline_text_to_string(copy, &buffer, &error), &error);
  printf("ben: %s\n", (const char *)buffer.data);
  syncline_buffer_free(&buffer);

  /* Errors are values, with a message for a person. */
  if (syncline_text_erase(copy, 5, 100, &error) != SYNCLINE_OK)
    printf("%s: %s\n", syncline_status_name(error.status), error.message);

  syncline_doc_free(ada);
  syncline_doc_free(ben);
}

/* Prints:
 *   event: {"path":["note"],"delta":[{"insert":"Hello "},{"insert":"C","attributes":{"bold":true}}],"keys":{},"origin":0,"local":false}
 *   ben: Hello C
 *   invalid: beyond the end of the text
 */
