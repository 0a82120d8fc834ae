import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { eventually } from "./support/eventually.js";
import { deliver, signatureOf, unixSeconds } from "./support/signed-webhooks.js";
import { startTestGateway } from "./support/start-test-gateway.js";

const atOnce = 100;
const sockets = new Set<Socket>();
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
});

/** A delivery that has begun and does not go on until it is told to. */
async function begin(url: string, body: string, secret: string): Promise<{ finish: () => Promise<string> }> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  sockets.add(socket);
  socket.on("error", () => {});
  await once(socket, "connect");
  const timestamp = unixSeconds();
  socket.write(
    [
      "POST /webhooks HTTP/1.1",
      `Host: ${hostname}`,
      "Content-Type: application/json",
      `Content-Length: ${Buffer.byteLength(body)}`,
      `x-blaaiz-timestamp: ${timestamp}`,
      `x-blaaiz-signature: ${signatureOf(body, secret, timestamp)}`,
      "Connection: close",
      "",
      body.slice(0, 10),
    ].join("\r\n"),
  );
  return {
    finish: async () => {
      socket.write(body.slice(10));
      const chunks: Buffer[] = [];
      for await (const chunk of socket) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks).toString();
    },
  };
}

test("a flood of deliveries is put off with 503, takes nothing from payouts, and nothing of it is lost", async () => {
  const { gateway, client, provider } = await startTestGateway();
  const secret = provider.signingSecret;
  const { id: customerId } = await client.verifiedCustomer();
  const bodies = Array.from({ length: atOnce }, (_, index) =>
    JSON.stringify({ type: "collection", event_id: `flood-${index}` }),
  );
  const begun = await Promise.all(bodies.map((body) => begin(gateway.url, body, secret)));
  const late = { type: "collection", event_id: "late" };
  // The last ones may still be on their way in.
  const refused = await eventually(async () => {
    const answer = await deliver({ gateway, secret }, late);
    return answer.status === 503 && answer;
  });
  expect(refused).toMatchObject({ headers: { "retry-after": "5" } });

  const { payout } = await client.createPayout({ customerId, note: "test-webhook-lost" });
  expect(payout.status).toBe("PENDING");

  for (const { finish } of begun) expect(await finish()).toMatch(/^HTTP\/1.1 200/);
  expect((await deliver({ gateway, secret }, late)).status).toBe(200);
});

test.each([
  ["whole", "{}"],
  ["cut off", "{"],
])("deliveries in line whose connection broke do not count any more: %s", async (_how, last) => {
  const { gateway, provider } = await startTestGateway();
  const secret = provider.signingSecret;
  const { hostname, port } = new URL(gateway.url);
  const head = `POST /webhooks HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n`;
  // It waits for the provider, and those behind it stand in line.
  const first = (number: number) => {
    const query = `mutation { createCustomer(input: { idempotencyKey: "in-line-${number}", type: INDIVIDUAL, firstName: "Ada", lastName: "Obi", email: "ada@example.com", country: "NG" }) { replayed } }`;
    const body = JSON.stringify({ query });
    return `${head.replace("/webhooks", "/graphql").replace("Length: 2", `Length: ${body.length}`)}\r\n${body}`;
  };
  // From here on they are answered ahead of the framework.
  expect((await deliver({ gateway, secret }, { type: "collection", event_id: "first" })).status).toBe(200);
  for (let broken = 0; broken < 150; broken += 1) {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.on("error", () => {});
    await once(socket, "connect");
    socket.write(`${first(broken)}${`${head}\r\n{}`.repeat(3)}${head}\r\n${last}`);
    await new Promise((resolve) => setImmediate(resolve));
    socket.destroy();
    await once(socket, "close");
  }
  await eventually(
    async () => (await deliver({ gateway, secret }, { type: "collection", event_id: "after" })).status === 200,
  );
});
