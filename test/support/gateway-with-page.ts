// Import it after `browser.js`, whose pages have to close before their gateway stops.

import { dashboardBuild } from "./dashboard-build.js";
import { startTestGateway, type TestGateway, type TestGatewayOptions } from "./start-test-gateway.js";

/** A gateway that serves the page, too. */
export async function startGatewayWithPage(options: TestGatewayOptions = {}): Promise<TestGateway> {
  return startTestGateway({ ...options, dashboardFolder: await dashboardBuild() });
}
