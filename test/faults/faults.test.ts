// A slice of `npm run faults`, with new seeds each time: what fails here fails again with the seed that is printed.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const schedules = 25;
const longestMs = 600_000;

test(
  "kills, lost answers and broken webhooks at random leave no promise broken",
  async () => {
    const script = join(process.cwd(), "test/faults/run.js");
    const driver = spawn(process.execPath, [script, "--schedules", String(schedules), "--parallel", "3"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [driver.stdout, driver.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    }
    const [exitCode] = await once(driver, "close");
    console.log(output);
    expect({ exitCode, output }).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining("Every promise was kept."),
    });
    const played = [...output.matchAll(/(\d+) with \d node/g)].reduce((sum, [, count]) => sum + Number(count), 0);
    expect(played).toBe(schedules);
  },
  longestMs,
);
