import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { hasFile, UploadLink } from "./upload-link";

const url = "/graphql";

export const client = new ApolloClient({
  cache: new InMemoryCache(),
  link: ApolloLink.split(({ variables }) => hasFile(variables), new UploadLink(url), new HttpLink({ uri: url })),
});
