// Nothing but node:http: it reads the request to its end and sends bytes that it was given beforehand.

import { createServer } from "node:http";
import type { QueryName } from "../sample/queries.js";
import { serveCalls } from "../workers/serve-calls.js";
import { listen } from "./listen.js";

const answers = new Map<string, Buffer>();

serveCalls({
  start: () =>
    listen(
      createServer((request, response) => {
        request.resume();
        request.on("end", () => {
          const body = answers.get(request.url ?? "");
          response.writeHead(body ? 200 : 404, {
            "content-type": "application/json; charset=utf-8",
            "content-length": body?.length ?? 0,
          });
          response.end(body);
        });
      }),
    ),
  /** The answer to a query is at its name. */
  keepAnswer: ({ name, text }: { name: QueryName; text: string }) => {
    answers.set(`/${name}`, Buffer.from(text));
  },
});
