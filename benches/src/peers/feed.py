"""How many events a second Python's icalendar writes."""

import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

ZONE = ZoneInfo("Asia/Shanghai")
TEXT = "每月邻居们坐下来商量身边事，能办的当场定下办法和负责人；办不了的写下来，下次先说进展。带上你家楼道的照片，讲清楚哪里、多久了、谁受影响。"
start = time.perf_counter()
calendar = Calendar()
for n in range(500):
    at = datetime(2026, 1, 1, 8, 30, tzinfo=ZONE) + timedelta(days=n)
    event = Event()
    event.add("uid", f"00000000-0000-0000-0000-000000000009-{at:%Y%m%dT%H%M%S}@linli.example")
    event.add("dtstamp", at)
    event.add("dtstart", at)
    event.add("dtend", at + timedelta(minutes=90))
    event.add("summary", "邻里议事日")
    event.add("description", TEXT)
    event.add("location", "近邻议事厅")
    event.add("categories", ["邻里议事日"])
    calendar.add_component(event)
calendar.to_ical()
print(500 / (time.perf_counter() - start))
