// A new database for each schedule, what can go wrong with it, and for two nodes a part of Redis.

import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { DatabaseLine } from "./database-line.js";
import type { DatabaseTrouble } from "./disturbances.js";
import type { NodeProcess } from "./node-pool.js";
import type { Plan } from "./plan.js";
import { driverName, openPostgresState, openSqliteState, type StateReader } from "./stored-state.js";

const postgresUrl = process.env.POSTGRES_TEST_URL || "postgres://postgres@127.0.0.1:5432/test";
const redisUrl = process.env.REDIS_TEST_URL || "redis://127.0.0.1:6379";

/** Where the nodes of one schedule keep what they share. */
export interface Store {
  environment: Record<string, string>;
  state: StateReader;
  logFile: (node: number) => string;
  /** Makes the database fail for a while. */
  trouble(trouble: DatabaseTrouble, nodes: () => NodeProcess[]): Promise<void>;
  /** Ends whatever is wrong with it. */
  mend(nodes: () => NodeProcess[]): Promise<void>;
}

/** Why PostgreSQL and Redis cannot be used here; null where they can. */
export async function reasonAgainstServices(): Promise<string | null> {
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

// Of each node, and what the driver and others need.
const connectionsOfNode = 10;
const otherConnections = 20;

/** How many schedules with two nodes each the server can take at once. */
export async function postgresPlaces(): Promise<number> {
  let most = 0;
  await administer(async (client) => {
    const { rows } = await client.query<{ max_connections: string }>("show max_connections");
    most = Number(rows[0]?.max_connections);
  });
  return Math.max(1, Math.floor((most - otherConnections) / (2 * connectionsOfNode)));
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
  folderOf({ seed, nodes, store }: Plan): string {
    return join(this.#directory, `seed-${seed}-${store}-${nodes}`);
  }

  async create(plan: Plan): Promise<{ store: Store; drop(): Promise<void> }> {
    const folder = this.folderOf(plan);
    await mkdir(folder, { recursive: true });
    const logFile = (node: number) => join(folder, `node-${node}.log`);
    return plan.store === "sqlite" ? sqliteStore(join(folder, "gateway.db"), logFile) : postgresStore(plan, logFile);
  }

  /** What passed is of no interest any more. */
  async forget(plan: Plan): Promise<void> {
    await rm(this.folderOf(plan), { recursive: true, force: true });
  }

  async close(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }
}

function sqliteStore(path: string, logFile: Store["logFile"]): { store: Store; drop(): Promise<void> } {
  const setDisks = (nodes: NodeProcess[], mode: "whole" | "full" | "fsync fails") => {
    for (const node of nodes) node.setDisk(mode);
  };
  const store: Store = {
    environment: { DATABASE_URL: `sqlite:${path}` },
    state: openSqliteState(path),
    logFile,
    trouble: async (trouble, nodes) => setDisks(nodes(), trouble === "fsync fails" ? trouble : "full"),
    mend: async (nodes) => setDisks(nodes(), "whole"),
  };
  return { store, drop: async () => {} };
}

async function postgresStore(
  { nodes, databaseFaults }: Plan,
  logFile: Store["logFile"],
): Promise<{ store: Store; drop(): Promise<void> }> {
  const name = `faults_${process.pid}_${randomBytes(6).toString("hex")}`;
  await administer((client) => client.query(`create database ${name}`));
  const direct = new URL(postgresUrl);
  direct.pathname = `/${name}`;
  const through = databaseFaults.length > 0 ? await DatabaseLine.to(direct.href) : null;
  const environment: Record<string, string> = { DATABASE_URL: through?.url ?? direct.href };
  // Keys and channels in Redis carry the name of the database's log: schedules do not meet there.
  if (nodes > 1) environment.REDIS_URL = redisUrl;
  const store: Store = {
    environment,
    state: openPostgresState(direct.href),
    logFile,
    trouble: async (trouble) => {
      if (trouble === "database silent") through?.line.fallSilent();
      if (trouble === "database away") through?.line.goAway();
      if (trouble === "database sessions killed") await killSessions(name);
      if (trouble === "database read-only") await setReadOnly(name, true);
    },
    mend: async () => {
      through?.line.mend();
      await setReadOnly(name, false);
    },
  };
  const drop = async () => {
    await through?.line.close();
    await administer((client) => client.query(`drop database if exists ${name} with (force)`));
  };
  return { store, drop };
}

/** As after a failover: the sessions end, and those that follow are on a server that only reads. */
async function setReadOnly(name: string, isReadOnly: boolean): Promise<void> {
  const change = isReadOnly ? "set default_transaction_read_only = on" : "reset default_transaction_read_only";
  await administer((client) => client.query(`alter database ${name} ${change}`));
  if (isReadOnly) await killSessions(name);
}

/** Not the driver's own, which reads what the nodes have written. */
async function killSessions(name: string): Promise<void> {
  await administer((client) =>
    client.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and application_name <> $2",
      [name, driverName],
    ),
  );
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
