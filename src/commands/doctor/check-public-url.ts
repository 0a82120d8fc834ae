// As far as it can be seen from this machine: a name that is only known inside would pass.

import { isLoopback } from "../../provider-account.js";
import { messageOf } from "../answer.js";
import { type Finding, fault, ok } from "./finding.js";

const check = "public-url";
const patienceMs = 5_000;

export async function checkPublicUrl(publicUrl: string, providerUrl: string): Promise<Finding> {
  const { protocol } = new URL(publicUrl);
  if (!isLoopback(providerUrl) && (isLoopback(publicUrl) || protocol !== "https:")) {
    const remedy = "Set PUBLIC_URL to the https address by which the internet reaches /webhooks.";
    return fault(check, `The provider cannot send webhooks to ${publicUrl}: it needs https and a public name.`, remedy);
  }
  const url = `${publicUrl}/webhooks`;
  try {
    const answer = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(patienceMs) });
    const body: unknown = await answer.json().catch(() => null);
    // What the gateway, and hardly anything else, says to a GET of it.
    if (answer.status === 405 && JSON.stringify(body) === '{"received":false}')
      return ok(check, `${url} is a gateway.`);
    const remedy = "Have the proxy pass POST /webhooks on to HOST and PORT, or correct PUBLIC_URL.";
    return fault(check, `Something else than a gateway answers at ${url} (HTTP ${answer.status}).`, remedy);
  } catch (error) {
    const remedy = "Start the gateway, open the way to it, or correct PUBLIC_URL.";
    return fault(check, `Nothing answers at ${url}: ${messageOf(error)}.`, remedy);
  }
}
