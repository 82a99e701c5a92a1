#define _GNU_SOURCE
#include "helper.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <security/pam_ext.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

enum { max_seconds = 90, max_messages = 64 };

/* What the caller has limited or ignores is not the helper's: "su" calls it with those of whoever typed it. */
static void forget_limits(void) {
  static const struct {
    int resource;
    rlim_t most;
  } limits[] = {{RLIMIT_CORE, 0},
                {RLIMIT_FSIZE, RLIM_INFINITY},
                {RLIMIT_CPU, RLIM_INFINITY},
                {RLIMIT_AS, RLIM_INFINITY},
                {RLIMIT_DATA, RLIM_INFINITY},
                {RLIMIT_NPROC, RLIM_INFINITY},
                {RLIMIT_STACK, 8 << 20},
                {RLIMIT_NOFILE, 1024}};
  struct sigaction standard = {0};
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) sigaction(number, &standard, NULL);
  for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); ++i) {
    struct rlimit limit = {limits[i].most, limits[i].most};
    if (setrlimit(limits[i].resource, &limit) == 0 || getrlimit(limits[i].resource, &limit) != 0) continue;
    limit.rlim_cur = limit.rlim_max; /* who may not raise it further */
    setrlimit(limits[i].resource, &limit);
  }
}

/* Between fork() and exec(): system calls only, other threads may have held any lock. */
static void run_child(const struct step* step, int socket) {
  char cache[max_text + 16] = "KRB5CCNAME=";
  char* const arguments[] = {(char*)"ferryman-logon", (char*)step->name, NULL};
  char* const environment[] = {(char*)"PATH=/usr/bin:/bin", (char*)"LC_ALL=C.UTF-8",
                               step->cache ? cache : NULL, NULL};
  sigset_t none;
  int null;

  if (step->cache) strncat(cache, step->cache, max_text);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  null = open("/dev/null", O_RDWR);
  setsid(); /* the terminal is not its own */
  if (null < 0 || dup2(socket, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0) _exit(1);
  close_range(3, ~0U, 0);
  forget_limits();
  umask(077);
  if (step->as) {
    const struct identity* as = step->as;
    if (as->uid == 0 || as->gid == 0 || setgroups((size_t)as->group_count, as->groups) != 0 ||
        setresgid(as->gid, as->gid, as->gid) != 0 || setresuid(as->uid, as->uid, as->uid) != 0 ||
        setuid(0) == 0)
      _exit(1);
  }
  if (chdir("/") != 0) _exit(1);
  execve(step->program, arguments, environment);
  _exit(1);
}

static void wipe(char* text) {
  if (text) explicit_bzero(text, strlen(text));
  free(text);
}

static int send_message(int socket, char kind, const void* contents, size_t size) {
  struct iovec parts[2] = {{&kind, 1}, {(void*)contents, size}};
  struct msghdr message = {0};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  return sendmsg(socket, &message, MSG_NOSIGNAL) == (ssize_t)(size + 1) ? 0 : -1;
}

/* The helper's question to who logs on, and her answer. */
static int ask(pam_handle_t* pam, int socket, const char* question) {
  char* answer = NULL;
  const int code = pam_prompt(pam, PAM_PROMPT_ECHO_OFF, &answer, "%s", question);
  int sent;
  if (code != PAM_SUCCESS || !answer || strlen(answer) > max_text) {
    wipe(answer);
    return send_message(socket, 'X', "", 0);
  }
  sent = send_message(socket, 'A', answer, strlen(answer));
  wipe(answer);
  return sent;
}

/* Its size; below 0: nothing came in time, or not a whole message. */
static ssize_t receive(int socket, uint8_t* buffer, size_t size) {
  struct pollfd polled = {socket, POLLIN, 0};
  struct timespec now;
  time_t deadline;
  int ready;

  clock_gettime(CLOCK_MONOTONIC, &now);
  deadline = now.tv_sec + max_seconds;
  do {
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec >= deadline) return -1;
    ready = poll(&polled, 1, (int)(deadline - now.tv_sec) * 1000);
  } while (ready < 0 && errno == EINTR);
  if (ready <= 0) return -1;
  const ssize_t got = recv(socket, buffer, size, MSG_TRUNC | MSG_DONTWAIT);
  return got > 0 && (size_t)got <= size ? got : -1;
}

static int take_tickets(struct outcome* outcome, const uint8_t* contents, size_t size) {
  if (outcome->tickets || size == 0) return -1;
  outcome->tickets = malloc(size);
  if (!outcome->tickets) return -1;
  memcpy(outcome->tickets, contents, size);
  outcome->tickets_size = size;
  return 0;
}

/* Below 0: it is over. text: the message with a 0 behind it. */
static int obey(pam_handle_t* pam, int socket, uint8_t* text, size_t size, struct outcome* outcome) {
  const char kind = (char)text[0];
  const char* words = (const char*)text + 1;
  if (kind == 'T') return take_tickets(outcome, text + 1, size - 1);
  if (size - 1 > max_text) return -1;
  text[size] = 0;
  switch (kind) {
    case 'H':
      return ask(pam, socket, words);
    case 'I':
      pam_info(pam, "%s", words);
      return 0;
    case 'N':
      snprintf(outcome->cache, sizeof(outcome->cache), "%s", words);
      return 0;
    case 'R':
      if (size == 2 && text[1] <= result_failed) outcome->result = (enum result)text[1];
      return -1;
    default:
      return -1;
  }
}

static void converse(pam_handle_t* pam, int socket, const struct step* step, struct outcome* outcome) {
  const size_t room = max_tickets + 1;
  uint8_t* buffer = malloc(room + 1);
  if (!buffer) return;
  if (!step->first_kind || send_message(socket, step->first_kind, step->first, step->first_size) == 0) {
    for (int i = 0; i < max_messages; ++i) {
      const ssize_t got = receive(socket, buffer, room);
      if (got < 0) break;
      if (obey(pam, socket, buffer, (size_t)got, outcome) < 0) break;
    }
  }
  explicit_bzero(buffer, room + 1);
  free(buffer);
}

/* Whatever it is at: it has said what it had to say. */
static void end(pid_t child) {
  kill(child, SIGKILL);
  while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
  }
}

void call_helper(pam_handle_t* pam, const struct step* step, struct outcome* outcome) {
  struct sigaction by_default = {0}, before;
  int sockets[2];
  pid_t child;

  memset(outcome, 0, sizeof(*outcome));
  outcome->result = result_failed;
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0) return;
  /* Else the application's handler, or its being ignored, would take the child. */
  by_default.sa_handler = SIG_DFL;
  sigaction(SIGCHLD, &by_default, &before);
  child = fork();
  if (child == 0) run_child(step, sockets[1]);
  close(sockets[1]);
  if (child > 0) {
    converse(pam, sockets[0], step, outcome);
    end(child);
  }
  close(sockets[0]);
  sigaction(SIGCHLD, &before, NULL);
  if (outcome->result == result_failed)
    pam_syslog(pam, LOG_ERR, "%s %s came to nothing", step->program, step->name);
}

void free_outcome(struct outcome* outcome) {
  if (outcome->tickets) explicit_bzero(outcome->tickets, outcome->tickets_size);
  free(outcome->tickets);
  outcome->tickets = NULL;
}
