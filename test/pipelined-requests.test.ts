import { once } from "node:events";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { startKeyedGateway } from "./support/credentials.js";
import { eventually } from "./support/eventually.js";
import { rawPost } from "./support/raw-post.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { openConnection } from "./support/stream-upload.js";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

const get = "GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n";
const body = JSON.stringify({ query: "{ statusCursor }" });
const query = rawPost(body);

test("requests in line are answered in their order", async () => {
  const { gateway } = await startTestGateway();
  const socket = await openConnection(gateway.url);
  socket.write(query.repeat(3) + get.repeat(10));
  let text = "";
  socket.on("data", (chunk) => {
    text += String(chunk);
  });
  await eventually(async () => text.split("HTTP/1.1 200").length === 14);
  expect(text.lastIndexOf("statusCursor")).toBeLessThan(text.indexOf('"ok"'));
  socket.destroy();
});

test("nothing is kept of requests whose connection broke while they stood in line", async () => {
  const { gateway } = await startTestGateway();
  const burst = async (count: number) => {
    for (let done = 0; done < count; done += 1) {
      const socket = await openConnection(gateway.url);
      socket.write(query.repeat(18));
      socket.destroy();
      await once(socket, "close");
    }
    await (await fetch(`${gateway.url}/livez`)).text();
  };
  const held = () => {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  await burst(20);
  const before = held();
  await burst(150);
  // Each of the 2,700 had some 8 kB to its name.
  await eventually(async () => held() - before < 8_000_000);
});

test("what stood in line on a connection that broke counts as under way no more", async () => {
  const { gateway, clientOf } = await startKeyedGateway({ limits: { operationsInFlight: 6 } });
  const shop = await clientOf("shop");
  const post = (text: string) => rawPost(text, { key: shop.key });
  // Answered ahead of the framework from here on.
  for (let time = 0; time < 4; time += 1) expect((await shop.post(body)).status).toBe(200);
  // It waits for the provider, and those behind it for its answer.
  const first = (number: number) =>
    post(
      JSON.stringify({
        query: `mutation Create${number} { createCustomer(input: { idempotencyKey: "in-line-${number}", type: INDIVIDUAL, firstName: "Ada", lastName: "Obi", email: "ada@example.com", country: "NG" }) { replayed } }`,
      }),
    );
  for (let broken = 0; broken < 12; broken += 1) {
    const socket = await openConnection(gateway.url);
    socket.write(first(broken) + post(body).repeat(3) + post(body).slice(0, -5));
    await new Promise((resolve) => setImmediate(resolve));
    socket.destroy();
    await once(socket, "close");
  }
  await eventually(async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, async () => (await shop.post(body)).json()));
    return answers.every(({ data }) => data?.statusCursor);
  });
});
