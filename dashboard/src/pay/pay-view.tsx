import { useCallback, useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components";
import { useSearch } from "wouter";
import { navigate } from "wouter/use-browser-location";
import { ConfirmStep } from "./confirm-step";
import { CustomerStep } from "./customer-step";
import { DocumentsStep } from "./documents-step";
import { keepPayState, newPayState, type PayState, readPayState, type Step } from "./pay-state";
import { PaymentStep } from "./payment-step";
import { ResultStep } from "./result-step";

const steps: readonly [Step, string][] = [
  ["customer", "Customer"],
  ["documents", "Documents"],
  ["payment", "Payment"],
  ["confirm", "Confirm"],
  ["result", "Result"],
];

export interface StepProps {
  state: PayState;
  onChange(part: Partial<PayState>): void;
}

export function PayView() {
  const asked = new URLSearchParams(useSearch()).get("customer");
  const [state, setState] = useState(() => startState(asked));
  const current = useRef(state);
  const replace = useCallback((next: PayState) => {
    current.current = next;
    // Kept before anything is sent, not after the next paint.
    keepPayState(next);
    setState(next);
  }, []);
  const onChange = useCallback((part: Partial<PayState>) => replace({ ...current.current, ...part }), [replace]);
  // The customer is in the state now: a reload must not begin anew.
  useEffect(() => {
    keepPayState(current.current);
    if (asked) navigate("/pay", { replace: true });
  }, [asked]);
  const heading = useRef<HTMLHeadingElement>(null);
  const shown = useRef(state.step);
  useEffect(() => {
    // Whoever cannot see the step change is told where it is now.
    if (shown.current !== state.step) heading.current?.focus();
    shown.current = state.step;
  }, [state.step]);
  const place = steps.findIndex(([step]) => step === state.step);
  const canStartAnew = place > 0 && !state.attempt?.isOpen;
  return (
    <div className="pay">
      <header className="view-head">
        <h1 ref={heading} tabIndex={-1}>
          Pay someone
          <span className="visually-hidden">: {steps[place]?.[1]}</span>
        </h1>
        {canStartAnew && (
          <Button className="button" onPress={() => replace(newPayState())}>
            Start anew
          </Button>
        )}
      </header>
      <ol className="steps" aria-label="Steps">
        {steps.map(([step, name], index) => (
          <li
            key={step}
            aria-current={index === place ? "step" : undefined}
            className={index < place ? "step-done" : undefined}
          >
            <span className="step-number" aria-hidden="true">
              {index < place ? "✓" : index + 1}
            </span>
            <span className="step-name">{name}</span>
          </li>
        ))}
      </ol>
      <CurrentStep state={state} onChange={onChange} />
    </div>
  );
}

function CurrentStep(props: StepProps) {
  switch (props.state.step) {
    case "customer":
      return <CustomerStep {...props} />;
    case "documents":
      return <DocumentsStep {...props} />;
    case "payment":
      return <PaymentStep {...props} />;
    case "confirm":
      return <ConfirmStep {...props} />;
    case "result":
      return <ResultStep {...props} />;
  }
}

function startState(asked: string | null): PayState {
  const kept = readPayState();
  // What was sent and not answered goes first: another payment would hide it.
  if (kept && (kept.attempt?.isOpen || !asked || kept.customerId === asked)) return kept;
  return newPayState(asked);
}
