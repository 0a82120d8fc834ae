// A gateway with the simulated provider behind it, on a database of its own that holds the sample data.

import { randomBytes } from "node:crypto";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "../machine/free-port.js";
import { type Filling, fillDatabase } from "../sample/fill-database.js";
import { startWorker, type Worker } from "../workers/worker.js";
import { type GatewayProcess, startGatewayProcess } from "./gateway-process.js";
import { type Caller, gatewayEnvironment } from "./gateway-settings.js";
import type { ProviderOptions } from "./provider.js";
import type { Template } from "./template.js";

export interface MeasuredGateway extends GatewayProcess {
  readonly directory: string;
  readonly databaseFile: string;
  readonly signingSecret: string;
  readonly partner: Caller;
  readonly operator: Caller;
  readonly provider: Worker;
  readonly providerAccount: { url: string; apiKey: string };
  /** Calls that reached the provider since the last question, and for what. */
  takeProviderCalls(): Promise<[call: string, times: number][]>;
}

export interface GatewayOptions {
  /** Without it the database is empty. */
  filling?: Filling;
  provider?: Partial<ProviderOptions>;
  /** Another database than a file of its own, and who may call there. */
  elsewhere?: { environment: Record<string, string>; partner: Caller };
}

export interface GatewayFolders {
  directory: string;
  template: Template;
  profileDirectory: string | null;
}

const never = 86_400_000;

export async function startMeasuredGateway(
  { directory: parent, template, profileDirectory }: GatewayFolders,
  { filling, provider: providerOptions, elsewhere }: GatewayOptions,
): Promise<MeasuredGateway> {
  const directory = await mkdtemp(join(parent, "gateway-"));
  const databaseFile = join(directory, "gateway.db");
  await copyFile(template.file, databaseFile);
  if (filling) fillDatabase(databaseFile, filling);
  const port = await freePort();
  const apiKey = secret();
  const signingSecret = secret();
  const provider = await startWorker("gateway/provider");
  const options: ProviderOptions = {
    webhookUrl: `http://127.0.0.1:${port}/webhooks`,
    apiKey,
    signingSecret,
    reviewDelayMs: 0,
    payoutStepDelayMs: never,
    ...providerOptions,
  };
  const providerUrl = await provider.call<string>("start", options);
  const environment = {
    ...gatewayEnvironment,
    DATABASE_URL: `sqlite:${databaseFile}`,
    PROVIDER_URL: providerUrl,
    PROVIDER_API_KEY: apiKey,
    WEBHOOK_SIGNING_SECRET: signingSecret,
    ...elsewhere?.environment,
  };
  const profiling = profileDirectory === null ? [] : ["--cpu-prof", `--cpu-prof-dir=${profileDirectory}`];
  const gateway = await startGatewayProcess(environment, { port, nodeArgs: profiling });
  return {
    ...gateway,
    directory,
    databaseFile,
    signingSecret,
    partner: elsewhere?.partner ?? template.partner,
    operator: template.operator,
    provider,
    providerAccount: { url: providerUrl, apiKey },
    takeProviderCalls: () => provider.call("takeCalls"),
    stop: async (patienceMs) => {
      await gateway.stop(patienceMs);
      await provider.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function secret(): string {
  return randomBytes(20).toString("hex");
}
