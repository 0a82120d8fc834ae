// What the explorer opens with: the three steps, in the order in which they are played, and what follows them live.

const follow = `# Everything that happens, live: leave it running
# and play the steps in the other tabs.
subscription Follow {
  statusChanged {
    source
    occurredAt
    reason
    ... on CustomerStatusChange {
      customerStatus: to
      customer { id name }
    }
    ... on DocumentStatusChange {
      documentStatus: to
      document { id category }
    }
    ... on PayoutStatusChange {
      payoutStatus: to
      payout { id amount { amount currency } }
    }
  }
}
`;

const createCustomer = `# Step 1: create the customer. It starts PENDING.
mutation CreateCustomer($input: CreateCustomerInput!) {
  createCustomer(input: $input) {
    customer { id name status }
    userErrors { field code message }
  }
}
`;

const requestUpload = `# Step 2: the explorer cannot send files. Ask for a URL,
# PUT the file there with the headers that are given,
# then play step 2b. In the sandbox, a customer with
# +pre-verified in its e-mail address needs none of it.
mutation RequestUpload($input: RequestDocumentUploadInput!) {
  requestDocumentUpload(input: $input) {
    document { id status }
    upload {
      method
      url
      headers { name value }
      expiresAt
    }
    userErrors { field code message }
  }
}
`;

const attach = `# Step 2b: attach what was stored. The identity document
# starts the review.
mutation Attach($input: AttachDocumentsInput!) {
  attachDocuments(input: $input) {
    customer { id status documents { category status } }
    userErrors { field code message }
  }
}
`;

const choose = `# Before step 3: what it is paid from, where it can go,
# and what it costs.
query Choose {
  wallets { id balance { amount currency } }
  banks(currency: "NGN") { id name }
  payoutQuotes(
    input: {
      sourceCurrency: "NGN"
      targetCurrency: "NGN"
      amount: { send: "5000.00" }
    }
  ) {
    method
    youSend { amount currency }
    totalFees { amount currency }
    recipientGets { amount currency }
  }
}
`;

const pay = `# Step 3: pay, once the customer is VERIFIED. The same key
# and input again pay nothing twice.
mutation Pay($input: CreatePayoutInput!) {
  createPayout(input: $input) {
    payout { id status amount { amount currency } }
    replayed
    userErrors { field code message }
  }
}
`;

const customerId = "the id from step 1";

function tab(query: string, input?: Record<string, unknown>) {
  return { query, ...(input ? { variables: JSON.stringify({ input }, null, 2) } : {}) };
}

export const exampleTabs = [
  tab(follow),
  tab(createCustomer, {
    idempotencyKey: "customer-1",
    type: "INDIVIDUAL",
    firstName: "Ada",
    lastName: "Obi",
    email: "ada+pre-verified@example.com",
    country: "NG",
    idType: "PASSPORT",
    idNumber: "A01234567",
  }),
  tab(requestUpload, { customerId, category: "IDENTITY", fileName: "passport.png", contentType: "image/png" }),
  tab(attach, { customerId, documentIds: ["the document's id from step 2"] }),
  tab(choose),
  tab(pay, {
    idempotencyKey: "invoice-12",
    customerId,
    walletId: "the NGN wallet's id",
    sourceCurrency: "NGN",
    amount: { send: "5000.00" },
    destination: { ngnBank: { bankId: "1", accountNumber: "0222500691" } },
    note: "Invoice 12",
  }),
];
