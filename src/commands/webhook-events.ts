// npm run webhook-events -- parked | retry [ID …]: the operator's way to parked events without a client. A running
// gateway takes up what is put back within a second.

import { readConfig } from "../config.js";
import { ParkedEvents } from "../webhooks/parked-events.js";
import { withDatabase } from "./record-command.js";

const usage = "Usage: webhook-events parked | retry [ID …]   (retry without an ID: all that are parked)";
const most = 100;

const [command, ...ids] = process.argv.slice(2);
await withDatabase(readConfig().databaseUrl, async (database, record) => {
  const events = new ParkedEvents(database, () => {});
  if (command === "parked") {
    for (const { id, type, subject, reason, receivedAt } of await events.list(most)) {
      console.log([id, receivedAt.toISOString(), type || "(unreadable)", subject ?? "-", reason ?? "-"].join("\t"));
    }
  } else if (command === "retry") {
    const retried = await record(
      { action: "retryWebhookEvents" },
      () => events.retry(ids.length > 0 ? ids : null),
      (put) => ({ outcome: "DONE", detail: { ids: put } }),
    );
    console.log(retried.length > 0 ? `Put back: ${retried.join(", ")}` : "Nothing was parked.");
  } else {
    console.error(usage);
    process.exitCode = 2;
  }
});
