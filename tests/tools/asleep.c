/* Preloaded, adds to CLOCK_BOOTTIME the seconds that the file $ASLEEP says: a host that has slept. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *time) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  const int result = real(clock, time);
  const char *name = getenv("ASLEEP");
  if (clock != CLOCK_BOOTTIME || !name) return result;
  FILE *file = fopen(name, "r");
  long seconds = 0;
  if (file && fscanf(file, "%ld", &seconds) == 1) time->tv_sec += seconds;
  if (file) fclose(file);
  return result;
}
