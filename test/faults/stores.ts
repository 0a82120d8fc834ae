// A new database for each schedule, and for two nodes a part of Redis.

import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { Plan } from "./plan.js";
import type { Store } from "./play-schedule.js";
import { openPostgresState, openSqliteState } from "./stored-state.js";

const postgresUrl = process.env.POSTGRES_TEST_URL || "postgres://postgres@127.0.0.1:5432/test";
const redisUrl = process.env.REDIS_TEST_URL || "redis://127.0.0.1:6379";

/** Why two nodes cannot be tried here; null where they can. */
export async function reasonAgainstTwoNodes(): Promise<string | null> {
  try {
    await administer(async () => {});
  } catch (error) {
    return `PostgreSQL cannot be reached (${reasonOf(error)}); set POSTGRES_TEST_URL to where it is`;
  }
  const { hostname, port } = new URL(redisUrl);
  return new Promise((resolve) => {
    const socket = connect(Number(port || 6379), hostname, () => {
      socket.destroy();
      resolve(null);
    });
    socket.setTimeout(3_000, () => socket.destroy(new Error("no answer")));
    socket.on("error", (error) => {
      resolve(`Redis cannot be reached (${reasonOf(error)}); set REDIS_TEST_URL to where it is`);
    });
  });
}

export class Stores {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async open(): Promise<Stores> {
    return new Stores(await mkdtemp(join(tmpdir(), "payout-gateway-schedules-")));
  }

  /** The folder of a schedule keeps the logs of its nodes. */
  folderOf({ seed, nodes }: Plan): string {
    return join(this.#directory, `seed-${seed}-nodes-${nodes}`);
  }

  async create(plan: Plan): Promise<{ store: Store; drop(): Promise<void> }> {
    const folder = this.folderOf(plan);
    await mkdir(folder, { recursive: true });
    const logFile = (node: number) => join(folder, `node-${node}.log`);
    if (plan.nodes === 1) {
      const path = join(folder, "gateway.db");
      const store = { environment: { DATABASE_URL: `sqlite:${path}` }, state: openSqliteState(path), logFile };
      return { store, drop: async () => {} };
    }
    const name = `faults_${process.pid}_${randomBytes(6).toString("hex")}`;
    await administer((client) => client.query(`create database ${name}`));
    const url = new URL(postgresUrl);
    url.pathname = `/${name}`;
    // Keys and channels in Redis carry the name of the database's log: schedules do not meet there.
    const environment = { DATABASE_URL: url.href, REDIS_URL: redisUrl };
    return {
      store: { environment, state: openPostgresState(url.href), logFile },
      drop: () => administer((client) => client.query(`drop database if exists ${name} with (force)`)).then(() => {}),
    };
  }

  /** What passed is of no interest any more. */
  async forget(plan: Plan): Promise<void> {
    await rm(this.folderOf(plan), { recursive: true, force: true });
  }

  async close(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }
}

async function administer(work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: postgresUrl, connectionTimeoutMillis: 3_000 });
  client.on("error", () => {});
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as Error & { code?: string };
  return code ?? message;
}
