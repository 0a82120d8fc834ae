import type { AuthConfig } from "../../config.js";
import { messageOf } from "../answer.js";
import { type Finding, fault, note, ok } from "./finding.js";

const check = "sign-in";
const patienceMs = 5_000;

export async function checkSignIn({ tokens, isDisabled }: AuthConfig): Promise<Finding> {
  if (isDisabled) return note(check, "AUTH_DISABLED: everyone is the operator.");
  if (tokens === null) return ok(check, "API keys alone are taken.");
  const remedy = "Correct AUTH_JWKS_URL, or let this machine reach it: without it no token is taken.";
  try {
    const answer = await fetch(tokens.jwksUrl, { signal: AbortSignal.timeout(patienceMs) });
    const { keys } = (await answer.json()) as { keys?: unknown[] };
    if (!answer.ok || !Array.isArray(keys) || keys.length === 0) throw new Error("there is no key in the answer");
    return ok(check, `The issuer has ${keys.length} keys.`);
  } catch (error) {
    return fault(check, `The issuer's keys cannot be read: ${messageOf(error)}.`, remedy);
  }
}
