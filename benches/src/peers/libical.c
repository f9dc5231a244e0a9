/* How many dates libical finds in a second for the RRULE given. */
#include <libical/ical.h>
#include <stdio.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
  if (argc < 2) return 1;
  struct icalrecurrencetype rule = icalrecurrencetype_from_string(argv[1]);
  struct icaltimetype first = icaltime_from_string("20260101T000000");
  long found = 0;
  double start = now();
  while (now() - start < 0.2) {
    icalrecur_iterator *dates = icalrecur_iterator_new(rule, first);
    for (;;) {
      struct icaltimetype at = icalrecur_iterator_next(dates);
      if (icaltime_is_null_time(at) || at.year > 2075) break;
      found++;
    }
    icalrecur_iterator_free(dates);
  }
  printf("%f\n", (double)found / (now() - start));
  return 0;
}
