// Pre-signed URLs come from outside and are fetched from inside: the gateway must not become a way into its own network.

import { type LookupAddress, lookup as resolve } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { type AddressKind, toAddressKind } from "./public-address.js";
import { StorageError } from "./storage-error.js";

export interface UploadUrlRule {
  /** Host suffixes, e.g. "amazonaws.com"; null allows any public host. */
  allowedHosts: string[] | null;
  /** A provider on this machine is a development set-up: its storage may be here too, and without TLS. */
  isLoopbackProvider: boolean;
}

export function checkUploadUrl(url: string, rule: UploadUrlRule): URL {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (!parsed) throw forbidden("is none");
  const isAllowedScheme = parsed.protocol === "https:" || (parsed.protocol === "http:" && rule.isLoopbackProvider);
  if (!isAllowedScheme) throw forbidden("does not use https");
  if (parsed.username !== "" || parsed.password !== "") throw forbidden("holds a user name");
  const host = parsed.hostname
    .replace(/^\[|\]$/g, "")
    .replace(/\.$/, "")
    .toLowerCase();
  if (rule.allowedHosts && !rule.allowedHosts.some((allowed) => isUnder(host, allowed))) {
    throw forbidden("has a host that is not allowed");
  }
  // Names are judged by what they resolve to, when the connection is made.
  if (isIP(host) && !isAllowedAddress(host, rule)) throw forbidden("leads into a network that is not public");
  return parsed;
}

/** Resolves like the system does, but lets no name lead where a literal address may not. */
export function createGuardedLookup(rule: UploadUrlRule): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error) return callback(error, "");
      if (addresses.length === 0 || !addresses.every(({ address }) => isAllowedAddress(address, rule))) {
        return callback(forbidden("leads into a network that is not public"), "");
      }
      const first = addresses[0] as LookupAddress;
      return options.all ? callback(null, addresses) : callback(null, first.address, first.family);
    });
  };
}

function isAllowedAddress(address: string, { isLoopbackProvider }: UploadUrlRule): boolean {
  const allowed: AddressKind[] = isLoopbackProvider ? ["PUBLIC", "LOOPBACK", "PRIVATE"] : ["PUBLIC"];
  return allowed.includes(toAddressKind(address));
}

function isUnder(host: string, suffix: string): boolean {
  const bare = suffix.replace(/^\*?\./, "").toLowerCase();
  return host === bare || host.endsWith(`.${bare}`);
}

function forbidden(fault: string): StorageError {
  return new StorageError("FORBIDDEN_URL", `The upload URL ${fault}.`);
}
