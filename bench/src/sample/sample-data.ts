// The same customers and payouts for everybody: the gateway's database, the REST service and what peers hold in memory.

export interface SampleMoney {
  amount: string;
  currency: string;
}

export interface SampleCustomer {
  id: string;
  type: "INDIVIDUAL";
  name: string;
  firstName: string;
  lastName: string;
  email: string;
  country: string;
  status: "VERIFIED";
  createdAt: string;
  updatedAt: string;
}

export type SampleStatus = "PENDING" | "PROCESSING" | "SUCCESSFUL" | "FAILED";

export interface SamplePayout {
  id: string;
  customerId: string;
  transactionId: string;
  reference: string;
  merchantReference: string;
  walletId: string;
  method: "BANK_TRANSFER";
  status: SampleStatus;
  amount: SampleMoney;
  fee: SampleMoney;
  recipient: { accountName: string; accountNumber: string; bankName: string; amount: SampleMoney };
  note: string;
  createdAt: string;
  updatedAt: string;
}

const firstNames = ["Ada", "Bola", "Chidi", "Dayo", "Emeka", "Funmi", "Grace", "Hassan"];
const lastNames = ["Obi", "Adeyemi", "Okafor", "Balogun", "Eze", "Lawal", "Mensah"];
const walletId = "71d0a9c2-0001-4a6e-b0f1-000000000566";
const firstInstant = Date.UTC(2024, 0, 1);
const minuteMs = 60_000;

/** Later numbers are younger. */
export function sampleCustomer(number: number): SampleCustomer {
  const firstName = pick(firstNames, number);
  const lastName = pick(lastNames, number);
  const at = instant(number);
  return {
    id: idOf("c0", number),
    type: "INDIVIDUAL",
    name: `${firstName} ${lastName}`,
    firstName,
    lastName,
    email: `${firstName}.${lastName}.${number}@example.com`.toLowerCase(),
    country: "NG",
    status: "VERIFIED",
    createdAt: at,
    updatedAt: at,
  };
}

/** Payouts go round the customers, so that every customer has some of every age. */
export function samplePayout(number: number, customers: number, status = usualStatus(number)): SamplePayout {
  const holder = sampleCustomer(number % customers);
  const hundreds = 50 + (number % 50);
  const at = instant(number);
  return {
    id: idOf("a0", number),
    customerId: holder.id,
    transactionId: idOf("b0", number),
    reference: `TRX-${String(number).padStart(8, "0")}`,
    merchantReference: `gw-${idOf("d0", number)}`,
    walletId,
    method: "BANK_TRANSFER",
    status,
    amount: { amount: `${hundreds * 100}.00`, currency: "NGN" },
    fee: { amount: `${hundreds}.00`, currency: "NGN" },
    recipient: {
      accountName: holder.name,
      accountNumber: "0222500691",
      bankName: "Example Bank",
      amount: { amount: `${hundreds * 99}.00`, currency: "NGN" },
    },
    note: `Invoice ${number}`,
    createdAt: at,
    updatedAt: at,
  };
}

/** Seven of ten have ended well. */
function usualStatus(number: number): SampleStatus {
  return (["FAILED", "PROCESSING", "PENDING"] as const)[number % 10] ?? "SUCCESSFUL";
}

function instant(number: number): string {
  return new Date(firstInstant + number * minuteMs).toISOString();
}

function idOf(kind: string, number: number): string {
  return `${kind}000000-0000-4000-8000-${number.toString(16).padStart(12, "0")}`;
}

/** What the id was made of. */
export function numberOf(id: string): number {
  return Number.parseInt(id.slice(id.lastIndexOf("-") + 1), 16);
}

function pick(names: readonly string[], number: number): string {
  return names[number % names.length] as string;
}
