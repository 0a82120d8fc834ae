// A database of its own on a PostgreSQL server, and a Redis: what they were asked to do, and what it cost them.

import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import pg from "pg";
import { cpuMsOf } from "../machine/process-usage.js";

export interface ServiceUrls {
  postgres: string;
  redis: string;
}

/** Since the services were opened. */
export interface Spent {
  transactions: number;
  walBytes: number;
  /** Of all PostgreSQL processes on this machine. */
  postgresCpuMs: number;
  redisCommands: number;
  redisCpuMs: number;
}

export interface SharedServices {
  /** What the gateway is started with. */
  environment: Record<string, string>;
  /** Waits until PostgreSQL has counted what has ended. */
  spent(): Promise<Spent>;
  connections(): Promise<number>;
  close(): Promise<void>;
}

// An idle connection of PostgreSQL hands in what it counted after ten seconds.
export const countedAfterMs = 11_000;

export async function openSharedServices({ postgres, redis: redisUrl }: ServiceUrls): Promise<SharedServices> {
  const name = `payout_gateway_bench_${randomBytes(6).toString("hex")}`;
  const server = new pg.Client({ connectionString: postgres });
  await server.connect();
  await server.query(`create database ${name}`);
  const redis = new Redis(redisUrl);
  const one = async <T>(query: string): Promise<T> => Object.values((await server.query(query)).rows[0])[0] as T;
  const startLsn = await one<string>("select pg_current_wal_lsn()::text");
  const url = new URL(postgres);
  url.pathname = name;
  return {
    environment: { DATABASE_URL: url.href, REDIS_URL: redisUrl },
    spent: async () => {
      await sleep(countedAfterMs);
      const info = await redis.info();
      return {
        transactions: Number(await one(`select xact_commit from pg_stat_database where datname = '${name}'`)),
        walBytes: Number(await one(`select pg_current_wal_lsn() - '${startLsn}'::pg_lsn`)),
        postgresCpuMs: postgresCpuMs(),
        redisCommands: numberIn(info, "total_commands_processed"),
        redisCpuMs: (numberIn(info, "used_cpu_sys") + numberIn(info, "used_cpu_user")) * 1000,
      };
    },
    connections: async () =>
      Number(await one(`select count(*) from pg_stat_activity where datname = '${name}' and pid <> pg_backend_pid()`)),
    close: async () => {
      redis.disconnect();
      await server.query(`drop database ${name} with (force)`);
      await server.end();
    },
  };
}

function numberIn(info: string, name: string): number {
  return Number(new RegExp(`^${name}:([\\d.]+)`, "m").exec(info)?.[1]);
}

/** Where PostgreSQL runs elsewhere, this counts nothing. */
function postgresCpuMs(): number {
  let sum = 0;
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      if (readFileSync(`/proc/${entry}/comm`, "utf8").trim() === "postgres") sum += cpuMsOf(Number(entry));
    } catch {
      // It has ended meanwhile.
    }
  }
  return sum;
}
