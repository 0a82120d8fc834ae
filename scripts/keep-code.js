// Runs a bundled gateway until it has answered a query, and keeps what the engine compiled for that.
import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const [program, cacheFile, url] = process.argv.slice(2);
const withinMs = 60_000;
const query = "{ statusCursor payouts(first: 1) { nodes { id customer { id } } } }";

const { script } = await import(pathToFileURL(program).href);
const deadline = Date.now() + withinMs;
const isReady = () =>
  fetch(`${url}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );
while (!(await isReady())) {
  if (Date.now() > deadline) throw new Error("The bundled gateway was not ready in time.");
  await sleep(20);
}
const answer = await fetch(`${url}/graphql`, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ query }),
});
if (!answer.ok) throw new Error(`The bundled gateway answered ${answer.status}: ${await answer.text()}`);
writeFileSync(cacheFile, script.createCachedData());
process.exit(0);
