"""Expands a feed as calendar programs do: prints start, end, title and place of each occurrence."""

import datetime
import json
import sys

import icalendar
import recurring_ical_events

UTC = datetime.timezone.utc


def told(when):
    if isinstance(when, datetime.datetime):
        return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return when.isoformat()


with open(sys.argv[1], "rb") as file:
    calendar = icalendar.Calendar.from_ical(file.read())
first, end = (datetime.date.fromisoformat(text) for text in sys.argv[2:4])
found = [
    [told(event["DTSTART"].dt), told(event["DTEND"].dt), str(event["SUMMARY"]),
     str(event.get("LOCATION", "")), str(event["STATUS"])]
    for event in recurring_ical_events.of(calendar).between(first, end)
]
print(json.dumps(sorted(found)))
