// Reads {"text"}: a calendar with one VFREEBUSY; prints its periods as Thunderbird's library reads them:
// [["2026-06-03T14:30:00Z", "2026-06-03T14:45:00Z", "BUSY"], …].
import { readFileSync } from "node:fs";
import ICAL from "ical.js";

const { text } = JSON.parse(readFileSync(0, "utf8"));
const calendar = new ICAL.Component(ICAL.parse(text));
const instant = (time) => new Date(time.toUnixTime() * 1000).toISOString().replace(".000Z", "Z");
const periods = calendar
  .getFirstSubcomponent("vfreebusy")
  .getAllProperties("freebusy")
  .flatMap((line) =>
    line.getValues().map((period) => [instant(period.start), instant(period.getEnd()), line.getParameter("fbtype")]),
  );
process.stdout.write(JSON.stringify(periods));
