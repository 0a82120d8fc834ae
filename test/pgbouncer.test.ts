// Two nodes behind PgBouncer in transaction mode, where every transaction may get another connection.

import { sql } from "kysely";
import { holdOpen } from "./support/faulty-database.js";
import { describeWithPgbouncer, startPgbouncer } from "./support/pgbouncer.js";
import { knowing } from "./support/provider-and-nodes.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { payoutInput, unique } from "./support/test-client.js";
import { forEachDatabase, openTestDatabase } from "./support/test-databases.js";

const modes = {
  "that rejects startup parameters": [],
  "that ignores startup parameters": ["ignore_startup_parameters = options"],
};

describeWithPgbouncer()("behind PgBouncer in transaction mode", () => {
  forEachDatabase(
    (_name, _open, newUrl) => {
      test.each(Object.entries(modes))(
        "%s two nodes play the main job and pay once for each key",
        async (_mode, settings) => {
          const databaseUrl = await startPgbouncer(await newUrl(), settings);
          const first = await startTestGateway({ config: { databaseUrl } });
          const second = await startTestGateway({ config: { databaseUrl, ...knowing(first.provider) } });
          const { id: customerId } = await first.client.verifiedCustomer();
          const keys = Array.from({ length: 8 }, () => unique("k"));
          const calls = keys.flatMap((idempotencyKey) =>
            [first, second].map(({ client }) => client.createPayout(payoutInput({ customerId, idempotencyKey }))),
          );
          const answers = await Promise.all(calls);
          expect(answers.flatMap(({ userErrors }) => userErrors)).toEqual([]);
          const ids = [...new Set(answers.map(({ payout }) => payout.id))];
          expect(ids).toHaveLength(keys.length);
          for (const id of ids) await second.client.payoutReaching(id, "SUCCESSFUL");
          expect(first.provider.received("POST /payout")).toHaveLength(keys.length);
        },
        60_000,
      );

      test("a session's settings reach no other client, and every statement has its own", async () => {
        const url = await newUrl();
        const { db } = await openTestDatabase(await startPgbouncer(url, ["default_pool_size = 1"]));
        const read = sql<{ setting: string }>`select setting from pg_settings where name = 'lock_timeout'`;
        expect((await read.execute(db)).rows).toEqual([{ setting: "5000" }]);
        const lock = await holdOpen(url, "lock table settings in access exclusive mode");
        await expect(db.selectFrom("settings").selectAll().execute()).rejects.toMatchObject({ code: "55P03" });
        await lock.release();
        expect(await db.selectFrom("settings").selectAll().execute()).toEqual(expect.any(Array));
      });
    },
    ["PostgreSQL"],
  );
});
