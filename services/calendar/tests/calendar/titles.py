"""Prints the titles of a calendar's events as a list."""

import json
import sys

import icalendar

with open(sys.argv[1], "rb") as file:
    calendar = icalendar.Calendar.from_ical(file.read())
print(json.dumps([str(event.get("SUMMARY", "")) for event in calendar.walk("VEVENT")]))
