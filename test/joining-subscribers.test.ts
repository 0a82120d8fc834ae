// Subscribers that were behind and join the others: from wherever they come, nothing is missing and nothing comes twice.

import { eventually } from "./support/eventually.js";
import { openSocket, type RawSocket } from "./support/raw-socket.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { administer, forEachDatabase } from "./support/test-databases.js";

const changes = "subscription ($after: Cursor) { statusChanged(after: $after) { cursor } }";
// Some 110 kB, which is a frame of the longest kind: two of them are more than is kept for one who does not read.
const aliases = Array.from({ length: 110 }, (_, index) => `c${index}: customer { firstName lastName }`);
const largeChanges = `subscription { statusChanged { cursor ... on CustomerStatusChange { ${aliases.join(" ")} } } }`;
// Two bytes each.
const name = "Ñ".repeat(250);

const cursorOf = async (socket: RawSocket): Promise<string> =>
  (await socket.take()).payload.data.statusChanged.cursor as string;

test("whoever subscribes in the middle of changes has each once and in order, over many rounds", async () => {
  const { gateway, client } = await startTestGateway();
  const start = (await client.run("{ statusCursor }")).statusCursor;
  const made: string[] = [];
  const make = async () => {
    made.push((await client.createCustomer()).customer.cursor);
  };
  const subscribers: { after: string | null; socket: RawSocket }[] = [];
  for (let round = 0; round < 15; round += 1) {
    const making = Array.from({ length: 6 }, make);
    for (const after of [start, made.at(-1) ?? start, null]) {
      const socket = await (await openSocket(gateway.url)).init();
      socket.subscribe("1", changes, { after });
      subscribers.push({ after, socket });
    }
    await Promise.all(making);
  }
  await eventually(async () => (await gateway.metrics.subscriptions.get()).values[0]?.value === subscribers.length);
  await make();
  const last = made.at(-1);
  const seen: { after: string | null; cursors: string[] }[] = [];
  for (const { after, socket } of subscribers) {
    const cursors: string[] = [];
    while (cursors.at(-1) !== last) cursors.push(await cursorOf(socket));
    seen.push({ after, cursors });
  }
  const log = (seen[0] as { cursors: string[] }).cursors;
  expect([...log].sort()).toEqual([...made].sort());
  for (const { after, cursors } of seen) {
    const from = after === null ? log.length - cursors.length : log.indexOf(after) + 1;
    expect(cursors).toEqual(log.slice(from));
  }
}, 60_000);

test("one that stops reading delays nobody, gets everything later, and then shares with the others again", async () => {
  const { gateway, client } = await startTestGateway({ limits: { aliases: aliases.length } });
  const [slow, quick] = [await openSocket(gateway.url), await openSocket(gateway.url)] as const;
  for (const socket of [slow, quick]) {
    await socket.init();
    socket.subscribe("1", largeChanges);
    socket.subscribe("ready", "{ __typename }");
    while ((await socket.take()).type !== "complete");
  }
  slow.socket.pause();
  const { eventExecutions } = gateway.metrics;
  const executions = async () => (await eventExecutions.get()).values[0]?.value ?? 0;
  const make = async () => (await client.createCustomer({ firstName: name, lastName: name })).customer.cursor;
  const log: string[] = [];
  let slowestMs = 0;
  // More than the system's own buffers hold.
  for (let made = 0; made < 100; made += 1) {
    const startedAt = performance.now();
    log.push(await make());
    expect(await cursorOf(quick)).toBe(log.at(-1));
    slowestMs = Math.max(slowestMs, performance.now() - startedAt);
  }
  expect(slowestMs).toBeLessThan(2_000);
  slow.socket.resume();
  const seen: string[] = [];
  while (seen.length < log.length) seen.push(await cursorOf(slow));
  expect(seen).toEqual(log);
  // It was left behind: some events were answered for it alone.
  const before = await executions();
  expect(before).toBeGreaterThan(log.length);
  const next = await make();
  expect([await cursorOf(quick), await cursorOf(slow)]).toEqual([next, next]);
  expect(await executions()).toBe(before + 1);
}, 60_000);

forEachDatabase(
  (_name, _open, newUrl) => {
    test("one that joins while the others' answer is being made is not told what it knows", async () => {
      const databaseUrl = await newUrl();
      const { gateway, client } = await startTestGateway({ config: { databaseUrl } });
      const { customer } = await client.createCustomer();
      const withCustomer = `subscription ($after: Cursor) {
      statusChanged(after: $after) { cursor ... on CustomerStatusChange { customer { firstName } } }
    }`;
      const follow = async (after: string) => {
        const socket = await (await openSocket(gateway.url)).init();
        socket.subscribe("1", withCustomer, { after });
        socket.subscribe("ready", "{ __typename }");
        while ((await socket.take()).type !== "complete");
        return socket;
      };
      const early = await follow(customer.cursor);
      const { eventExecutions } = gateway.metrics;
      let known = "";
      let late: RawSocket | undefined;
      await administer(async (holder) => {
        // Nobody reads customers until this ends.
        await holder.query("begin; lock table customers in access exclusive mode");
        await administer(async (writer) => {
          await writer.query("begin; update log_head set position = position + 1");
          await writer.query(`insert into status_log
          select (select position from log_head), tenant, entity, entity_id, customer_id, to_status, to_status, source, reason,
            occurred_at, recorded_at
          from status_log limit 1`);
          await writer.query("commit");
        }, databaseUrl);
        known = (await client.run("{ statusCursor }")).statusCursor;
        // Its answer is under way, and waits.
        await eventually(async () => ((await eventExecutions.get()).values[0]?.value ?? 0) > 0);
        late = await follow(known);
        await holder.query("commit");
      }, databaseUrl);
      expect(await cursorOf(early)).toBe(known);
      const next = (await client.createCustomer()).customer.cursor;
      expect([await cursorOf(early), await cursorOf(late as unknown as RawSocket)]).toEqual([next, next]);
    });
  },
  ["PostgreSQL"],
);
