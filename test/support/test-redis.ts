// A real Redis for a test: connections and keys of its own, gone afterwards, and a line to it that can be cut or held.

import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect as connectSocket, createServer, type Server, type Socket } from "node:net";
import { Redis } from "ioredis";

const redisUrl = process.env.REDIS_TEST_URL || "redis://127.0.0.1:6379";

/** `describe`, or `describe.skip` with the reason printed. With REQUIRE_SERVICES=1 a missing Redis is a failure. */
export async function describeWithRedis(): Promise<typeof describe | typeof describe.skip> {
  const redis = new Redis(redisUrl, { lazyConnect: true, connectTimeout: 2_000, retryStrategy: () => null });
  redis.on("error", () => {});
  try {
    await redis.connect();
    await redis.ping();
    return describe;
  } catch (error) {
    if (process.env.REQUIRE_SERVICES === "1") throw error;
    process.stderr.write(`Skipped: no Redis at REDIS_TEST_URL or 127.0.0.1:6379 (${(error as Error).message}).\n`);
    return describe.skip;
  } finally {
    redis.disconnect();
  }
}

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

export function closeAfterTest(close: () => unknown): void {
  closers.push(close);
}

/** Also with an address of a line to Redis. */
export function openRedis(url = redisUrl): Redis {
  const redis = new Redis(url, { retryStrategy: () => 50 });
  closers.push(() => redis.disconnect());
  return redis;
}

/** A prefix whose keys are deleted after the test. */
export function keyPrefix(): string {
  const prefix = `test-${randomUUID()}`;
  closers.push(async () => {
    const redis = new Redis(redisUrl);
    const keys = await redis.keys(`*${prefix}*`);
    if (keys.length > 0) await redis.del(...keys);
    redis.disconnect();
  });
  return prefix;
}

export class RedisLine {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;
  #isHeld = false;

  constructor() {
    const { hostname, port } = new URL(redisUrl);
    this.#server = createServer((near) => {
      if (this.#isCut) return near.destroy();
      const far = connectSocket(Number(port || 6379), hostname);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from.pipe(to);
        from.on("error", () => {});
        from.on("close", () => {
          this.#sockets.delete(from);
          to.destroy();
        });
        if (this.#isHeld) from.pause();
      }
      return near;
    });
  }

  async start(): Promise<this> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    closers.push(() => this.#stop());
    return this;
  }

  get url(): string {
    const url = new URL(redisUrl);
    url.hostname = "127.0.0.1";
    url.port = String((this.#server.address() as AddressInfo).port);
    return url.href;
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  /** Connected, but nothing comes through any more. */
  hold(): void {
    this.#isHeld = true;
    for (const socket of this.#sockets) {
      socket.unpipe();
      socket.pause();
    }
  }

  /** New connections work. Those from before stay silent, as behind a router that has forgotten them. */
  letNewThrough(): void {
    this.#isHeld = false;
  }

  async #stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export async function startRedisLine(): Promise<RedisLine> {
  return new RedisLine().start();
}

/** Asks until it is so: for what no event tells. */
export async function until(isSo: () => Promise<boolean> | boolean, withinMs = 8_000): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > deadlineMs) throw new Error("It never came to be.");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
