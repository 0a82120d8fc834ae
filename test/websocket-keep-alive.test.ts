import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { KeepAlive } from "../src/http/keep-alive.js";

const times = { everyMs: 100, slowMs: 1_500 };

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** A server's end and a client's end of one real connection. */
async function connect(): Promise<{ server: WebSocket; client: WebSocket }> {
  const http = createServer();
  const sockets = new WebSocketServer({ noServer: true });
  const keepAlive = new KeepAlive(times);
  const opened = new Promise<WebSocket>((resolve) => {
    http.on("upgrade", (request, connection, head) => {
      sockets.handleUpgrade(request, connection, head, (socket) => {
        keepAlive.watch(socket, connection);
        resolve(socket);
      });
    });
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const client = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
  await once(client, "open");
  stops.push(() => {
    client.terminate();
    sockets.close();
    http.closeAllConnections();
    http.close();
  });
  return { server: await opened, client };
}

async function closedAfter(socket: WebSocket, since: number): Promise<number> {
  await once(socket, "close");
  return performance.now() - since;
}

test("a client that answers no ping and has nothing to read is gone after two of them", async () => {
  const { server, client } = await connect();
  const since = performance.now();
  client.pause();
  const ms = await closedAfter(server, since);
  expect(ms).toBeLessThan(times.slowMs);
});

test("a client that does not read what it was sent is given longer, but not for ever", async () => {
  const { server, client } = await connect();
  const since = performance.now();
  client.pause();
  server.send("x".repeat(100));
  const ms = await closedAfter(server, since);
  expect(ms).toBeGreaterThanOrEqual(times.slowMs - 50);
});

test("a client that reads again in time stays, and has missed nothing", async () => {
  const { server, client } = await connect();
  client.pause();
  const texts = Array.from({ length: 50 }, (_, index) => `event ${index}`);
  for (const text of texts) server.send(text);
  // Several pings are due meanwhile.
  await new Promise((resolve) => setTimeout(resolve, times.everyMs * 6));
  const got: string[] = [];
  const all = new Promise<void>((resolve) => {
    client.on("message", (data) => {
      got.push(String(data));
      if (got.length === texts.length) resolve();
    });
  });
  client.resume();
  await all;
  expect(got).toEqual(texts);
  const pinged = once(client, "ping");
  await pinged;
  expect(server.readyState).toBe(WebSocket.OPEN);
});
