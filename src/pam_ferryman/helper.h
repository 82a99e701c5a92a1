#ifndef FERRYMAN_PAM_HELPER_H
#define FERRYMAN_PAM_HELPER_H

#include <security/pam_modules.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Calls ferryman-logon as another user than root, and carries what is said between it and who logs on. The
 * module itself, which is root, reads nothing but short messages whose kinds are told in src/logon/channel.h.
 */

enum result { result_ok, result_not_ours, result_refused, result_unavailable, result_barred, result_failed };

/* As whom it runs. */
struct identity {
  uid_t uid;
  gid_t gid;
  gid_t groups[1024];
  int group_count;
};

enum { max_tickets = 128 * 1024, max_text = 2048 };

/* One call. */
struct step {
  const char *program, *name; /* "authenticate" */
  const struct identity* as;  /* null: as who calls */
  const char* cache;          /* the child's KRB5CCNAME; null: none */
  char first_kind;            /* of the message that it begins with; 0: none */
  const void* first;
  size_t first_size;
};

/* What came of it. */
struct outcome {
  enum result result;
  char cache[max_text + 1]; /* its name, or empty */
  uint8_t* tickets;         /* malloc()'d; null: none */
  size_t tickets_size;
};

/* Waits for the helper max_seconds at a time, and for the person as long as she takes. */
void call_helper(pam_handle_t* pam, const struct step* step, struct outcome* outcome);
void free_outcome(struct outcome* outcome);

#endif
