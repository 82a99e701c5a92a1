/* Logs users of a tenant on by their key and its PIN. Users of /etc/passwd are never touched. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "helper.h"

#define EXPORT __attribute__((visibility("default")))

static const char service_user[] = "ferryman-logon", session_directory[] = "/run/ferryman-logon",
                  session_data[] = "ferryman_session", cache_data[] = "ferryman_cache",
                  cache_variable[] = "KRB5CCNAME";

enum { max_entry = 64 * 1024, max_name = 256 };

/* Whom a call is about. */
struct subject {
  const char* name;
  struct passwd entry;
  char buffer[max_entry];
};

/* /etc/passwd itself is read: what the system makes of it and of other sources is not asked. Where it cannot
 * be read everybody is local. */
static int is_local(const char* name) {
  FILE* file = fopen("/etc/passwd", "re");
  char* buffer = malloc(max_entry);
  struct passwd entry, *found = NULL;
  int local = !file || !buffer;
  while (!local && fgetpwent_r(file, &entry, buffer, max_entry, &found) == 0)
    local = strcmp(entry.pw_name, name) == 0;
  if (file) fclose(file);
  free(buffer);
  return local;
}

/* malloc()'d; null: not one that may be ours. */
static struct subject* find_subject(pam_handle_t* pam) {
  const char* name = NULL;
  struct passwd* found = NULL;
  struct subject* subject;
  if (pam_get_user(pam, &name, NULL) != PAM_SUCCESS || !name || !*name || strlen(name) > max_name ||
      is_local(name))
    return NULL;
  subject = malloc(sizeof(*subject));
  if (!subject) return NULL;
  subject->name = name;
  if (getpwnam_r(name, &subject->entry, subject->buffer, sizeof(subject->buffer), &found) == 0 && found &&
      subject->entry.pw_uid != 0)
    return subject;
  free(subject);
  return NULL;
}

/* A name that is not local and that nobody knows at the moment: one of ours whose table cannot be asked. */
static int is_nobody(pam_handle_t* pam) {
  const char* name = NULL;
  char* buffer;
  struct passwd entry, *found = NULL;
  int nobody;
  if (pam_get_user(pam, &name, NULL) != PAM_SUCCESS || !name || !*name || strlen(name) > max_name ||
      is_local(name))
    return 0;
  buffer = malloc(max_entry);
  nobody = !buffer || getpwnam_r(name, &entry, buffer, max_entry, &found) != 0 || !found;
  free(buffer);
  return nobody;
}

static int identity_of(const struct passwd* entry, struct identity* out) {
  out->uid = entry->pw_uid;
  out->gid = entry->pw_gid;
  out->group_count = (int)(sizeof(out->groups) / sizeof(out->groups[0]));
  return getgrouplist(entry->pw_name, entry->pw_gid, out->groups, &out->group_count) >= 0 ? 0 : -1;
}

static int service_identity(struct identity* out) {
  char* buffer = malloc(max_entry);
  struct passwd entry, *found = NULL;
  int code = -1;
  if (buffer && getpwnam_r(service_user, &entry, buffer, max_entry, &found) == 0 && found)
    code = identity_of(&entry, out);
  free(buffer);
  return code;
}

static const char* helper_of(int argc, const char** argv) {
  static const char option[] = "helper=";
  for (int i = 0; i < argc; ++i)
    if (strncmp(argv[i], option, sizeof(option) - 1) == 0) return argv[i] + sizeof(option) - 1;
  return FERRYMAN_LOGON;
}

/* A step that is told whom it is about, and runs as the service's user where that can be. */
static void call_about(pam_handle_t* pam, const struct subject* subject, const char* helper, const char* name,
                       struct outcome* outcome) {
  char first[max_name + 16];
  struct identity service;
  struct step step = {.program = helper, .name = name, .first_kind = 'U', .first = first};
  outcome->result = result_failed;
  outcome->tickets = NULL;
  if (geteuid() == 0) {
    if (service_identity(&service) != 0) {
      pam_syslog(pam, LOG_ERR, "there is no user %s: systemd-sysusers makes it", service_user);
      return;
    }
    step.as = &service;
  }
  step.first_size =
      (size_t)snprintf(first, sizeof(first), "%u:%s", (unsigned)subject->entry.pw_uid, subject->name);
  call_helper(pam, &step, outcome);
}

static void forget_owner(pam_handle_t* pam, void* data, int status) {
  (void)pam, (void)status;
  free(data);
}

/* Tells programs of her session the cache's name. */
static void set_cache(pam_handle_t* pam, const struct subject* subject, const char* cache) {
  char variable[sizeof(cache_variable) + max_text + 2];
  char* owner = strdup(subject->name);
  if (!owner) return;
  if (pam_set_data(pam, cache_data, owner, forget_owner) != PAM_SUCCESS) {
    free(owner);
    return;
  }
  snprintf(variable, sizeof(variable), "%s=%s", cache_variable, cache);
  pam_putenv(pam, variable);
}

/* "sudo" asks for the PIN of whoever calls it, and then runs a command as somebody else, who has other
 * tickets or none. */
static void take_back_cache(pam_handle_t* pam) {
  const void *owner = NULL, *user = NULL;
  if (pam_get_data(pam, cache_data, &owner) != PAM_SUCCESS || !owner) return;
  if (pam_get_item(pam, PAM_USER, &user) == PAM_SUCCESS && user && strcmp(user, owner) == 0) return;
  pam_putenv(pam, cache_variable);
  pam_set_data(pam, cache_data, NULL, NULL);
}

/* Her own cache gets the tickets, by a process that is hers. */
static void store_tickets(pam_handle_t* pam, const struct subject* subject, const char* helper,
                          const struct outcome* tickets) {
  struct identity user;
  struct outcome stored;
  struct step step = {.program = helper,
                      .name = "store",
                      .as = &user,
                      .first_kind = 'T',
                      .first = tickets->tickets,
                      .first_size = tickets->tickets_size};
  if (identity_of(&subject->entry, &user) != 0) return;
  call_helper(pam, &step, &stored);
  if (stored.result == result_ok && stored.cache[0])
    set_cache(pam, subject, stored.cache);
  else
    pam_syslog(pam, LOG_WARNING, "the tickets of %s could not be put into her credential cache",
               subject->name);
  free_outcome(&stored);
}

EXPORT int pam_sm_authenticate(pam_handle_t* pam, int flags, int argc, const char** argv) {
  static const int codes[] = {PAM_SUCCESS,          PAM_IGNORE,      PAM_AUTH_ERR,
                              PAM_AUTHINFO_UNAVAIL, PAM_PERM_DENIED, PAM_SERVICE_ERR};
  struct subject* subject = find_subject(pam);
  const char* helper = helper_of(argc, argv);
  struct outcome outcome;
  (void)flags;
  if (!subject) return PAM_IGNORE;
  pam_fail_delay(pam, 2000000);
  call_about(pam, subject, helper, "authenticate", &outcome);
  if (outcome.result == result_ok && outcome.tickets && geteuid() == 0)
    store_tickets(pam, subject, helper, &outcome);
  free_outcome(&outcome);
  free(subject);
  return codes[outcome.result];
}

EXPORT int pam_sm_setcred(pam_handle_t* pam, int flags, int argc, const char** argv) {
  struct subject* subject = find_subject(pam);
  (void)flags, (void)argc, (void)argv;
  take_back_cache(pam);
  if (!subject) return PAM_IGNORE;
  free(subject);
  return PAM_SUCCESS;
}

EXPORT int pam_sm_acct_mgmt(pam_handle_t* pam, int flags, int argc, const char** argv) {
  static const int codes[] = {PAM_SUCCESS,          PAM_IGNORE,      PAM_PERM_DENIED,
                              PAM_AUTHINFO_UNAVAIL, PAM_PERM_DENIED, PAM_AUTHINFO_UNAVAIL};
  struct subject* subject = find_subject(pam);
  struct outcome outcome;
  (void)flags;
  if (!subject) return is_nobody(pam) ? PAM_USER_UNKNOWN : PAM_IGNORE;
  call_about(pam, subject, helper_of(argc, argv), "check", &outcome);
  free_outcome(&outcome);
  if (outcome.result == result_barred)
    pam_syslog(pam, LOG_NOTICE,
               "%s may not log on here: disabled, not allowed, or not asked about for too long",
               subject->name);
  free(subject);
  return codes[outcome.result];
}

static void forget_session(pam_handle_t* pam, void* data, int status) {
  (void)pam, (void)status;
  close((int)(intptr_t)data - 1);
}

/* Each session holds a share of a lock, which the kernel takes back from who dies: whoever gets the whole of
 * it is the last. */
EXPORT int pam_sm_open_session(pam_handle_t* pam, int flags, int argc, const char** argv) {
  struct subject* subject = find_subject(pam);
  struct outcome outcome;
  const void* service = NULL;
  char path[64];
  int lock;
  (void)flags;
  take_back_cache(pam);
  if (!subject) return PAM_IGNORE;
  /* A user's own systemd ends after her last session, and as she. */
  if (pam_get_item(pam, PAM_SERVICE, &service) == PAM_SUCCESS && service &&
      strcmp(service, "systemd-user") == 0) {
    free(subject);
    return PAM_IGNORE;
  }
  call_about(pam, subject, helper_of(argc, argv), "check", &outcome);
  free_outcome(&outcome);
  snprintf(path, sizeof(path), "%s/%u", session_directory, (unsigned)subject->entry.pw_uid);
  free(subject);
  if (outcome.result != result_ok || geteuid() != 0) return PAM_IGNORE;
  if (mkdir(session_directory, 0700) != 0 && errno != EEXIST) return PAM_SESSION_ERR;
  lock = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (lock < 0) return PAM_SESSION_ERR;
  if (flock(lock, LOCK_SH) != 0 ||
      pam_set_data(pam, session_data, (void*)(intptr_t)(lock + 1), forget_session) != PAM_SUCCESS) {
    close(lock);
    return PAM_SESSION_ERR;
  }
  return PAM_SUCCESS;
}

static void remove_tickets(pam_handle_t* pam, const struct subject* subject, const char* helper,
                           const char* cache) {
  struct identity user;
  struct outcome outcome;
  const struct step step = {.program = helper, .name = "remove", .as = &user, .cache = cache};
  if (identity_of(&subject->entry, &user) != 0) return;
  call_helper(pam, &step, &outcome);
  free_outcome(&outcome);
}

EXPORT int pam_sm_close_session(pam_handle_t* pam, int flags, int argc, const char** argv) {
  struct subject* subject = find_subject(pam);
  const void* data = NULL;
  const char* cache = pam_getenv(pam, cache_variable);
  (void)flags;
  if (!subject) return PAM_IGNORE;
  if (pam_get_data(pam, session_data, &data) == PAM_SUCCESS && data &&
      (!cache || strlen(cache) <= max_text) && flock((int)(intptr_t)data - 1, LOCK_EX | LOCK_NB) == 0)
    remove_tickets(pam, subject, helper_of(argc, argv), cache);
  pam_set_data(pam, session_data, NULL, NULL);
  free(subject);
  return PAM_SUCCESS;
}
