import { RedisWakeUps } from "../src/mirror/redis-wake-ups.js";
import { openRedis as openGatewayRedis } from "../src/provider-account.js";
import {
  closeAfterTest,
  describeWithRedis,
  keyPrefix,
  openRedis,
  type RedisLine,
  startRedisLine,
  until,
} from "./support/test-redis.js";

const withRedis = await describeWithRedis();

/** Nodes of one channel, each with what its listener heard, once all of them are subscribed. */
async function openNodes(count: number, line?: RedisLine) {
  const channel = `${keyPrefix()}:wake-ups`;
  const watcher = openRedis();
  const nodes = Array.from({ length: count }, () => {
    const redis = openRedis(line?.url);
    const wakeUps = new RedisWakeUps({ redis, channel });
    closeAfterTest(() => wakeUps.close());
    return { redis, wakeUps };
  });
  const areListening = () =>
    until(async () => {
      const [, listeners] = (await watcher.pubsub("NUMSUB", channel)) as [string, number];
      return listeners === count && nodes.every(({ redis }) => redis.status === "ready");
    });
  await areListening();
  return { nodes: nodes.map(({ wakeUps }) => listenTo(wakeUps)), areListening };
}

function listenTo(wakeUps: RedisWakeUps) {
  const heard: number[] = [];
  const stop = wakeUps.listen((position) => heard.push(position));
  return { wakeUps, heard, stop };
}

withRedis("wake-ups between nodes", () => {
  test("what one node announces wakes the listeners of all, once each", async () => {
    const { nodes } = await openNodes(3);
    const [a, b, c] = nodes as [(typeof nodes)[0], (typeof nodes)[0], (typeof nodes)[0]];
    a.wakeUps.announce(7);
    await until(() => b.heard.length > 0 && c.heard.length > 0);
    b.wakeUps.announce(8);
    await until(() => a.heard.includes(8) && c.heard.includes(8));
    expect([a.heard, b.heard, c.heard]).toEqual([
      [7, 8],
      [7, 8],
      [7, 8],
    ]);
  });

  test("listeners of the same process do not wait for Redis", async () => {
    const { nodes } = await openNodes(1);
    nodes[0]?.wakeUps.announce(3);
    expect(nodes[0]?.heard).toEqual([3]);
  });

  test("a node whose connections died silently never waits for them, and hears the others again within a minute", async () => {
    const channel = `${keyPrefix()}:wake-ups`;
    const line = await startRedisLine();
    const redis = await openGatewayRedis(line.url);
    redis.on("error", () => {});
    closeAfterTest(() => redis.disconnect());
    const wakeUps = new RedisWakeUps({ redis, channel });
    closeAfterTest(() => wakeUps.close());
    const { heard } = listenTo(wakeUps);
    const other = openRedis();
    const isHeard = async (position: number) => {
      await other.publish(channel, `${position} other`);
      return heard.includes(position);
    };
    await until(() => isHeard(1));
    line.hold();
    line.letNewThrough();
    const startedAt = performance.now();
    await expect(redis.ping()).rejects.toThrow();
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    await until(
      () =>
        redis.ping().then(
          () => true,
          () => false,
        ),
      20_000,
    );
    await until(() => isHeard(2), 30_000);
  }, 60_000);

  test("who stopped listening is not woken", async () => {
    const { nodes } = await openNodes(2);
    nodes[1]?.stop();
    const still = listenTo(nodes[1]?.wakeUps as RedisWakeUps);
    nodes[0]?.wakeUps.announce(5);
    await until(() => still.heard.length > 0);
    expect(nodes[1]?.heard).toEqual([]);
  });

  test("without Redis the process goes on, and the nodes find each other again by themselves", async () => {
    const line = await startRedisLine();
    const { nodes, areListening } = await openNodes(2, line);
    const [a, b] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
    line.cut();
    await until(() => {
      a.wakeUps.announce(1);
      return a.heard.length > 2;
    });
    expect(b.heard).toEqual([]);
    line.mend();
    await areListening();
    // Whoever was deaf for a while is woken, to look for itself.
    await until(() => b.heard.length > 0);
    a.wakeUps.announce(9);
    await until(() => b.heard.includes(9));
  });

  test("a node may start before Redis does", async () => {
    const line = await startRedisLine();
    line.cut();
    const channel = `${keyPrefix()}:wake-ups`;
    const wakeUps = new RedisWakeUps({ redis: openRedis(line.url), channel });
    closeAfterTest(() => wakeUps.close());
    const { heard } = listenTo(wakeUps);
    wakeUps.announce(1);
    expect(heard).toEqual([1]);
    line.mend();
    const publisher = openRedis();
    await until(async () => (await publisher.publish(channel, "2 another-node")) > 0);
    await until(() => heard.includes(2));
  });

  test("words that are no announcement wake nobody", async () => {
    const channel = `${keyPrefix()}:wake-ups`;
    const wakeUps = new RedisWakeUps({ redis: openRedis(), channel });
    closeAfterTest(() => wakeUps.close());
    const publisher = openRedis();
    await until(async () => (await publisher.publish(channel, "hello")) > 0);
    const { heard } = listenTo(wakeUps);
    for (const word of ["", "x y", "-1 node", "1e9 node", "4 node"]) await publisher.publish(channel, word);
    await until(() => heard.length > 0);
    expect(heard).toEqual([4]);
  });
});
