import { type FormEvent, useState } from "react";
import { Button, Form } from "react-aria-components";
import { TextInput } from "../ui/fields";
import { keepCredential } from "./credential";

/** The credential stays in this tab; closing it forgets it. */
export function SignIn({ reason }: { reason: string | null }) {
  const [credential, setCredential] = useState("");
  const [error, setError] = useState<string | null>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (credential.trim() === "") setError("Paste a token or an API key.");
    else if (/[^\x21-\x7e]/.test(credential.trim().replace(/^Bearer\s+/i, ""))) {
      setError("A token has neither spaces nor special characters.");
    } else keepCredential(credential);
  };
  return (
    <main className="sign-in">
      <Form className="panel" onSubmit={submit}>
        <h1>Sign in</h1>
        {reason && (
          <p className="notice notice-warn" role="alert">
            {reason} Sign in again to go on where you were.
          </p>
        )}
        <TextInput
          label="Bearer token or API key"
          type="password"
          autoComplete="current-password"
          value={credential}
          onChange={setCredential}
          error={error}
          hint="It is kept in this tab only, and forgotten when the tab is closed."
        />
        <Button type="submit" className="button button-primary">
          Sign in
        </Button>
      </Form>
    </main>
  );
}
