#!/usr/bin/env bash
# From a new customer to a payout that has arrived, by curl alone.
set -euo pipefail

url=${GATEWAY_URL:-http://127.0.0.1:4000}
credential=()
if [[ -n ${GATEWAY_KEY:-} ]]; then credential=(-H "authorization: Bearer $GATEWAY_KEY"); fi
# Keys are made before the first attempt: a real client stores them with what it pays.
run=$(date +%s)-$$
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT

ask() {
  curl -sS "$url/graphql" "${credential[@]}" -H 'content-type: application/json' -d "$1"
}

# The value of a field that the answer has once.
field() {
  sed -E "s/.*\"$1\":\"([^\"]+)\".*/\1/"
}

# Reads the stream from a cursor on, until one of the words comes.
follow() {
  local cursor=$1 words=$2 line
  while read -r line; do
    # What is no event is a refusal.
    if [[ $line == '{'* ]]; then echo "$line" >&2; fi
    [[ $line == data:* ]] || continue
    echo "   ${line#data: }"
    if [[ $line =~ \"($words)\" ]]; then
      kill $!
      return
    fi
  done < <(curl -sSN "$url/graphql/stream" "${credential[@]}" -H 'content-type: application/json' -d '{
    "query": "subscription ($id: ID!, $after: Cursor) { statusChanged(customerId: $id, after: $after) { cursor source ... on CustomerStatusChange { customer: to } ... on DocumentStatusChange { document: to } ... on PayoutStatusChange { payout: to } } }",
    "variables": { "id": "'"$customer"'", "after": "'"$cursor"'" } }')
  echo "The stream broke off." >&2
  return 1
}

echo "1. The customer"
answer=$(ask '{
  "query": "mutation ($input: CreateCustomerInput!) { createCustomer(input: $input) { customer { id status cursor } userErrors { field code message } } }",
  "variables": { "input": {
    "idempotencyKey": "customer-'"$run"'", "type": "INDIVIDUAL", "firstName": "Ada", "lastName": "Obi",
    "email": "ada.'"$run"'@example.com", "country": "NG", "idType": "PASSPORT", "idNumber": "A'"$run"'" } } }')
echo "   $answer"
customer=$(field id <<<"$answer")
cursor=$(field cursor <<<"$answer")

echo "2. Its passport, and the review"
# A picture of one point; any passport will do as well.
base64 -d >"$folder/passport.png" <<<iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==
answer=$(curl -sS "$url/graphql" "${credential[@]}" -H 'apollo-require-preflight: true' -F operations='{
  "query": "mutation ($input: SubmitDocumentsInput!) { submitDocuments(input: $input) { customer { status } userErrors { field code message } } }",
  "variables": { "input": { "customerId": "'"$customer"'", "documents": [{ "category": "IDENTITY", "file": null }] } } }' \
  -F map='{ "0": ["variables.input.documents.0.file"] }' -F "0=@$folder/passport.png;type=image/png")
echo "   $answer"
follow "$cursor" 'VERIFIED|REJECTED'

echo "3. The payout"
answer=$(ask '{ "query": "{ wallets { id balance { currency } } statusCursor }" }')
wallet=$(sed -E 's/.*"id":"([^"]+)","balance":\{"currency":"NGN"\}.*/\1/' <<<"$answer")
cursor=$(field statusCursor <<<"$answer")
answer=$(ask '{
  "query": "mutation ($input: CreatePayoutInput!) { createPayout(input: $input) { payout { id status } replayed userErrors { field code message } } }",
  "variables": { "input": {
    "idempotencyKey": "payout-'"$run"'", "customerId": "'"$customer"'", "walletId": "'"$wallet"'", "sourceCurrency": "NGN",
    "amount": { "send": "5000.00" }, "destination": { "ngnBank": { "bankId": "1", "accountNumber": "0222500691" } } } } }')
echo "   $answer"
# A refusal has no id to follow; what is wrong stands above.
[[ $answer == *'"payout":{"id"'* ]]
follow "$cursor" 'SUCCESSFUL|FAILED'
