// The installed package at work, from a folder that holds nothing else.

import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const withinMs = 60_000;

/** Throws where something does not work; tells each step that does. */
export async function tryPackage({ folder, version, tell }) {
  const program = join(folder, "node_modules/.bin/payout-gateway");
  // Nothing that is set for another gateway: this one must not touch its database. Quick, on free ports.
  const environment = {
    // biome-ignore lint/style/noProcessEnv: a script is no part of the product
    PATH: process.env.PATH,
    PORT: "0",
    SANDBOX_PORT: "0",
    SANDBOX_REVIEW_MS: "50",
    SANDBOX_STEP_MS: "50",
    // Nobody listens there, so that the demo starts a gateway of its own.
    PUBLIC_URL: "http://127.0.0.1:9",
  };
  const options = { cwd: folder, env: environment, timeout: withinMs };
  const run = async (...args) => (await promisify(execFile)(program, args, options)).stdout;

  expect("--version tells the version", (await run("--version")).trim() === version);
  expect("doctor finds nothing wrong", (await run("doctor")).includes("Nothing is wrong."));
  expect("demo plays the main job", (await run("demo")).includes("Every status change came"));
  tell("The main job is done, from an empty folder.");

  // What it is only then loaded for has to be there too; nobody listens.
  const traced = { ...environment, OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" };
  const gateway = spawn(program, ["start"], { ...options, env: traced, stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => gateway.once("close", resolve));
  try {
    await tryServing(await urlOf(gateway, ended));
    expect("start keeps its data in data/", existsSync(join(folder, "data/gateway.db")));
    const backup = join(folder, "node_modules/payout-gateway/ops/backup.js");
    const env = { ...environment, DATABASE_URL: "sqlite:data/gateway.db" };
    await promisify(execFile)(process.execPath, [backup, "backups"], { ...options, env });
  } finally {
    gateway.kill("SIGTERM");
  }
  expect("start ends in order", (await ended) === 0);
  tell("It serves, is backed up, and stops.");
}

async function tryServing(url) {
  const get = async (path) => {
    const response = await fetch(new URL(path, url), { headers: { accept: "text/html,*/*" } });
    expect(`${path} is served`, response.ok);
    return response.text();
  };
  const page = await get("/");
  const assets = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path);
  expect("the dashboard has its script and style", assets.length > 1);
  for (const path of [...assets, "/graphiql", "/readyz", "/metrics"]) await get(path);
}

/** Where it listens, once it says so. */
function urlOf(gateway, ended) {
  return new Promise((resolve, reject) => {
    let output = "";
    gateway.stdout.setEncoding("utf8").on("data", (text) => {
      output += text;
      const [, url] = /GraphQL API\s+(http\S+)\/graphql/.exec(output) ?? [];
      if (url) resolve(url);
    });
    void ended.then(() => reject(new Error(`The gateway ended as it started: ${output}`)));
  });
}

function expect(fact, isSo) {
  if (!isSo) throw new Error(`The installed package fails: ${fact}.`);
}
