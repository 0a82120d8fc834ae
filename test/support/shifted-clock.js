// Loaded into a process by `node --import`: its wall clock differs from the machine's. How far, in milliseconds, is in the
// variable TEST_CLOCK_OFFSET_MS at the start, and from then on in the file of TEST_CLOCK_OFFSET_FILE, read at each SIGUSR2;
// a parent with an IPC channel can also send { clockOffsetMs }. The monotonic clock stays as it is, as on a real machine.

import { readFileSync } from "node:fs";

const { TEST_CLOCK_OFFSET_MS = "0", TEST_CLOCK_OFFSET_FILE: file } = process.env;
let offsetMs = Number(TEST_CLOCK_OFFSET_MS);
const readNow = Date.now;

class ShiftedDate extends Date {
  constructor(...given) {
    if (given.length === 0) super(readNow() + offsetMs);
    else super(...given);
  }

  static now() {
    return readNow() + offsetMs;
  }
}

globalThis.Date = new Proxy(ShiftedDate, {
  // Called without `new` it is a text of now, whatever it is given.
  apply: () => new ShiftedDate().toString(),
});
Object.defineProperty(ShiftedDate, "name", { value: "Date" });

function read() {
  offsetMs = Number(readFileSync(file, "utf8"));
}

if (file) {
  try {
    read();
  } catch {
    // There is none before the first step.
  }
  process.on("SIGUSR2", read);
}
process.on("message", (message) => {
  if (typeof message?.clockOffsetMs === "number") offsetMs = message.clockOffsetMs;
});
if (process.channel) process.channel.unref();
