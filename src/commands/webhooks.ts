// webhooks register | show | rotate | replay: the registration at the provider, and parked | retry: what came and could
// not be applied. A running gateway takes up what is put back within a second.

import type { Command } from "commander";
import type { ParkedWebhookEvent } from "../schema/webhook-event.type.js";
import { ParkedEvents } from "../webhooks/parked-events.js";
import { type Answer, answering, toTable } from "./answer.js";
import { withDatabase } from "./record-command.js";
import type { RegisterOptions } from "./webhook-registration.js";

const most = 100;
const secretFileOption = [
  "--secret-file <path>",
  "keep the secret there, for its owner alone; WEBHOOK_SIGNING_SECRET_FILE unless told",
] as const;

export function addWebhooks(program: Command): void {
  const webhooks = program.command("webhooks").description("the registration at the provider, and parked events");
  // Loaded when it is needed: the provider's client is most of what there is to load.
  const registration = () => import("./webhook-registration.js");
  webhooks
    .command("register")
    .description("have the provider send to PUBLIC_URL/webhooks; it shows the signing secret this once")
    .option(...secretFileOption)
    .option("--move", "where it sends to another address now, move it; the secret stays")
    .action(answering(async (options: RegisterOptions) => (await registration()).register(options)));
  webhooks
    .command("show")
    .description("where the provider sends to")
    .action(answering(async () => (await registration()).show()));
  webhooks
    .command("rotate")
    .description("register anew for a new signing secret; the former one stays in the file beside it")
    .option(...secretFileOption)
    .action(answering(async (options: RegisterOptions) => (await registration()).rotate(options)));
  webhooks
    .command("replay <id>")
    .description("have the provider send a payout's webhook once more; the id is the payout's or its transaction's")
    .action(answering(async (id: string) => (await registration()).replay(id)));
  webhooks
    .command("parked")
    .description(`events that could not be applied, the newest ${most}`)
    .action(answering(() => listed((events) => events.list(most))));
  webhooks
    .command("contradictions")
    .description(`events that report another end of a payout than its look-up, the newest ${most}`)
    .action(answering(() => listed((events) => events.contradictions(most))));
  webhooks
    .command("retry [ids...]")
    .description("have parked events applied again; without an id all of them")
    .action(answering(retry));
}

function listed(read: (events: ParkedEvents) => Promise<ParkedWebhookEvent[]>): Promise<Answer> {
  return withDatabase(async (database) => {
    const events = await read(new ParkedEvents(database, () => {}));
    const rows = events.map(({ id, receivedAt, type, subject, reason }) => {
      return [id, receivedAt.toISOString(), type || "(unreadable)", subject, reason];
    });
    // No heading: it is read by scripts since before there was --json.
    const [first, ...rest] = rows;
    return {
      text: first
        ? toTable(
            first.map((cell) => cell ?? "-"),
            rest,
          )
        : "",
      json: events,
    };
  });
}

function retry(ids: string[]): Promise<Answer> {
  return withDatabase(async (database, record) => {
    const retried = await record(
      { action: "retryWebhookEvents" },
      () => new ParkedEvents(database, () => {}).retry(ids.length > 0 ? ids : null),
      (put) => ({ outcome: "DONE", detail: { ids: put } }),
    );
    const text = retried.length > 0 ? `Put back: ${retried.join(", ")}` : "Nothing was parked.";
    return { text, json: { putBack: retried } };
  });
}
