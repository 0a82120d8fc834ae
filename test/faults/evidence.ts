// All that a schedule left behind, from every side: what the checks compare.

import type { ReceivedRequest, Sandbox, SandboxTransaction } from "../../src/sandbox/sandbox.js";
import { ask } from "./clients.js";
import type { History } from "./history.js";
import type { Plan } from "./plan.js";
import type { StoredState } from "./stored-state.js";
import type { Strikes } from "./strikes.js";

export interface ProviderCustomer {
  id: string;
  email: string;
  status: string;
}

export interface Evidence {
  plan: Plan;
  history: History;
  strikes: Strikes;
  stored: StoredState;
  books: SandboxTransaction[];
  providerCustomers: ProviderCustomer[];
  /** Cursors of the whole log, as a client reads it. */
  log: string[];
  logStart: string;
  /** Wall-clock moments of every request that a node has made. */
  requestsAt: number[];
}

const routes = [
  "POST /oauth/token",
  "POST /payout",
  "POST /transaction",
  "GET /transaction/{id}",
  "POST /customer",
  "GET /customer",
  "GET /customer/{id}",
  "GET /webhook-logs",
  "GET /currency",
];

/** The driver's own questions to the provider are told apart by their sender. */
const nodesAgent = "payout-gateway";

export function requestsOfNodes(provider: Sandbox): ReceivedRequest[] {
  const received = routes.flatMap((route) => provider.received(route));
  return received.filter(({ headers }) => headers["user-agent"] === nodesAgent).sort((a, b) => +a.at - +b.at);
}

/** By e-mail address, the only handle that a lost answer leaves. */
export async function providerCustomersOf(provider: Sandbox, emails: readonly string[]): Promise<ProviderCustomer[]> {
  const found = await Promise.all(
    emails.map(async (email) => {
      const response = await fetch(`${provider.url}/api/external/customer?email=${encodeURIComponent(email)}`, {
        headers: { "x-blaaiz-api-key": provider.apiKey },
      });
      const { data } = (await response.json()) as { data: Record<string, string>[] | { customers: [] } };
      return (Array.isArray(data) ? data : data.customers) as Record<string, string>[];
    }),
  );
  return found.flat().map((row) => ({
    id: String(row.id),
    email: String(row.email),
    status: String(row.verification_status ?? row.status).toUpperCase(),
  }));
}

const pageSize = 100;

export async function readLog(url: string, start: string): Promise<string[]> {
  const cursors: string[] = [];
  for (;;) {
    const { data, errors } = await ask(
      url,
      "query ($after: Cursor, $first: Int) { statusChanges(after: $after, first: $first) { cursor } }",
      { after: cursors.at(-1) ?? start, first: pageSize },
      10_000,
    );
    if (errors) throw new Error(`The log cannot be read: ${JSON.stringify(errors)}`);
    const page = (data.statusChanges as { cursor: string }[]).map(({ cursor }) => cursor);
    cursors.push(...page);
    if (page.length < pageSize) return cursors;
  }
}
