// Reads {"text", "from", "until"} (calendar text, and two UTC instants in seconds) as Thunderbird would, and prints
// its events: [{"uid", "sequence", "status", "summary", "occurrences": [["2026-06-03T14:30:00Z", "…"], …]}, …].
// Zones come from the calendar's own VTIMEZONEs only.
import { readFileSync } from "node:fs";
import ICAL from "ical.js";

const { text, from, until } = JSON.parse(readFileSync(0, "utf8"));
const LIMIT = 5000;

const calendar = new ICAL.Component(ICAL.parse(text));
ICAL.TimezoneService.reset();
for (const zone of calendar.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(zone);

const instant = (time) => new Date(time.toUnixTime() * 1000).toISOString().replace(".000Z", "Z");

function occurrences(event) {
  const inside = (start, end) => end.toUnixTime() > from && start.toUnixTime() < until;
  if (!event.isRecurring()) {
    return inside(event.startDate, event.endDate) ? [[instant(event.startDate), instant(event.endDate)]] : [];
  }
  const found = [];
  const dates = event.iterator();
  for (let next = dates.next(), count = 0; next && next.toUnixTime() < until && count < LIMIT; next = dates.next()) {
    const { startDate, endDate } = event.getOccurrenceDetails(next);
    if (inside(startDate, endDate)) found.push([instant(startDate), instant(endDate)]);
    count += 1;
  }
  return found;
}

const components = calendar.getAllSubcomponents("vevent");
const exceptions = components.filter((one) => one.hasProperty("recurrence-id"));
const events = components
  .filter((one) => !one.hasProperty("recurrence-id"))
  .map((one) => {
    const uid = one.getFirstPropertyValue("uid");
    const own = exceptions.filter((other) => other.getFirstPropertyValue("uid") === uid);
    const event = new ICAL.Event(one, { strictExceptions: true, exceptions: own });
    return {
      uid: event.uid,
      sequence: event.sequence ?? 0,
      status: one.getFirstPropertyValue("status"),
      summary: event.summary,
      occurrences: occurrences(event),
    };
  });
process.stdout.write(JSON.stringify(events));
