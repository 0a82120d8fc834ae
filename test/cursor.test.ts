import fc from "fast-check";
import { CursorInvalid, decodeCursor, encodeCursor } from "../src/mirror/cursor.js";
import { startTestGateway, type TestGateway } from "./support/start-test-gateway.js";
import { forEachDatabase } from "./support/test-databases.js";

const logId = "0a1b2c3d4e5f";

describe("a cursor of the status log", () => {
  test("names any position of its log, the largest too", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (position) => {
        const cursor = encodeCursor(logId, position);
        expect(decodeCursor(logId, cursor)).toBe(position);
        expect(cursor).toMatch(/^[\w-]{1,200}$/);
      }),
    );
    for (const position of [0, 1, Number.MAX_SAFE_INTEGER]) {
      expect(decodeCursor(logId, encodeCursor(logId, position))).toBe(position);
    }
  });

  test("is refused by another log", () => {
    expect(() => decodeCursor("ffffffffffff", encodeCursor(logId, 7))).toThrow(CursorInvalid);
    expect(() => decodeCursor("", encodeCursor(logId, 7))).toThrow(CursorInvalid);
  });

  test("has one spelling only: whatever else is handed in is refused, by one kind of error", () => {
    const cursor = encodeCursor(logId, 1234);
    const encoded = (text: string) => Buffer.from(text).toString("base64url");
    const tampered = [
      "",
      " ",
      cursor.slice(0, -1),
      `${cursor}A`,
      `${cursor}=`,
      ` ${cursor}`,
      `${cursor}\n`,
      cursor.toUpperCase(),
      encoded(logId),
      encoded(`${logId}.`),
      encoded(`${logId}.-1`),
      encoded(`${logId}.+1`),
      encoded(`${logId}.01`),
      encoded(`${logId}.1.1`),
      encoded(`${logId}.YA`),
      encoded(`${logId}.1e3`).slice(0, -1),
      encoded(`${logId}.zzzzzzzzzzz`),
      encoded(`${logId}.1000000000000`),
      encoded(`${logId}. 1`),
    ];
    for (const text of tampered) {
      expect(() => [text, decodeCursor(logId, text)]).toThrow(CursorInvalid);
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          expect(encodeCursor(logId, decodeCursor(logId, text))).toBe(text);
        } catch (error) {
          expect(error).toBeInstanceOf(CursorInvalid);
        }
      }),
      { numRuns: 300 },
    );
  });
});

forEachDatabase((_name, _open, newUrl) => {
  async function start(): Promise<TestGateway> {
    return startTestGateway({ config: { databaseUrl: await newUrl() } });
  }

  const changesAfter = `query ($after: Cursor) { statusChanges(after: $after) { cursor ... on CustomerStatusChange { to } } }`;

  test("each change is found again from the cursor of the one before it, and from nowhere else", async () => {
    const { client } = await start();
    const beginning = (await client.run("{ statusCursor }")).statusCursor;
    for (let index = 0; index < 3; index += 1) await client.createCustomer();
    const { statusChanges: all } = await client.run(changesAfter);
    const cursors: string[] = all.map(({ cursor }: { cursor: string }) => cursor);
    expect(new Set(cursors).size).toBe(3);
    for (const [index, after] of [beginning, ...cursors].entries()) {
      expect((await client.run(changesAfter, { after })).statusChanges).toEqual(all.slice(index));
    }
    expect((await client.run("{ statusCursor }")).statusCursor).toBe(cursors.at(-1));
  });

  test("a cursor of the future, of another gateway or of nobody is CURSOR_INVALID, in queries and in subscriptions", async () => {
    const [{ client }, other] = [await start(), await start()];
    await client.createCustomer();
    for (let index = 0; index < 2; index += 1) await other.client.createCustomer();
    const { statusCursor: mine } = await client.run("{ statusCursor }");
    const { statusCursor: foreign } = await other.client.run("{ statusCursor }");
    const [log] = Buffer.from(mine, "base64url").toString().split(".");
    const future = encodeCursor(log!, 99);
    for (const after of [foreign, future, "bm9ib2R5", `${mine}x`]) {
      const { data, errors } = await client.request(changesAfter, { after });
      expect([after, data ?? null, errors?.[0]?.extensions?.code]).toEqual([after, null, "CURSOR_INVALID"]);
      const following = client.follow({ after });
      await expect(following.until(() => true)).rejects.toThrow(/CURSOR_INVALID/);
    }
  });

  test("a page cursor that is not one of the list's is refused, whatever it holds", async () => {
    const { client } = await start();
    for (let index = 0; index < 3; index += 1) await client.createCustomer();
    const page = `query ($after: String) { customers(first: 1, after: $after) { nodes { id } pageInfo { endCursor hasNextPage } } }`;
    const first = (await client.run(page)).customers;
    const second = (await client.run(page, { after: first.pageInfo.endCursor })).customers;
    expect(second.nodes[0].id).not.toBe(first.nodes[0].id);
    const encoded = (text: string) => Buffer.from(text).toString("base64url");
    const bad = [
      "",
      "nonsense",
      `${first.pageInfo.endCursor}=`,
      encoded("17 "),
      encoded("-17 c1"),
      encoded("1e3 c1"),
      encoded("9999999999999999 c1"),
      encoded("17 a\nb"),
    ];
    for (const after of bad) {
      const { data, errors } = await client.request(page, { after });
      expect([after, data ?? null, errors?.[0]?.extensions?.code]).toEqual([after, null, "BAD_USER_INPUT"]);
    }
  });
});
