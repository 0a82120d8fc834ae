// The provider behind the naive gateway: the sample data as REST, from memory, in a process of its own.

import { createServer } from "node:http";
import { customers, customersById, payoutsByCustomerId, payoutsById } from "../sample/memory.js";
import { numberOf, sampleCustomer, samplePayout } from "../sample/sample-data.js";
import { serveCalls } from "../workers/serve-calls.js";
import { listen } from "./listen.js";

let calls = 0;
/** What there is beside what is in memory: it is made when it is asked for. */
let population = { customers: 0, payouts: 0 };

function find(url: URL): unknown {
  const [, resource, id = "", nested] = url.pathname.split("/");
  const limit = Number(url.searchParams.get("limit") ?? 20);
  if (resource === "payouts") return payoutsById.get(id) ?? madePayout(numberOf(id));
  if (resource !== "customers") return undefined;
  if (id === "") return customers.slice(0, limit);
  return nested === "payouts"
    ? payoutsByCustomerId.get(id)?.slice(0, limit)
    : (customersById.get(id) ?? madeCustomer(numberOf(id)));
}

function madePayout(number: number) {
  const { customers, payouts } = population;
  return number < payouts ? samplePayout(number, customers) : undefined;
}

function madeCustomer(number: number) {
  return number < population.customers ? sampleCustomer(number) : undefined;
}

serveCalls({
  start: (more?: { customers: number; payouts: number }) => {
    if (more) population = more;
    return listen(
      createServer((request, response) => {
        calls += 1;
        const found = find(new URL(request.url ?? "/", "http://localhost"));
        response.writeHead(found === undefined ? 404 : 200, { "content-type": "application/json" });
        response.end(JSON.stringify(found ?? { message: "Not found" }));
      }),
    );
  },
  /** How many calls came since the last question. */
  takeCalls: () => {
    const taken = calls;
    calls = 0;
    return taken;
  },
});
