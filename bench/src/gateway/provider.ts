// The simulated provider in a process of its own, so that its work is not counted as the gateway's, and without the
// rate limit of a real account.

import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";
import { serveCalls } from "../workers/serve-calls.js";

export interface ProviderOptions {
  webhookUrl: string;
  apiKey: string;
  signingSecret: string;
  reviewDelayMs: number;
  payoutStepDelayMs: number;
}

/** What the bench uses of the built product's sandbox. */
interface SandboxModule {
  startSandbox(
    options: ProviderOptions & { port: number; stateFile: string; rateLimit: { perMinute: number; perHour: number } },
  ): Promise<{ url: string }>;
}

const unlimited = { perMinute: 1e9, perHour: 1e9 };
const calls = new Map<string, number>();

subscribe("http.server.request.start", (message) => {
  const { method, url } = (message as { request: IncomingMessage }).request;
  const call = `${method} ${url?.split("?")[0]}`;
  calls.set(call, (calls.get(call) ?? 0) + 1);
});

serveCalls({
  start: async (options: ProviderOptions) => {
    const file = new URL("../../../dist/sandbox/sandbox.js", import.meta.url);
    const { startSandbox } = (await import(file.href)) as SandboxModule;
    const { url } = await startSandbox({ ...options, port: 0, stateFile: ":memory:", rateLimit: unlimited });
    return url;
  },
  /** How often each path was called since the last question. */
  takeCalls: () => {
    const taken = [...calls];
    calls.clear();
    return taken;
  },
});
