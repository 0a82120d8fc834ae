// sandbox: the simulated provider by itself, and triggers by which one that runs is steered from outside.

import { readFileSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import { readSandboxConfig } from "../config.js";
import { type Answer, answering, Refused } from "./answer.js";

interface Target {
  url?: string;
}

export function addSandbox(program: Command): void {
  const sandbox = program.command("sandbox").description("the simulated provider");
  sandbox
    .command("start", { isDefault: true })
    .description("run it by itself, until SIGTERM or SIGINT")
    .action(async () => {
      await import("../sandbox/main.js");
    });
  const trigger = sandbox.command("trigger").description("make a running sandbox do something now");
  const add = (name: string, description: string) =>
    trigger
      .command(name)
      .description(description)
      .option("--url <url>", "the sandbox; http://127.0.0.1:SANDBOX_PORT unless told");

  add("payout <id> <status>", "set a payout's outcome; the id is the transaction's, or a reference of it").action(
    answering((id: string, status: string, target: Target) =>
      post(target, `transactions/${encodeURIComponent(id)}/status`, { status: status.toUpperCase() }),
    ),
  );
  add("customer <id> <status>", "set the outcome of a customer's review")
    .option("--comment <text>", "why, as the reviewer says it")
    .action(
      answering((id: string, status: string, { comment, ...target }: Target & { comment?: string }) =>
        post(target, `customers/${encodeURIComponent(id)}/status`, { status: status.toUpperCase(), comment }),
      ),
    );
  add("webhook", "sign and send any webhook")
    .argument("<json>", "its body, or @FILE", toJson)
    .addOption(new Option("--to <url>", "which of the two URLs").choices(["payout", "collection"]).default("payout"))
    .action(
      answering((json: string, { to, ...target }: Target & { to: string }) =>
        send(target, "webhooks", `{"target":"${to}","body":${json}}`),
      ),
    );
  add("clock", "let time pass: reviews, steps of payouts and deliveries that are due by then happen now")
    .argument("<seconds>", "how much of it", toSeconds)
    .action(answering((seconds: number, target: Target) => post(target, "clock", { seconds })));
  add(
    "fault <route> <kind>",
    'fail the next requests of a route, such as "POST /payout": answer, reset, hang, delay, cut, endless or alter',
  )
    .option("--status <number>", "of the answer, 500 unless told")
    .option("--body <json>", "of the answer", toJson)
    .option("--patch <json>", "for alter: a JSON Merge Patch of the answer", toJson)
    .option("--containing <text>", "only requests in whose body one value is this text")
    .option("--times <number>", "how many requests it hits, 1 unless told")
    .option("--delay-ms <number>", "for delay")
    .addOption(new Option("--when <moment>", "the request is worked on").choices(["before", "after"]))
    .action(
      answering(
        (route: string, kind: string, { url, body, patch, delayMs, ...fault }: Target & Record<string, string>) =>
          post({ ...(url ? { url } : {}) }, "faults", {
            route,
            kind,
            ...fault,
            ...(body === undefined ? {} : { body: JSON.parse(body) }),
            ...(patch === undefined ? {} : { patch: JSON.parse(patch) }),
            ...(delayMs === undefined ? {} : { delay_ms: delayMs }),
          }),
      ),
    );
  add("no-faults", "take back every fault that was not met yet").action(
    answering((target: Target) => send(target, "faults", null)),
  );
}

function toJson(text: string): string {
  try {
    const json = text.startsWith("@") ? readFileSync(text.slice(1), "utf8") : text;
    JSON.parse(json);
    // As it was written: an amount keeps all of its digits.
    return json;
  } catch {
    throw new InvalidArgumentError("It must be JSON, or @ and a file of it.");
  }
}

function toSeconds(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}

function post(target: Target, path: string, body: unknown): Promise<Answer> {
  return send(target, path, JSON.stringify(body));
}

async function send({ url }: Target, path: string, body: string | null): Promise<Answer> {
  const base = url?.replace(/\/+$/, "") ?? `http://127.0.0.1:${readSandboxConfig().port}`;
  const method = body === null ? "DELETE" : "POST";
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${base}/_sandbox/${path}`, body === null ? { method } : { method, headers, body }).catch(
    () => {
      throw new Refused(`No sandbox answers at ${base}: start one, or name it by --url.`);
    },
  );
  const json = (await answer.json().catch(() => null)) as { message?: string } | null;
  const text = json?.message ?? `The answer was ${answer.status}.`;
  return { text, json: json ?? { message: text }, isFault: !answer.ok };
}
