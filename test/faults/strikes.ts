// Which faults have hit which payment or customer: what a key may be answered depends on what the provider told.

import type { Sandbox, SandboxFault, SandboxTransaction, StruckRequest } from "../../src/sandbox/sandbox.js";
import type { History } from "./history.js";
import type { Plan } from "./plan.js";
import type { ProviderFault } from "./provider-faults.js";

export interface Strikes {
  /** Keys whose payment the provider accepted, and denied in its own words: a later report has to put that right. */
  denied: ReadonlySet<string>;
  /** Keys that the provider rejected in its own words, truly or not. */
  rejected: ReadonlySet<string>;
  /** Keys of which a response or a webhook told something false. */
  lied: ReadonlySet<string>;
}

export function keyOfNote(note: string): string {
  return note.split(" ")[0] ?? "";
}

export function readStrikes(
  plan: Plan,
  provider: Sandbox,
  planned: ReadonlyMap<SandboxFault, ProviderFault>,
  history: History,
): Strikes {
  const denied = new Set<string>();
  const rejected = new Set<string>();
  const lied = new Set<string>();
  const sendings = new Map<string, number>();
  const books = provider.transactions();
  for (const struck of provider.struck()) {
    const fault = planned.get(struck.fault);
    if (!fault) continue;
    countStrike(history, fault, struck);
    const key = keyOf(struck, plan, books);
    if (key === null) continue;
    const isSending = struck.method === "POST";
    if (isSending) count(history, sendings, key);
    if (fault.isLie) lied.add(key);
    if (isRejection(fault)) rejected.add(key);
    if (isSending ? isDeniedAfter(fault, struck.fault) : isFalse404(fault)) denied.add(key);
  }
  for (const rawBody of history.lies) {
    const id = (JSON.parse(rawBody) as { transaction_id?: string }).transaction_id;
    const booked = books.find((record) => record.id === id);
    if (booked) lied.add(keyOfNote(booked.note));
  }
  return { denied, rejected, lied };
}

function countStrike(history: History, { name, answer }: ProviderFault, { fault }: StruckRequest): void {
  if (!answer) {
    history.count(name);
    return;
  }
  history.count(`status ${answer.status}`);
  history.count(`body: ${answer.body}`);
  history.count(`response ${"when" in fault ? fault.when : "before"} acceptance`);
}

function count(history: History, sendings: Map<string, number>, key: string): void {
  const nth = (sendings.get(key) ?? 0) + 1;
  sendings.set(key, nth);
  history.count(nth === 1 ? "first sending struck" : "later sending struck");
}

function keyOf({ method, path, body }: StruckRequest, plan: Plan, books: SandboxTransaction[]): string | null {
  const fields = (body ?? {}) as { note?: unknown; email?: unknown };
  const route = `${method} ${path.replace("/api/external", "").split("?")[0]}`;
  if (route === "POST /payout") return keyOfNote(String(fields.note));
  if (route === "POST /customer") return plan.customers.find(({ email }) => email === fields.email)?.key ?? null;
  const handle = /^GET \/transaction\/(.+)$/.exec(route)?.[1];
  const found = books.find(({ id, reference, merchantReference }) =>
    [id, reference, merchantReference].includes(handle ?? ""),
  );
  return found ? keyOfNote(found.note) : null;
}

function isRejection({ answer }: ProviderFault): boolean {
  return answer?.isOwn === true && answer.status >= 400 && answer.status < 500;
}

function isDeniedAfter({ answer }: ProviderFault, fault: SandboxFault): boolean {
  const isDenial = answer?.isOwn === true && !answer.isDuplicate && [400, 422].includes(answer.status);
  return isDenial && "when" in fault && fault.when === "after";
}

function isFalse404({ answer }: ProviderFault): boolean {
  return answer?.isOwn === true && answer.status === 404;
}
