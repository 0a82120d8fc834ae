import { type FormEvent, useState, useSyncExternalStore } from "react";
import { Button, Dialog, DialogTrigger, Form, Popover } from "react-aria-components";
import { formatSeconds } from "../format/time";
import { useNow } from "../format/use-now";
import { stream } from "../live/use-stream";
import { TextInput } from "../ui/fields";
import { dropCredential, keepCredential, onCredential, readCredential } from "./credential";
import { tokenEnd } from "./token-end";

const warnBeforeMs = 10 * 60_000;

/** For who is signed in: a new token for the open connection before the old one ends, and the way out. */
export function SessionMenu() {
  const credential = useSyncExternalStore(onCredential, readCredential);
  const now = useNow(10_000);
  if (credential === null) return null;
  const end = tokenEnd(credential);
  const isEnding = end !== null && end - now < warnBeforeMs;
  return (
    <DialogTrigger>
      <Button className={isEnding ? "button button-warn" : "button"}>
        {isEnding ? `Session ends in ${formatSeconds(Math.max(0, Math.round((end - now) / 1000)))}` : "Session"}
      </Button>
      <Popover className="popover" placement="bottom end">
        <Dialog className="session" aria-label="Session">
          {({ close }) => <SessionForm onDone={close} />}
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

function SessionForm({ onDone }: { onDone(): void }) {
  const [text, setText] = useState("");
  const replace = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() === "") return;
    keepCredential(text);
    onDone();
  };
  const signOut = () => {
    dropCredential();
    stream.signOut(null);
  };
  return (
    <Form className="session-form" onSubmit={replace}>
      <TextInput
        label="New token or API key"
        type="password"
        value={text}
        onChange={setText}
        hint="The open connection goes on with it."
      />
      <div className="form-end">
        <Button className="button" onPress={signOut}>
          Sign out
        </Button>
        <Button type="submit" className="button button-primary">
          Replace
        </Button>
      </div>
    </Form>
  );
}
