// createPayout against the simulated provider: each is written down, sent, answered and logged.

import { startMeasuredGateway } from "../gateway/measured-gateway.js";
import { type LoadRequest, startLoadMaker } from "../load/http-load.js";
import { amountFor, type Measured, measureLoad, medianOf } from "../load/measured-load.js";
import { cpuMsOf } from "../machine/process-usage.js";
import { number } from "../report/format.js";
import type { Section } from "../report/section.js";
import { median } from "../report/statistics.js";
import { createPartnerCustomers, untilVerified } from "./partner-customers.js";
import { ours } from "./reading-contenders.js";
import type { Bench } from "./scenario.js";

const payers = 20;
const walletId = "71d0a9c2-0001-4a6e-b0f1-000000000566";
const mutation = `mutation Pay($input: CreatePayoutInput!) {
  createPayout(input: $input) { payout { id status amount { amount currency } } replayed userErrors { field code message } }
}`;
export const isPaid = '"userErrors":[]';
let keys = 0;

export async function mutations(bench: Bench): Promise<Section> {
  const gateway = await startMeasuredGateway(bench, {});
  const loads = await startLoadMaker();
  const customers = await createPartnerCustomers(gateway, payers, "+pre-verified");
  await untilVerified(gateway, customers);
  const take = (amount: number) => Array.from({ length: amount }, () => paymentOf(customers));
  const plan = { url: `${gateway.url}/graphql`, headers: gateway.partner.headers, expects: isPaid };
  const amount = await amountFor(loads, { ...plan, requests: [] }, bench.secondsOfRound, take);
  await gateway.takeProviderCalls();
  const results: Measured[] = [];
  const providerCpu: number[] = [];
  for (let round = 0; round < bench.rounds; round += 1) {
    const before = cpuMsOf(gateway.provider.pid);
    results.push(await measureLoad(loads, gateway.pid, { ...plan, requests: take(amount), amount }));
    providerCpu.push((cpuMsOf(gateway.provider.pid) - before) / amount);
  }
  const calls = (await gateway.takeProviderCalls()).reduce((sum, [, times]) => sum + times, 0);
  await loads.stop();
  await gateway.stop();
  const { cpuMsPerRequest, perSecond, p50Ms, p99Ms } = medianOf(results);
  const cells = [cpuMsPerRequest, perSecond, p50Ms, p99Ms, median(providerCpu), calls / (bench.rounds * amount)];
  return {
    title: "Mutations",
    text: [
      `\`createPayout\`, 64 at a time, each with a key of its own, for ${payers} verified customers. The provider's later steps are put
off until after the measurement, so that no webhooks mix in. The provider works on the same machine, and the figures hold its time too.`,
    ],
    tables: [
      {
        head: [
          "createPayout",
          "CPU ms/payout",
          "payouts/s",
          "p50 ms",
          "p99 ms",
          "provider's CPU ms",
          "provider calls/payout",
        ],
        rows: [[ours, ...cells.map(number)]],
      },
    ],
    bounds: [],
  };
}

/** A payment that was never asked for. */
export function paymentOf(customers: readonly string[]): LoadRequest {
  keys += 1;
  const input = {
    idempotencyKey: `bench-${keys}`,
    customerId: customers[keys % customers.length],
    walletId,
    sourceCurrency: "NGN",
    amount: { send: "5000.00" },
    destination: { ngnBank: { bankId: "1", accountNumber: "0222500691" } },
    note: `Invoice ${keys}`,
  };
  return { body: JSON.stringify({ query: mutation, variables: { input } }) };
}
