// The real gateway comes to what the model comes to. `npm run model -- --replay N --seed N` replays more histories.

import { Random } from "../faults/random.js";
import { forEachDatabase } from "../support/test-databases.js";
import { randomHistory } from "./random-history.js";
import { Replay } from "./replay-history.js";

const count = Number(process.env.TEST_MODEL_REPLAYS || 15);
const firstSeed = Number(process.env.TEST_MODEL_SEED || 1);
const together = 3;

forEachDatabase(
  (_name, open, newUrl) => {
    for (let first = 0; first < count; first += together) {
      const seeds = Array.from({ length: Math.min(together, count - first) }, (_, index) => firstSeed + first + index);
      test(`two nodes come to what the model comes to, in the random histories ${seeds.join(", ")}`, async () => {
        const replays = seeds.map(async (seed) => {
          const random = new Random(seed);
          const account = seed % 4 === 0 ? "no-references" : "learned";
          const history = randomHistory(account, seed, () => random.next());
          const url = await newUrl();
          const options = { url, hasReferences: account === "learned", draw: <T>(of: readonly T[]) => random.pick(of) };
          const database = await open(url);
          await Replay.run({ ...options, database }, history).catch((error) => {
            throw new Error(`seed ${seed} on account ${account}: ${error.message}`, { cause: error });
          });
        });
        const broken = (await Promise.allSettled(replays)).filter((replay) => replay.status === "rejected");
        expect(broken.map(({ reason }) => reason.message)).toEqual([]);
      }, 180_000);
    }
  },
  ["PostgreSQL"],
);
