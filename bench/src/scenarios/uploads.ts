// Files through the gateway to the provider's storage, beside the same bytes PUT there at once.

import { type MeasuredGateway, startMeasuredGateway } from "../gateway/measured-gateway.js";
import { type LoadRequest, startLoadMaker } from "../load/http-load.js";
import { type Measured, measureLoad, medianOf } from "../load/measured-load.js";
import { forgetPeak, peakResidentBytesOf, residentBytesOf } from "../machine/process-usage.js";
import { megabytes, number } from "../report/format.js";
import type { Section } from "../report/section.js";
import { median } from "../report/statistics.js";
import { askGateway } from "./ask-gateway.js";
import { createPartnerCustomers } from "./partner-customers.js";
import type { Bench } from "./scenario.js";

const fileBytes = 10_000_000;
const atOnce = 4;
const boundary = "payout-gateway-bench";
const upload = `mutation ($input: UploadDocumentInput!) {
  uploadDocument(input: $input) { document { id status size } userErrors { field code message } }
}`;
const request = `mutation ($input: RequestDocumentUploadInput!) {
  requestDocumentUpload(input: $input) { upload { url headers { name value } } userErrors { code message } }
}`;

export async function uploads(bench: Bench): Promise<Section> {
  const gateway = await startMeasuredGateway(bench, {});
  const loads = await startLoadMaker();
  const [customerId] = (await createPartnerCustomers(gateway, 1)) as [string];
  const amount = bench.isQuick ? atOnce : 4 * atOnce;
  const through = [multipartUpload(customerId)];
  const playThrough = () =>
    measureLoad(loads, gateway.pid, {
      url: `${gateway.url}/graphql`,
      headers: gateway.partner.headers,
      requests: through,
      amount,
      connections: atOnce,
      expects: '"status":"UPLOADED"',
    });
  const playStraight = async () => {
    const requests = [];
    for (let number = 0; number < amount; number += 1) requests.push(await presignedPut(gateway, customerId));
    const { url } = gateway.providerAccount;
    return measureLoad(loads, gateway.provider.pid, { url, requests, amount, connections: atOnce, expects: "" });
  };
  await playThrough();
  await playStraight();
  const throughResults: Measured[] = [];
  const straightResults: Measured[] = [];
  const grown: number[] = [];
  const peaks: number[] = [];
  for (let round = 0; round < bench.rounds; round += 1) {
    forgetPeak(gateway.pid);
    const before = residentBytesOf(gateway.pid);
    throughResults.push(await playThrough());
    peaks.push(peakResidentBytesOf(gateway.pid));
    grown.push((peaks.at(-1) as number) - before);
    straightResults.push(await playStraight());
  }
  await loads.stop();
  await gateway.stop();
  const rowOf = (name: string, results: Measured[], memory: string) => {
    const { perSecond, cpuMsPerRequest } = medianOf(results);
    return [name, number((perSecond * fileBytes) / 1e6), number(cpuMsPerRequest / (fileBytes / 1e6)), memory];
  };
  return {
    title: "Uploads",
    text: [
      `\`uploadDocument\` with a PDF of ${megabytes(fileBytes)}, ${atOnce} at a time: received, checked, hashed and PUT to the simulated provider's storage, which hashes
it too. Beside it, the same bytes PUT straight to that storage, with its processor time. Memory is the most that the process had
meanwhile, and how much more that is than just before.`,
    ],
    tables: [
      {
        head: ["uploads", "MB/s", "CPU ms/MB", "memory while at it"],
        rows: [
          rowOf(
            "payout-gateway",
            throughResults,
            `${megabytes(median(grown))} more, ${megabytes(median(peaks))} in all`,
          ),
          rowOf("straight to the storage", straightResults, ""),
        ],
      },
    ],
    bounds: [],
  };
}

function pdf(): Buffer {
  const bytes = Buffer.alloc(fileBytes, " ");
  bytes.write("%PDF-1.7\n");
  bytes.write("%%EOF\n", fileBytes - 6);
  return bytes;
}

function multipartUpload(customerId: string): LoadRequest {
  const operations = { query: upload, variables: { input: { customerId, category: "IDENTITY", file: null } } };
  const field = (name: string, value: unknown) =>
    `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${JSON.stringify(value)}\r\n`;
  const file = `--${boundary}\r\ncontent-disposition: form-data; name="0"; filename="passport.pdf"\r\ncontent-type: application/pdf\r\n\r\n`;
  const body = Buffer.concat([
    Buffer.from(field("operations", operations) + field("map", { 0: ["variables.input.file"] }) + file),
    pdf(),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  const headers = { "content-type": `multipart/form-data; boundary=${boundary}`, "apollo-require-preflight": "true" };
  return { body, headers };
}

async function presignedPut(gateway: MeasuredGateway, customerId: string): Promise<LoadRequest> {
  const input = { customerId, category: "IDENTITY", fileName: "passport.pdf", contentType: "application/pdf" };
  const { requestDocumentUpload } = await askGateway<{
    requestDocumentUpload: { upload: { url: string; headers: { name: string; value: string }[] } };
  }>(gateway, request, { input });
  const { url, headers } = requestDocumentUpload.upload;
  const { pathname, search } = new URL(url);
  // Names in small letters: what is signed must be sent once.
  const signed = Object.fromEntries(headers.map(({ name, value }) => [name.toLowerCase(), value]));
  return { method: "PUT", path: `${pathname}${search}`, headers: signed, body: straightBody };
}

const straightBody = pdf();
