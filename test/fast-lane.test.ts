// A request in words that were met before is answered ahead of the framework. No rule is left out for it.

import { startKeyedGateway } from "./support/credentials.js";
import { rawPost } from "./support/raw-post.js";
import { sendInParts } from "./support/send-in-parts.js";
import { openConnection } from "./support/stream-upload.js";
import type { TestClient } from "./support/test-client.js";

const query = "query One($id: ID!) { customer(id: $id) { id name email } }";

async function ask(client: TestClient, id: string) {
  const response = await client.post({ query, variables: { id } });
  return { status: response.status, body: await response.json() };
}

async function warm(client: TestClient, id: string, times = 4) {
  for (let time = 0; time < times; time += 1) await ask(client, id);
}

function sendQuery(url: string, key: string, length: number, parts: readonly string[]): Promise<string> {
  const head = [
    "POST /graphql HTTP/1.1",
    `authorization: Bearer ${key}`,
    "content-type: application/json",
    `content-length: ${length}`,
  ];
  return sendInParts(url, head, parts);
}

async function sendAtOnce(url: string, requests: readonly string[]): Promise<string> {
  const socket = await openConnection(url);
  socket.write(requests.join(""));
  let text = "";
  for await (const chunk of socket) text += chunk;
  return text;
}

test("it counts against the caller's limit, and is refused as any other", async () => {
  const gateway = await startKeyedGateway({ limits: { requestsPerMinute: 30 } });
  const shop = await gateway.clientOf("shop");
  const { id } = (await shop.createCustomer()).customer;
  const answers = [];
  for (let time = 0; time < 35; time += 1) answers.push(await ask(shop, id));
  const refused = answers.filter(({ status }) => status === 429);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(29);
  expect(refused).toHaveLength(6);
  for (const { body } of refused) {
    expect(body.errors).toMatchObject([
      { extensions: { code: "RATE_LIMITED", retryAfterSeconds: expect.any(Number) } },
    ]);
  }
});

test("requests that come at once are all counted", async () => {
  const gateway = await startKeyedGateway({ limits: { requestsPerMinute: 60 } });
  const shop = await gateway.clientOf("shop");
  const { id } = (await shop.createCustomer()).customer;
  await warm(shop, id);
  const body = JSON.stringify({ query, variables: { id } });
  const answers = await sendAtOnce(shop.url, [
    rawPost(body, { key: shop.key }).repeat(20),
    rawPost(body, { key: shop.key, connection: "close" }),
  ]);
  expect(answers.split(`"id":"${id}"`)).toHaveLength(22);
  let left = 0;
  while ((await ask(shop, id)).status === 200) left += 1;
  expect(left).toBe(60 - 1 - 4 - 21);
});

test("it is for those only who may ask, and see what is asked for", async () => {
  const gateway = await startKeyedGateway();
  const shop = await gateway.clientOf("shop");
  const blind = await gateway.clientOf("shop", ["payouts:read"]);
  const bank = await gateway.clientOf("bank");
  const { id } = (await shop.createCustomer()).customer;
  await warm(shop, id);
  for (let time = 0; time < 4; time += 1) {
    expect(await ask(blind, id)).toMatchObject({
      status: 403,
      body: { errors: [{ extensions: { code: "FORBIDDEN" } }] },
    });
    expect((await ask(bank, id)).body).toEqual({ data: { customer: null } });
    expect((await ask(shop, id)).body.data.customer.id).toBe(id);
    expect((await ask(gateway.clientWith(`${shop.key.slice(0, -4)}AAAA`), id)).status).toBe(401);
  }
});

test("other values in the same words are read, held to the limits and answered like the first ones", async () => {
  const gateway = await startKeyedGateway();
  const shop = await gateway.clientOf("shop");
  const blind = await gateway.clientOf("shop", ["payouts:read"]);
  const { id } = (await shop.createCustomer()).customer;
  const page = "query Page($first: Int) { customers(first: $first) { nodes { id } } }";
  const run = async (client: TestClient, variables: Record<string, unknown>) => {
    const response = await client.post({ query: page, variables });
    return { status: response.status, ...(await response.json()) };
  };
  const page20 = { status: 200, data: { customers: { nodes: [{ id }] } } };
  for (const first of [20, 20, 19]) expect(await run(shop, { first })).toEqual(page20);
  expect(await run(shop, { first: 101 })).toMatchObject({ errors: [{ extensions: { limit: "page" } }] });
  expect(await run(shop, { first: "many" })).toMatchObject({ errors: [{ extensions: { code: "BAD_USER_INPUT" } }] });
  expect(await run(blind, { first: 18 })).toMatchObject({ errors: [{ extensions: { code: "FORBIDDEN" } }] });
  // What would change an object's kind is refused, whatever was asked before.
  for (const odd of ['{"__proto__":{}}', '{"\\u005f_proto__":{}}']) {
    const response = await shop.post(`{"query":${JSON.stringify(page)},"variables":${odd}}`);
    expect(response.status).toBe(400);
  }
});

test("a revoked key opens nothing more within seconds", async () => {
  const gateway = await startKeyedGateway();
  const shop = await gateway.clientOf("shop");
  const { id } = (await shop.createCustomer()).customer;
  await warm(shop, id);
  await gateway.keys.revoke(shop.keyId);
  const until = Date.now() + 5_000;
  let status = 200;
  while (status === 200 && Date.now() < until) ({ status } = await ask(shop, id));
  expect(status).toBe(401);
});

test("a body in pieces is answered, and one of the same length is another question", async () => {
  const gateway = await startKeyedGateway();
  const shop = await gateway.clientOf("shop");
  const { id } = (await shop.createCustomer()).customer;
  const { id: other } = (await shop.createCustomer({ firstName: "Grace" })).customer;
  await warm(shop, id);
  const body = JSON.stringify({ query, variables: { id } });
  const answer = await sendQuery(shop.url, shop.key, body.length, [body.slice(0, 20), body.slice(20)]);
  expect(answer).toContain(`"id":"${id}"`);
  expect(other).toHaveLength(id.length);
  expect((await ask(shop, other)).body.data.customer).toMatchObject({ id: other, name: "Grace Obi" });
  const broken = `${body.slice(0, -1)}x`;
  expect(await sendQuery(shop.url, shop.key, broken.length, [broken])).toContain("The body is not valid JSON.");
});

test("a body that does not come to its end is answered with 408", async () => {
  const gateway = await startKeyedGateway({ limits: { requestMs: 600 } });
  const shop = await gateway.clientOf("shop");
  const { id } = (await shop.createCustomer()).customer;
  await warm(shop, id);
  const body = JSON.stringify({ query, variables: { id } });
  const answer = await sendQuery(shop.url, shop.key, body.length, [body.slice(0, 20)]);
  expect(answer).toMatch(/^HTTP\/1.1 408 /);
  expect(answer).toContain('"limit":"requestTime"');
});
