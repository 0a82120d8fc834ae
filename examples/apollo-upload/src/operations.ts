import { gql, type TypedDocumentNode } from "@apollo/client";

export interface UserError {
  field: string[] | null;
  code: string;
  message: string;
}

export interface Customer {
  id: string;
  name: string;
  status: "PENDING" | "PROCESSING" | "VERIFIED" | "REJECTED";
}

interface CreateCustomerData {
  createCustomer: { customer: Customer | null; userErrors: UserError[] };
}

interface CreateCustomerInput {
  idempotencyKey: string;
  type: "INDIVIDUAL";
  firstName: string;
  lastName: string;
  email: string;
  country: string;
  idType: "PASSPORT";
  idNumber: string;
}

export const createCustomer: TypedDocumentNode<CreateCustomerData, { input: CreateCustomerInput }> = gql`
  mutation CreateCustomer($input: CreateCustomerInput!) {
    createCustomer(input: $input) {
      customer { id name status }
      userErrors { field code message }
    }
  }
`;

interface SubmitDocumentsData {
  submitDocuments: { customer: Customer | null; userErrors: UserError[] };
}

interface SubmitDocumentsInput {
  customerId: string;
  documents: { category: "IDENTITY"; file: File }[];
}

export const submitDocuments: TypedDocumentNode<SubmitDocumentsData, { input: SubmitDocumentsInput }> = gql`
  mutation SubmitDocuments($input: SubmitDocumentsInput!) {
    submitDocuments(input: $input) {
      customer { id name status }
      userErrors { field code message }
    }
  }
`;

export const readCustomer: TypedDocumentNode<{ customer: Customer | null }, { id: string }> = gql`
  query Customer($id: ID!) {
    customer(id: $id) { id name status }
  }
`;
