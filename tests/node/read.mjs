// Reads {"texts": [calendar text, …]} as Thunderbird would, one after the other, and prints for each what it tells:
// [{"uid", "whole", "dates": [[original start, start, end], …]}, …], instants in seconds. `whole` is false for an
// event that is one date of a series which is not in the text. Zones come from each calendar's own VTIMEZONEs only.
import { readFileSync } from "node:fs";
import ICAL from "ical.js";

const LIMIT = 5000;

function read(text) {
  const calendar = new ICAL.Component(ICAL.parse(text));
  ICAL.TimezoneService.reset();
  for (const zone of calendar.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(zone);
  const components = calendar.getAllSubcomponents("vevent");
  const masters = components.filter((one) => !one.hasProperty("recurrence-id"));
  const uids = new Set(masters.map((one) => one.getFirstPropertyValue("uid")));
  const parts = new Map();
  for (const one of components.filter((one) => one.hasProperty("recurrence-id"))) {
    const uid = one.getFirstPropertyValue("uid");
    parts.set(uid, [...(parts.get(uid) ?? []), one]);
  }
  const told = masters.map((one) => {
    const exceptions = parts.get(one.getFirstPropertyValue("uid")) ?? [];
    const event = new ICAL.Event(one, { strictExceptions: true, exceptions });
    return { uid: event.uid, whole: true, dates: dates(event) };
  });
  for (const [uid, moved] of parts) {
    if (!uids.has(uid)) told.push({ uid, whole: false, dates: moved.map((one) => span(new ICAL.Event(one))) });
  }
  return told;
}

function span(event) {
  const original = event.recurrenceId ?? event.startDate;
  return [original, event.startDate, event.endDate].map((time) => time.toUnixTime());
}

function dates(event) {
  if (!event.isRecurring()) return [span(event)];
  const found = [];
  const all = event.iterator();
  for (let next = all.next(); next && found.length < LIMIT; next = all.next()) {
    const { startDate, endDate } = event.getOccurrenceDetails(next);
    found.push([next, startDate, endDate].map((time) => time.toUnixTime()));
  }
  return found;
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).texts.map(read)));
