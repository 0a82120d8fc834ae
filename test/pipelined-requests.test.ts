import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { eventually } from "./support/eventually.js";
import { startTestGateway } from "./support/start-test-gateway.js";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

async function open(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

const get = "GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n";
const body = JSON.stringify({ query: "{ statusCursor }" });
const query = `POST /graphql HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

test("requests in line are answered in their order", async () => {
  const { gateway } = await startTestGateway();
  const socket = await open(gateway.url);
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
      const socket = await open(gateway.url);
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
