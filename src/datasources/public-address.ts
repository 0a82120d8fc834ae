// Which network addresses a URL that somebody else chose may lead to.

import { BlockList, isIPv4, isIPv6 } from "node:net";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

const privateNetworks = new BlockList();
privateNetworks.addSubnet("10.0.0.0", 8, "ipv4");
privateNetworks.addSubnet("172.16.0.0", 12, "ipv4");
privateNetworks.addSubnet("192.168.0.0", 16, "ipv4");
privateNetworks.addSubnet("fc00::", 7, "ipv6");

// Link-local (cloud metadata lives there), shared, reserved, documentation, multicast, and the IPv6 ranges that carry
// an IPv4 address inside.
const special = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["100.64.0.0", 10],
  ["169.254.0.0", 16],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const) {
  special.addSubnet(network, prefix, "ipv4");
}
for (const [network, prefix] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const) {
  special.addSubnet(network, prefix, "ipv6");
}

const globalUnicast = new BlockList();
globalUnicast.addSubnet("2000::", 3, "ipv6");

export type AddressKind = "PUBLIC" | "LOOPBACK" | "PRIVATE" | "SPECIAL";

export function toAddressKind(address: string): AddressKind {
  const plain = fromMapped(address);
  const family = isIPv4(plain) ? "ipv4" : "ipv6";
  if (family === "ipv6" && !isIPv6(plain)) return "SPECIAL";
  if (loopback.check(plain, family)) return "LOOPBACK";
  if (privateNetworks.check(plain, family)) return "PRIVATE";
  if (special.check(plain, family)) return "SPECIAL";
  return family === "ipv4" || globalUnicast.check(plain, family) ? "PUBLIC" : "SPECIAL";
}

/** ::ffff:7f00:1 is 127.0.0.1 by another name. */
function fromMapped(address: string): string {
  const hex = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(address);
  if (!hex) return address.replace(/^::ffff:(?=\d+\.)/i, "");
  const [high, low] = [Number.parseInt(hex[1] ?? "", 16), Number.parseInt(hex[2] ?? "", 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}
