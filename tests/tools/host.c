/* Preloaded, makes the host one that has slept for the seconds that the file $HOST_ASLEEP says, or with $HOST_WITHOUT_IPV6
 * one whose kernel has no IPv6. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *time) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  const int result = real(clock, time);
  const char *name = getenv("HOST_ASLEEP");
  if (clock != CLOCK_BOOTTIME || !name) return result;
  FILE *file = fopen(name, "r");
  long seconds = 0;
  if (file && fscanf(file, "%ld", &seconds) == 1) time->tv_sec += seconds;
  if (file) fclose(file);
  return result;
}

int socket(int domain, int type, int protocol) {
  static int (*real)(int, int, int);
  if (!real) real = (int (*)(int, int, int))dlsym(RTLD_NEXT, "socket");
  if (domain == AF_INET6 && getenv("HOST_WITHOUT_IPV6")) {
    errno = EAFNOSUPPORT;
    return -1;
  }
  return real(domain, type, protocol);
}
