// Nothing but `ws`: a topic for each key, and what is posted to a key is sent to its sockets as it came.

import { createServer } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import { serveCalls } from "../workers/serve-calls.js";
import { listen } from "./listen.js";

const topics = new Map<string, Set<WebSocket>>();

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const text = Buffer.concat(chunks).toString();
    // The key is the path, so that nothing has to be read of the event.
    for (const socket of topics.get(request.url ?? "") ?? []) socket.send(text);
    response.end("true");
  });
});

new WebSocketServer({ server }).on("connection", (socket) => {
  socket.once("message", (data) => {
    const key = data.toString();
    const topic = topics.get(key) ?? new Set();
    topics.set(key, topic.add(socket));
    socket.once("close", () => topic.delete(socket));
    socket.send("subscribed");
  });
});

serveCalls({ start: () => listen(server) });
