// The built page. The API does not need it: where it was not built, nothing is served.

import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

// The page's own addresses: all of them are answered with the page, which then shows the right view.
const views = ["/", "/payouts", "/payouts/*", "/customers", "/customers/*", "/pay", "/operator"];
const noncePlace = "{csp-nonce}";

export function isBuilt(dashboardFolder: string | null): dashboardFolder is string {
  return dashboardFolder !== null && existsSync(join(dashboardFolder, "index.html"));
}

export async function dashboardRoutes(
  app: FastifyInstance,
  { dashboardFolder }: { dashboardFolder: string },
): Promise<void> {
  const page = readFileSync(join(dashboardFolder, "index.html"), "utf8");
  for (const view of views) {
    app.get(view, (_request, reply) => {
      const nonce = randomBytes(16).toString("base64");
      return reply
        .headers(pageHeaders(nonce))
        .type("text/html; charset=utf-8")
        .send(page.replaceAll(noncePlace, nonce));
    });
  }
  // Names hold a hash of the content: what was fetched once is good for ever.
  await app.register(fastifyStatic, {
    root: join(dashboardFolder, "assets"),
    prefix: "/assets/",
    index: false,
    preCompressed: true,
    immutable: true,
    maxAge: "365d",
    setHeaders: (response) => void response.setHeader("x-content-type-options", "nosniff"),
  });
}

/** Scripts and styles come from here alone; the nonce is for the few rules that the component library adds itself. */
function pageHeaders(nonce: string): Record<string, string> {
  const policy = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": `'self' 'nonce-${nonce}'`,
    "img-src": "'self' blob:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
  };
  return {
    "content-security-policy": Object.entries(policy)
      .map((directive) => directive.join(" "))
      .join("; "),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
  };
}
