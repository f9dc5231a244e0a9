"""How many dates dateutil finds in a second for the RRULE given."""

import sys
import time
from datetime import datetime
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

ZONE = ZoneInfo("Asia/Shanghai")
END = datetime(2075, 12, 31, 23, tzinfo=ZONE)
rule = rrulestr(sys.argv[1], dtstart=datetime(2026, 1, 1, tzinfo=ZONE))
found, start = 0, time.perf_counter()
while time.perf_counter() - start < 0.2:
    for at in rule:
        if at > END:
            break
        found += 1
print(found / (time.perf_counter() - start))
