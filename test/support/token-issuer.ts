// An issuer of tokens: it publishes its keys over real HTTP, rotates them, and counts how often it is asked.

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";

export interface TokenIssuer {
  config: { jwksUrl: string; issuer: string; audience: string; algorithms: string[] };
  /** Signed with the newest key; `claims` may leave out or overwrite any of the usual ones. */
  token(
    claims?: JWTPayload & { tenant?: string; scope?: string },
    header?: { alg?: string; kid?: string },
  ): Promise<string>;
  /** From now on with a new key; the old one is no longer published where it is dropped. */
  rotate(options?: { dropsOld?: boolean }): Promise<void>;
  /** How often the keys were asked for. */
  asked(): number;
  isDown: boolean;
}

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

export async function startTokenIssuer(alg = "ES256"): Promise<TokenIssuer> {
  let published: JWK[] = [];
  let signer: { key: CryptoKey; kid: string };
  let serial = 0;
  let askedTimes = 0;
  const server = createServer((_request, response) => {
    askedTimes += 1;
    if (issuer.isDown) return void response.writeHead(503).end();
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ keys: published }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  stops.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const rotate = async ({ dropsOld = false } = {}) => {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    serial += 1;
    const kid = `key-${serial}`;
    signer = { key: privateKey, kid };
    published = [...(dropsOld ? [] : published), { ...(await exportJWK(publicKey)), kid, alg, use: "sig" }];
  };
  await rotate();
  const issuer: TokenIssuer = {
    config: {
      jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`,
      issuer: "https://issuer.example.com",
      audience: "payout-gateway",
      algorithms: ["ES256", "RS256"],
    },
    token: (claims = {}, header = {}) => {
      const usual = { iss: issuer.config.issuer, aud: issuer.config.audience, sub: "someone" };
      const now = Math.floor(Date.now() / 1000);
      const payload = Object.fromEntries(
        Object.entries({ iat: now, exp: now + 600, ...usual, ...claims }).filter(([, value]) => value !== undefined),
      );
      return new SignJWT(payload).setProtectedHeader({ alg, kid: signer.kid, ...header }).sign(signer.key);
    },
    rotate,
    asked: () => askedTimes,
    isDown: false,
  };
  return issuer;
}
