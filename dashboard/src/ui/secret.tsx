import { useState } from "react";
import { Button } from "react-aria-components";

const shownLetters = 4;

/** Covered until it is asked for, since others may look at the screen. What came masked already has nothing to show. */
export function Secret({
  text,
  what,
  isWholeCovered = false,
}: {
  text: string;
  what: string;
  isWholeCovered?: boolean;
}) {
  const [isShown, setIsShown] = useState(false);
  if (text.includes("***")) return <span>{text}</span>;
  const covered = isWholeCovered ? "••••••" : `••••••${text.slice(-shownLetters)}`;
  return (
    <span className="secret">
      <span>{isShown ? text : covered}</span>
      <Button
        className="link-button"
        aria-label={`${isShown ? "Hide" : "Show"} ${what}`}
        onPress={() => setIsShown(!isShown)}
      >
        {isShown ? "Hide" : "Show"}
      </Button>
    </span>
  );
}
