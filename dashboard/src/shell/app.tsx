import { useEffect, useRef } from "react";
import { RouterProvider } from "react-aria-components";
import { Link, Redirect, Route, Switch, useLocation } from "wouter";
import { CustomerView } from "../customers/customer-view";
import { CustomersView } from "../customers/customers-view";
import { useConnection, useIsReady } from "../live/use-stream";
import { OperatorView } from "../operator/operator-view";
import { PayView } from "../pay/pay-view";
import { PayoutView } from "../payouts/payout-view";
import { PayoutsView } from "../payouts/payouts-view";
import { SessionMenu } from "../session/session-menu";
import { SignIn } from "../session/sign-in";
import { Empty, Loading } from "../ui/states";
import { ConnectionBadge } from "./connection-badge";

const sections = [
  ["/payouts", "Payouts"],
  ["/customers", "Customers"],
  ["/pay", "Pay"],
  ["/operator", "Operator"],
] as const;

export function App() {
  const connection = useConnection();
  const isReady = useIsReady();
  const [path, navigate] = useLocation();
  const main = useRef<HTMLElement>(null);
  const previous = useRef(path);
  useEffect(() => {
    const section = sections.find(([start]) => path.startsWith(start))?.[1] ?? "Payouts";
    document.title = `${section} · payout-gateway`;
    // Whoever uses a screen reader is brought to the new view; the first one is left alone.
    if (previous.current !== path) main.current?.focus({ preventScroll: true });
    if (previous.current !== path) window.scrollTo(0, 0);
    previous.current = path;
  }, [path]);
  if (connection.phase === "signed out") return <SignIn reason={connection.reason} />;
  return (
    <RouterProvider navigate={navigate}>
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <header className="bar">
        <Link href="/payouts" className="brand">
          payout-gateway
        </Link>
        <nav aria-label="Sections">
          {sections.map(([href, name]) => (
            <Link key={href} href={href} aria-current={isWithin(path, href) ? "page" : undefined}>
              {name}
            </Link>
          ))}
        </nav>
        <ConnectionBadge />
        <SessionMenu />
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {isReady ? <Views /> : <Waiting isOffline={connection.phase === "offline"} />}
      </main>
    </RouterProvider>
  );
}

function Views() {
  return (
    <Switch>
      <Route path="/payouts" component={PayoutsView} />
      <Route path="/payouts/:id">{({ id }) => <PayoutView key={id} id={id} />}</Route>
      <Route path="/customers" component={CustomersView} />
      <Route path="/customers/:id">{({ id }) => <CustomerView key={id} id={id} />}</Route>
      <Route path="/pay" component={PayView} />
      <Route path="/operator" component={OperatorView} />
      <Route path="/">
        <Redirect to="/payouts" replace />
      </Route>
      <Route>
        <Empty title="There is nothing here." />
      </Route>
    </Switch>
  );
}

function Waiting({ isOffline }: { isOffline: boolean }) {
  if (!isOffline) return <Loading what="the page" />;
  return (
    <Empty title="The gateway cannot be reached.">
      <p>This page goes on by itself as soon as it answers.</p>
    </Empty>
  );
}

function isWithin(path: string, section: string): boolean {
  return path === section || path.startsWith(`${section}/`);
}
